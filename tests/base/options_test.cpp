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

TEST(Options, NumbersThatOthersReadOtherwiseAreToldWhy) {
  Fixture f;
  EXPECT_EQ(
      f.error_of("encoder.layers=08"),
      "command line: option 'encoder.layers' is '08'; it takes an integer, at least 1, at most 12: many "
      "programs read a leading zero as octal; write 8");
  EXPECT_NE(f.error_of("encoder.layers=1e1").find("write it as an integer: 10"), std::string::npos);
  EXPECT_NE(f.error_of("encoder.layers=1_0").find("write 10"), std::string::npos);
  EXPECT_NE(f.error_of("rate=0,5").find("write 0.5"), std::string::npos);
  EXPECT_NE(f.error_of("rate=0x10").find("hexadecimal; write 16"), std::string::npos);
  EXPECT_NE(f.error_of("encoder.ratios=[0.5, 01]").find("in '01', many programs"), std::string::npos)
      << f.error_of("encoder.ratios=[0.5, 01]");
  EXPECT_EQ(f.outer.encoder.layers, 6);
  f.table.set_assignment("rate=.5");
  EXPECT_EQ(f.outer.rate, 0.5);
  try {
    f.table.set_yaml("encoder:\n  layers: 010\n", "x.yaml");
    FAIL();
  } catch (const focus::UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("x.yaml: option 'encoder.layers' is '010'"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("write 10"), std::string::npos) << error.what();
  }
  for (const char* word : {"yes", "Yes", "TRUE", "on", "1"}) {
    f.outer.frozen = false;
    f.table.set_yaml(std::string("frozen: ") + word, "x");
    EXPECT_TRUE(f.outer.frozen) << word;
  }
  for (const char* word : {"no", "False", "OFF", "0"}) {
    f.outer.frozen = true;
    f.table.set_yaml(std::string("frozen: ") + word, "x");
    EXPECT_FALSE(f.outer.frozen) << word;
  }
}

TEST(Options, YamlSaysEachOptionOnce) {
  Fixture f;
  const auto refusal = [&](const std::string& text) -> std::string {
    try {
      f.table.set_yaml(text, "x.yaml");
    } catch (const focus::Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal("encoder:\n  layers: 2\nencoder:\n  ratios: [1]\n"),
            "x.yaml: key 'encoder' comes twice in one map, in lines 1 and 3; keep one of them");
  EXPECT_EQ(refusal("encoder.layers: 2\nencoder:\n  layers: 3\n"),
            "x.yaml: option 'encoder.layers' is set twice, in lines 1 and 3; keep one of them")
      << "spelt in two ways";
  EXPECT_EQ(refusal("{encoder.layers: 2, encoder: {layers: 3}}\n"),
            "x.yaml: option 'encoder.layers' is set twice, in line 1; keep one of them");
  EXPECT_EQ(refusal("encoder: &e {layers: 4}\nrate: 0.5\n"), "");
  EXPECT_EQ(refusal("encoder:\n  # layers: 4\nrate: 0.25\n"), "")
      << "a group whose options are commented out";
  EXPECT_EQ(f.outer.rate, 0.25);
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
