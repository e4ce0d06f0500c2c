// The scene `codes`: what is drawn, where, and that boxes say so.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "data/annotations.h"
#include "scenes/codes/codes_background.h"
#include "scenes/codes/codes_block.h"
#include "scenes/codes/codes_camera.h"
#include "scenes/codes/codes_leaves.h"
#include "scenes/codes/codes_look_alikes.h"
#include "scenes/codes/codes_patterns.h"
#include "scenes/codes/codes_photographs.h"
#include "scenes/codes/codes_print.h"
#include "scenes/codes/codes_scene.h"
#include "scenes/codes/codes_shape.h"
#include "scenes/codes/codes_symbol.h"
#include "scenes/synth.h"
#include "support/folder_contents.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

using scenes::code_library;
using scenes::CodesStyle;
using scenes::CodeSymbol;
using scenes::Symbology;

std::vector<Symbology> all_symbologies() {
  std::vector<Symbology> all;
  for (int i = 0; i < static_cast<int>(Symbology::kCount); ++i) all.push_back(static_cast<Symbology>(i));
  return all;
}

scenes::SynthOptions few(const std::string& style = "everyday") {
  scenes::SynthOptions options;
  options.scene = "codes";
  options.style = style;
  options.train = 5;
  options.val = 2;
  options.test = 0;
  options.seed = 4;
  return options;
}

bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

TEST(Codes, SameSeedSameBytesWhateverTheThreads) {
  const TemporaryFolder folder;
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  scenes::write_synthetic_dataset(few(), folder.path() / "one");
  at::set_num_threads(3);
  scenes::write_synthetic_dataset(few(), folder.path() / "three");
  at::set_num_threads(threads);
  const auto first = contents(folder.path() / "one");
  EXPECT_EQ(first.size(), 9u) << "7 images, 2 annotation files";
  EXPECT_EQ(first, contents(folder.path() / "three"));
  scenes::write_synthetic_dataset(few("held-out"), folder.path() / "other");
  EXPECT_NE(first.at("images/train/000001.jpg"),
            contents(folder.path() / "other").at("images/train/000001.jpg"));
  const auto store = data::load_coco(folder.path() / "one/annotations/instances_train.json",
                                     folder.path() / "one/images/train");
  ASSERT_EQ(store->categories().size(), 5u);
  EXPECT_EQ(store->categories()[1].name, "qr_code");
}

TEST(Codes, TheEncoderIsNamedByItsVersion) {
  const auto name = code_library();
  int numbers[3] = {0, 0, 0};
  ASSERT_EQ(std::sscanf(name.c_str(), "libzint %d.%d.%d", &numbers[0], &numbers[1], &numbers[2]), 3) << name;
  EXPECT_GE(numbers[0], 2) << name;
}

TEST(Codes, EverySymbologyIsEncodedWhateverItsContent) {
  for (const Symbology symbology : all_symbologies()) {
    std::set<int> sizes;
    for (uint64_t seed = 0; seed < 60; ++seed) {
      Rng random{seed};
      const CodeSymbol code = scenes::make_symbol(symbology, random);
      const cv::Mat& modules = code.modules;
      ASSERT_GE(modules.cols, 8) << static_cast<int>(symbology);
      ASSERT_GE(modules.rows, 6);
      const double ink = cv::mean(modules)[0] / 255;
      EXPECT_GT(ink, 0.2);
      EXPECT_LT(ink, 0.85);
      EXPECT_EQ(code.linear(), !code.text.empty()) << code.text;
      sizes.insert(modules.cols * 1000 + modules.rows);
    }
    EXPECT_GT(sizes.size(), 1u) << static_cast<int>(symbology);
  }
}

TEST(Codes, SymbolsHaveTheMarksOfTheirKind) {
  Rng random{3};
  const cv::Mat qr = scenes::make_symbol(Symbology::kQr, random).modules;
  EXPECT_EQ(qr.rows, qr.cols);
  EXPECT_EQ(cv::countNonZero(qr(cv::Rect(0, 0, 7, 7))), 33) << "a finder: a ring of 24 around 9";
  EXPECT_EQ(cv::countNonZero(qr(cv::Rect(qr.cols - 7, 0, 7, 7))), 33);
  const cv::Mat matrix = scenes::make_symbol(Symbology::kDataMatrix, random).modules;
  EXPECT_EQ(cv::countNonZero(matrix.col(0)), matrix.rows) << "the solid left and lower edges";
  EXPECT_EQ(cv::countNonZero(matrix.row(matrix.rows - 1)), matrix.cols);
  EXPECT_EQ(scenes::make_symbol(Symbology::kEan13, random).modules.cols, 95);
  EXPECT_EQ(scenes::make_symbol(Symbology::kEan8, random).modules.cols, 67);
  EXPECT_EQ(scenes::make_symbol(Symbology::kUpcA, random).modules.cols, 95);
}

