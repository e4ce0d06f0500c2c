#include "base/options.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"

namespace {

struct Inner {
  int64_t layers = 6;
  std::vector<double> ratios{1.0, 0.5};
  void describe(focus::OptionTable& table) {
    table.add("layers", &layers, "Number of layers.", {.min = 1, .max = 12});
    table.add("ratios", &ratios, "Share of tokens.", {.min = 0, .max = 1});
  }
};

struct Outer {
  Inner encoder;
  std::string backbone = "resnet50";
  bool frozen = true;
  double rate = 1e-4;
  void describe(focus::OptionTable& table) {
    table.group("encoder", encoder);
    table.add("backbone", &backbone, "Backbone.", {.choices = {"resnet18", "resnet50"}});
    table.add("frozen", &frozen, "Frozen BN.");
    table.add("rate", &rate, "Learning rate.");
  }
};

struct Fixture {
  Outer outer;
  focus::OptionTable table;
  Fixture() { outer.describe(table); }
  std::string error_of(const std::string& assignment) {
    try {
      table.set_assignment(assignment);
    } catch (const focus::UsageError& error) {
      return error.what();
    }
    return "";
  }
};

TEST(Options, AssignmentsReachTheFields) {
  Fixture f;
  f.table.set_assignment("encoder.layers=3");
  f.table.set_assignment("encoder.ratios=[1, 0.25,0]");
  f.table.set_assignment("backbone=resnet18");
  f.table.set_assignment("frozen=false");
  f.table.set_assignment("rate=2e-4");
  EXPECT_EQ(f.outer.encoder.layers, 3);
  EXPECT_EQ(f.outer.encoder.ratios, (std::vector<double>{1, 0.25, 0}));
  EXPECT_EQ(f.outer.backbone, "resnet18");
  EXPECT_FALSE(f.outer.frozen);
  EXPECT_DOUBLE_EQ(f.outer.rate, 2e-4);
}

TEST(Options, JsonRoundTrip) {
  Fixture a, b;
  a.table.set_assignment("encoder.layers=2");
  a.table.set_assignment("rate=0.125");
  b.table.set_json(a.table.to_json(), "test");
  EXPECT_EQ(a.table.to_json(), b.table.to_json());
  EXPECT_EQ(b.outer.encoder.layers, 2);
}

TEST(Options, UnknownKeyNamesTheNearest) {
  Fixture f;
  EXPECT_NE(f.error_of("encoder.layer=3").find("did you mean 'encoder.layers'"), std::string::npos);
  EXPECT_NE(f.error_of("layers=3").find("did you mean 'encoder.layers'"), std::string::npos);
}

TEST(Options, BadValuesSayWhatIsAccepted) {
  Fixture f;
  EXPECT_NE(f.error_of("encoder.layers=0").find("at least 1"), std::string::npos);
  EXPECT_NE(f.error_of("encoder.layers=six").find("an integer"), std::string::npos);
  EXPECT_NE(f.error_of("backbone=vgg").find("one of resnet18, resnet50"), std::string::npos);
  EXPECT_NE(f.error_of("rate=nan").find("a number"), std::string::npos);
  EXPECT_NE(f.error_of("justtext").find("key=value"), std::string::npos);
  EXPECT_EQ(f.outer.encoder.layers, 6) << "a refused value must not be stored";
}

TEST(Options, YamlFile) {
  const auto path = std::filesystem::temp_directory_path() / "focus_options_test.yaml";
  std::ofstream(path) << "encoder:\n  layers: 4\n  ratios: [1.0, 0.2]\nbackbone: resnet18\n";
  Fixture f;
  f.table.set_yaml_file(path);
  EXPECT_EQ(f.outer.encoder.layers, 4);
  EXPECT_EQ(f.outer.encoder.ratios, (std::vector<double>{1.0, 0.2}));
  std::ofstream(path) << "encoder: [unclosed\n";
  EXPECT_THROW(f.table.set_yaml_file(path), focus::Error);
  std::filesystem::remove(path);
}

}  // namespace
