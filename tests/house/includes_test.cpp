// The floors of src/ and their arrows. An include path that is all of src/ lets a file include anything: this
// test is what keeps arrows pointing down.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>

#include "support/source_files.h"

namespace focus::test {
namespace {

/// Lowest first (docs/architecture.md). A floor includes itself and what stands before it.
const std::vector<std::string> kFloors{"base",    "io",     "ops",    "nn",       "models",  "losses",
                                       "images",  "data",   "scenes", "detector", "weights", "benchmark",
                                       "explain", "doctor", "eval",   "viz",      "report",  "export",
                                       "http",    "rpc",    "serve",  "train",    "cli",     "capi"};

std::string floor_of(const std::string& path) { return path.substr(0, path.find('/')); }

/// What a file includes from the project: the text between quotes.
std::vector<std::string> project_includes(const std::string& text) {
  static const std::regex include(R"re(^\s*#\s*include\s+"([^"]+)")re");
  std::vector<std::string> found;
  for (const auto& line : lines_of(text)) {
    std::smatch match;
    if (std::regex_search(line, match, include)) found.push_back(match[1]);
  }
  return found;
}

/// The includes of `text`, a file of `floor`, that point up or to no floor.
std::vector<std::string> arrows_up(const std::string& floor, const std::string& text) {
  std::map<std::string, size_t> rank;
  for (size_t i = 0; i < kFloors.size(); ++i) rank[kFloors[i]] = i;
  std::vector<std::string> bad;
  for (const auto& include : project_includes(text)) {
    const auto to = rank.find(floor_of(include));
    if (to == rank.end() || to->second > rank.at(floor)) bad.push_back(include);
  }
  return bad;
}

TEST(Includes, PointDown) {
  const auto files = source_files("src", {".h", ".cpp", ".cu", ".cuh"});
  ASSERT_GT(files.size(), 500u);
  for (const auto& file : files) {
    const auto floor = floor_of(file.path.substr(std::string("src/").size()));
    ASSERT_NE(std::find(kFloors.begin(), kFloors.end(), floor), kFloors.end())
        << file.path << ": no floor of that name";
    for (const auto& include : arrows_up(floor, file.text)) {
      ADD_FAILURE() << file.path << " includes " << include << ", which is above it or no floor";
    }
  }
}

TEST(Includes, AnArrowThatPointsUpIsFound) {
  EXPECT_EQ(
      arrows_up("data", "#include \"images/image.h\"\n#include \"detector/detector.h\"\n#include <vector>\n"),
      std::vector<std::string>{"detector/detector.h"});
  EXPECT_EQ(arrows_up("base", "  #  include \"base/error.h\"\n#include \"error.h\"\n"),
            std::vector<std::string>{"error.h"});
}

// Every folder of tests/ that is a floor's has that floor; a renamed floor takes its tests along.
TEST(Includes, TestsLieBesideTheirFloors) {
  const std::vector<std::string> others{"clients", "cpu",  "fixtures", "fuzz",   "golden",
                                        "house",   "page", "peers",    "support"};
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(FOCUS_DETR_SOURCE_DIR) / "tests")) {
    if (!entry.is_directory()) continue;
    const auto name = entry.path().filename().string();
    const bool known = std::find(kFloors.begin(), kFloors.end(), name) != kFloors.end() ||
                       std::find(others.begin(), others.end(), name) != others.end();
    EXPECT_TRUE(known) << "tests/" << name << " is neither a floor's nor of a known kind";
  }
}

}  // namespace
}  // namespace focus::test