TEST(Codes, RetailNumbersAreOfRandomDigits) {
  for (const Symbology symbology : {Symbology::kUpcE, Symbology::kEan8}) {
    std::set<std::string> starts;
    for (uint64_t seed = 0; seed < 40; ++seed) {
      Rng random{seed};
      starts.insert(scenes::make_symbol(symbology, random).text.substr(1, 3));
    }
    EXPECT_GT(starts.size(), 30u) << "digits behind the number system's";
  }
}

TEST(Codes, AllSymbologiesOccur) {
  Rng random{8};
  std::map<Symbology, int> found;
  for (int i = 0; i < 3000; ++i) ++found[scenes::random_symbology(random)];
  EXPECT_EQ(found.size(), all_symbologies().size());
  std::map<int64_t, int> classes;
  for (const auto& [symbology, count] : found) classes[scenes::code_class(symbology)] += count;
  ASSERT_EQ(classes.size(), scenes::code_class_names().size());
  for (const auto& [label, count] : classes) EXPECT_GT(count, 200) << scenes::code_class_names()[label];
}

TEST(Codes, ABlockHasItsInkInTheSymbol) {
  for (const Symbology symbology :
       {Symbology::kEan13, Symbology::kCode128, Symbology::kQr, Symbology::kPdf417}) {
    int tight = 0;
    for (uint64_t seed = 0; seed < 20; ++seed) {
      Rng random{seed, 1};
      const auto block = scenes::make_block(scenes::make_symbol(symbology, random), 150, random);
      ASSERT_EQ(block.ink.size(), block.symbol.size());
      const cv::Rect symbol = cv::boundingRect(block.symbol);
      EXPECT_NEAR(std::max(symbol.width, symbol.height), 150, 1);
      EXPECT_EQ(cv::countNonZero(block.symbol), symbol.area());
      const cv::Rect ink = cv::boundingRect(block.ink(symbol) > 100);
      tight += ink.width >= symbol.width - 8 && ink.height >= symbol.height - 8 ? 1 : 0;
    }
    EXPECT_GE(tight, 16) << "but for those that are worn";
  }
}

/// A white sheet with a black rectangle that counts as the code.
scenes::Print black_rectangle() {
  scenes::Print print;
  print.image = cv::Mat(240, 300, CV_8UC3, cv::Scalar::all(255));
  print.alpha = cv::Mat(print.image.size(), CV_8U, cv::Scalar::all(255));
  print.ids = cv::Mat::zeros(print.image.size(), CV_8U);
  const cv::Rect code(90, 70, 120, 80);
  print.image(code).setTo(0);
  print.ids(code).setTo(1);
  print.labels = {2};
  return print;
}

cv::Rect dark_part(const cv::Mat& image, const cv::Mat& alpha) {
  cv::Mat grey, dark;
  cv::cvtColor(image, grey, cv::COLOR_BGR2GRAY);
  cv::compare(grey, 60, dark, cv::CMP_LT);
  cv::Mat eroded;
  cv::erode(alpha, eroded, cv::Mat(), {-1, -1}, 3);
  return cv::boundingRect(dark & (eroded > 250));
}

void expect_close(const cv::Rect& a, const cv::Rect& b, const char* what, uint64_t seed) {
  EXPECT_NEAR(a.x, b.x, 2) << what << ' ' << seed;
  EXPECT_NEAR(a.y, b.y, 2) << what << ' ' << seed;
  EXPECT_NEAR(a.br().x, b.br().x, 2) << what << ' ' << seed;
  EXPECT_NEAR(a.br().y, b.br().y, 2) << what << ' ' << seed;
}

TEST(Codes, ShapesMoveTheCodeAndItsMarkAlike) {
  for (uint64_t seed = 0; seed < 15; ++seed) {
    Rng random{seed, 7};
    const auto round = scenes::round_cylinder(black_rectangle(), random);
    expect_close(dark_part(round.image, round.alpha), cv::boundingRect(round.ids), "cylinder", seed);
    const auto soft = scenes::crumpled(black_rectangle(), 0.03, random);
    expect_close(dark_part(soft.image, soft.alpha), cv::boundingRect(soft.ids), "crumpled", seed);
    const auto layer = scenes::posed(black_rectangle(), {100, 120}, 1, false, random);
    expect_close(dark_part(layer.image, layer.alpha), cv::boundingRect(layer.ids), "posed", seed);
    EXPECT_EQ(layer.labels, std::vector<int64_t>{2});
  }
}

