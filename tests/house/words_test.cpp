// The project speaks the field's words. What is listed here was said otherwise once, and comes back easily.
#include <gtest/gtest.h>

#include <regex>

#include "base/files.h"
#include "support/source_files.h"

namespace focus::test {
namespace {

struct Word {
  const char* pattern;  ///< ECMAScript, in any case
  const char* instead;
};
const Word kWords[] = {{R"(picture)", "image"},
                       {R"(\bverbs?\b)", "subcommand"},
                       {R"(\bshortcuts?\b)", "residual"},
                       {R"(learnt)", "learned"},
                       {R"(\bstrangers\b)", "untrusted files, other people"},
                       {R"(\bhurry\b)", "drain"},
                       {R"(\bin the box\b)", "bundled"}};

/// Names that others chose, or that old files hold: what a line with a word has to contain, in which file.
struct Exception {
  const char* path;
  const char* text;
};
const Exception kExceptions[] = {
    // Keys of old model files and configurations, which are still read.
    {"src/detector/calibration.cpp", "\"pictures\""},
    {"src/models/options.cpp", "\"learnt_queries\""},
    {"src/detector/model_file.cpp", "\"training_pictures\""},
    {"src/data/pack/image_pack.cpp", "\"focus-detr pictures 1\""},
    {"tests/cli/former_files_test.cpp", "\"training_pictures\""},
    {"tests/cli/former_files_test.cpp", "\"learnt_queries\""},
    {"tests/base/former_options_test.cpp", ""},
    // Names of tensors in checkpoints, ours and detectron2's.
    {"src/models/backbones/resnet.cpp", "\"shortcut\""},
    {"src/export/parts/resnet.cpp", "\"shortcut\""},
    {"src/models/backbones/resnet_family.cpp", "shortcut"},
    {"tests/models/checkpoints/name_maps_test.cpp", "shortcut"},
    {"tests/models/detr_test.cpp", "\"shortcut\""},
    // Boost's name for a method of HTTP.
    {"src/http/request_reader.cpp", "http::verb"},
    {"bench/serve_load.cpp", "http::verb::"},
    // libwebp's type.
    {"src/viz/animation.cpp", "WebPPicture"},
    {"tests/house/words_test.cpp", ""},
};

bool is_excepted(const std::string& path, const std::string& line) {
  for (const auto& exception : kExceptions) {
    if (path == exception.path && line.find(exception.text) != std::string::npos) return true;
  }
  return false;
}

/// "line 3: say image instead of 'a picture'" for each place.
std::vector<std::string> wrong_words(const std::string& path, const std::string& text) {
  static const auto patterns = [] {
    std::vector<std::regex> all;
    for (const auto& word : kWords) all.emplace_back(word.pattern, std::regex::icase);
    return all;
  }();
  std::vector<std::string> found;
  size_t number = 0;
  for (const auto& line : lines_of(text)) {
    ++number;
    if (line.size() > 4000) continue;  // data, not sentences
    for (size_t i = 0; i < patterns.size(); ++i) {
      if (std::regex_search(line, patterns[i]) && !is_excepted(path, line)) {
        found.push_back("line " + std::to_string(number) + ": say " + kWords[i].instead + ": " + line);
      }
    }
  }
  return found;
}

TEST(Words, AreTheFieldsOnes) {
  std::vector<SourceFile> files;
  for (const char* folder : {"src", "include", "bench", "cmake", "configs", "docs", "examples", "scripts"}) {
    for (auto& file : source_files(folder)) {
      if (!file.path.ends_with(".png") && !file.path.ends_with(".jpg")) files.push_back(std::move(file));
    }
  }
  for (auto& file : source_files("tests", {".h", ".cpp", ".cu", ".txt", ".py", ".js"})) {
    if (file.path.find("/node_modules/") == std::string::npos) files.push_back(std::move(file));
  }
  for (const char* name : {"README.md", "Makefile", "CONTRIBUTING.md", "SECURITY.md"}) {
    const auto path = std::filesystem::path(FOCUS_DETR_SOURCE_DIR) / name;
    if (std::filesystem::exists(path)) files.push_back({name, read_file(path, 1 << 20)});
  }
  ASSERT_GT(files.size(), 800u);
  for (const auto& file : files) {
    for (const auto& fault : wrong_words(file.path, file.text)) ADD_FAILURE() << file.path << ", " << fault;
  }
}

TEST(Words, AWrongOneIsFound) {
  EXPECT_EQ(
      wrong_words("docs/a.md", "one\nThe model in the box finds them.\nA detector of its own.\n").size(), 1u);
  EXPECT_EQ(wrong_words("src/a.cpp", "const auto pictures = 3;  // Learnt from\n").size(), 2u);
  EXPECT_TRUE(wrong_words("src/a.cpp", "adverbs, boxes, relearning\n").empty());
}

}  // namespace
}  // namespace focus::test