TEST(Codes, WhatIsPrintedIsMarkedAndNothingElse) {
  for (const CodesStyle style : {CodesStyle::kEveryday, CodesStyle::kHeldOut}) {
    for (uint64_t seed = 0; seed < 25; ++seed) {
      Rng random{seed, 9};
      const auto print = scenes::make_print(120, 3, style, random);
      ASSERT_FALSE(print.labels.empty()) << seed;
      ASSERT_EQ(print.ids.size(), print.image.size());
      double most = 0;
      cv::minMaxLoc(print.ids, nullptr, &most);
      EXPECT_EQ(most, static_cast<double>(print.labels.size()));
      const auto plain = scenes::make_plain_print(120, style, random);
      EXPECT_TRUE(plain.labels.empty());
      EXPECT_EQ(cv::countNonZero(plain.ids), 0);
    }
  }
}

TEST(Codes, BoxesAreInsideLargeEnoughAndVisible) {
  std::set<int64_t> labels;
  int empty = 0, images = 0;
  double smallest = 1e9, largest = 0;
  for (const CodesStyle style : {CodesStyle::kEveryday, CodesStyle::kHeldOut}) {
    scenes::CodesLimits limits;
    limits.style = style;
    limits.min_visible = 0.4;
    limits.empty_share = 0.15;
    for (uint64_t seed = 0; seed < 45; ++seed, ++images) {
      const auto scene = scenes::render_codes_scene({seed}, limits);
      const cv::Rect image({0, 0}, scene.image.size());
      EXPECT_EQ(std::max(image.width, image.height), 512);
      empty += scene.objects.empty() ? 1 : 0;
      EXPECT_LE(scene.objects.size(), 8u);
      for (const auto& object : scene.objects) {
        ASSERT_EQ(object.box & image, object.box) << "scene " << seed;
        EXPECT_GT(object.area, 0);
        EXPECT_LE(object.area, object.box.area());
        EXPECT_GE(object.visible, 0.4);
        labels.insert(object.label);
        const double longer = std::max(object.box.width, object.box.height);
        smallest = std::min(smallest, longer);
        largest = std::max(largest, longer);
      }
    }
  }
  EXPECT_EQ(labels.size(), scenes::code_class_names().size());
  EXPECT_GT(empty, 3);
  EXPECT_LT(empty, images / 2);
  EXPECT_LT(smallest, 30);
  EXPECT_GT(largest, 250);
}

TEST(Codes, LimitsAreKept) {
  scenes::CodesLimits limits;
  limits.min_visible = 1;
  limits.min_size = 60;
  limits.empty_share = 0;
  limits.max_objects = 2;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    const auto scene = scenes::render_codes_scene({seed, 5}, limits);
    EXPECT_LE(scene.objects.size(), 2u);
    for (const auto& object : scene.objects) {
      EXPECT_DOUBLE_EQ(object.visible, 1);
      // What covers a code later may cut its edge, never its share of the limit.
      EXPECT_GE(std::max(object.box.width, object.box.height), 60);
    }
  }
  limits.empty_share = 1;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    EXPECT_TRUE(scenes::render_codes_scene({seed}, limits).objects.empty());
  }
}

TEST(Codes, StylesShareNoBackgroundOrLookAlike) {
  const cv::Size size(96, 72);
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Rng first{seed}, again{seed}, other{seed};
    const cv::Mat everyday = scenes::codes_background(size, CodesStyle::kEveryday, first);
    EXPECT_EQ(everyday.size(), size);
    EXPECT_TRUE(same(everyday, scenes::codes_background(size, CodesStyle::kEveryday, again)));
    EXPECT_FALSE(same(everyday, scenes::codes_background(size, CodesStyle::kHeldOut, other)));
    const cv::Mat pattern = scenes::look_alike(size, CodesStyle::kEveryday, first);
    EXPECT_EQ(pattern.size(), size);
    EXPECT_FALSE(same(pattern, scenes::look_alike(size, CodesStyle::kHeldOut, other)));
  }
}

TEST(Codes, PatternsFillAnySize) {
  using Maker = cv::Mat (*)(cv::Size, Rng&);
  const Maker makers[] = {scenes::railing,   scenes::mesh,  scenes::plaid, scenes::streaks,
                          scenes::lettering, scenes::piano, scenes::leaves};
  for (const Maker maker : makers) {
    for (const cv::Size size : {cv::Size(8, 8), cv::Size(9, 240), cv::Size(240, 9), cv::Size(320, 200)}) {
      for (uint64_t seed = 0; seed < 12; ++seed) {
        Rng random{seed}, again{seed};
        const cv::Mat image = maker(size, random);
        ASSERT_EQ(image.size(), size);
        ASSERT_EQ(image.type(), CV_8UC3);
        EXPECT_TRUE(same(image, maker(size, again)));
        cv::Scalar mean, deviation;
        cv::meanStdDev(image, mean, deviation);
        if (size.width == 320) {
          EXPECT_GT(deviation[0] + deviation[1] + deviation[2], 1) << "of one colour";
        }
      }
    }
  }
}

TEST(Codes, ACameraKeepsTheImagesSize) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rng random{seed};
    cv::Mat image(90, 130, CV_8UC3, cv::Scalar(90, 120, 150));
    scenes::light_up(image, random);
    scenes::take_image(image, 20, random);
    EXPECT_EQ(image.size(), cv::Size(130, 90));
    EXPECT_EQ(image.type(), CV_8UC3);
  }
}

std::string refused(scenes::SynthOptions options) {
  try {
    options.validate();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Codes, OptionsOfTheOtherSceneAreRefusedByName) {
  EXPECT_EQ(refused(few()), "");
  auto options = few();
  options.max_size = 100;
  EXPECT_NE(refused(options).find("max_size belongs to the scene shapes"), std::string::npos);
  options = few();
  options.classes = 2;
  EXPECT_NE(refused(options).find("classes belongs to the scene shapes"), std::string::npos);
  options = few();
  options.max_clutter = 2;
  EXPECT_NE(refused(options).find("max_clutter belongs to the scene shapes"), std::string::npos);
  options = few("held-out");
  options.scene = "shapes";
  EXPECT_NE(refused(options).find("style belongs to the scene codes"), std::string::npos);
  options = few();
  options.scene = "shapes";
  options.backgrounds = "photographs";
  EXPECT_NE(refused(options).find("backgrounds belongs to the scene codes"), std::string::npos);
}

TEST(Codes, APhotographsPartLiesBehindEverything) {
  const TemporaryFolder folder;
  // Red grows to the right, green downwards, blue is nowhere.
  cv::Mat photograph(300, 400, CV_8UC3);
  for (int y = 0; y < 300; ++y) {
    for (int x = 0; x < 400; ++x)
      photograph.at<cv::Vec3b>(y, x) = cv::Vec3b(0, uint8_t(y / 2), uint8_t(x / 2));
  }
  cv::imwrite((folder.path() / "place.png").string(), photograph);
  const scenes::Photographs photographs(folder.path().string());
  int mirrored = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rng random{seed};
    const cv::Mat part = photographs.background({120, 60}, random);
    ASSERT_EQ(part.size(), cv::Size(120, 60));
    const cv::Vec3b first = part.at<cv::Vec3b>(2, 2), last = part.at<cv::Vec3b>(57, 117);
    const int across = std::abs(last[2] - first[2]), down = last[1] - first[1];
    // From half to all of the photograph's width, in its proportions.
    EXPECT_GE(across, 90);
    EXPECT_LE(across, 200);
    EXPECT_NEAR(down, across * 55.0 / 115, 3);
    EXPECT_EQ(first[0], 0);
    mirrored += last[2] < first[2] ? 1 : 0;
  }
  EXPECT_GT(mirrored, 2);
  EXPECT_LT(mirrored, 18);

  auto options = few();
  options.train = 2;
  options.val = 0;
  scenes::write_synthetic_dataset(options, folder.path() / "drawn");
  options.backgrounds = folder.path().string();
  scenes::write_synthetic_dataset(options, folder.path() / "laid");
  EXPECT_NE(contents(folder.path() / "drawn").at("images/train/000001.jpg"),
            contents(folder.path() / "laid").at("images/train/000001.jpg"));
}

TEST(Codes, PhotographsThatCannotBeReadAreNamed) {
  const TemporaryFolder folder;
  const auto message = [&] {
    auto options = few();
    options.backgrounds = folder.path().string();
    try {
      scenes::write_synthetic_dataset(options, folder.path() / "out");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message().find(folder.path().string()), std::string::npos) << "no image in it: " << message();
  write_atomically(folder.path() / "broken.jpg", [](std::ostream& file) { file << "no image"; });
  EXPECT_NE(message().find("broken.jpg"), std::string::npos) << message();
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out"));
}

}  // namespace
}  // namespace focus::test
