// What stands twice is mended once. Six lines that are the same in two places become one function, one type
// or one table; and what has one place in the house is not begun anew elsewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>

#include "support/source_files.h"

namespace focus::test {
namespace {

constexpr size_t kLines = 6;

/// Pairs of files that may share lines, by what one of these lines holds, and why.
struct Shared {
  const char* path;
  const char* other;
  const char* text;
  const char* reason;
};
const std::vector<Shared> kShared{};

struct Line {
  size_t number;
  std::string text;
};

/// The lines with something to them: white space folded; no includes, comments, names of namespaces and lone
/// punctuation.
std::vector<Line> telling_lines(const std::string& text) {
  static const std::regex empty(
      R"(#.*|//.*|using .*|namespace .*|(public|private|protected):|[^A-Za-z0-9]*)");
  std::vector<Line> lines;
  size_t number = 0;
  for (const auto& line : lines_of(text)) {
    ++number;
    std::string folded;
    for (const char c : line) {
      const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
      if (space && (folded.empty() || folded.back() == ' ')) continue;
      folded += space ? ' ' : c;
    }
    if (!folded.empty() && folded.back() == ' ') folded.pop_back();
    if (!std::regex_match(folded, empty)) lines.push_back({number, folded});
  }
  return lines;
}

bool is_allowed(const std::string& path, const std::string& other, const std::string& lines) {
  return std::any_of(kShared.begin(), kShared.end(), [&](const Shared& shared) {
    return ((path == shared.path && other == shared.other) ||
            (path == shared.other && other == shared.path)) &&
           lines.find(shared.text) != std::string::npos;
  });
}

/// "a.cpp:3 and b.cpp:9: ..." for each run of lines that stands again; a longer run is told once.
std::vector<std::string> repetitions(const std::vector<SourceFile>& files) {
  std::map<std::string, std::pair<const SourceFile*, size_t>> seen;
  std::vector<std::string> found;
  for (const auto& file : files) {
    const auto lines = telling_lines(file.text);
    size_t told_until = 0;
    for (size_t i = 0; i + kLines <= lines.size(); ++i) {
      std::string run;
      for (size_t k = i; k < i + kLines; ++k) run += lines[k].text + "\n";
      const auto [first, fresh] = seen.try_emplace(run, &file, lines[i].number);
      if (fresh || i < told_until || is_allowed(file.path, first->second.first->path, run)) continue;
      told_until = i + kLines;
      found.push_back(first->second.first->path + ":" + std::to_string(first->second.second) + " and " +
                      file.path + ":" + std::to_string(lines[i].number) + ":\n" + run);
    }
  }
  return found;
}

TEST(Duplicates, NoSixLinesStandTwice) {
  std::vector<SourceFile> files;
  for (const char* folder : {"src", "include", "bench", "examples", "tests"}) {
    for (auto& file : source_files(folder, {".h", ".cpp", ".cu", ".cuh"})) files.push_back(std::move(file));
  }
  ASSERT_GT(files.size(), 1000u);
  for (const auto& fault : repetitions(files)) ADD_FAILURE() << fault;
}

TEST(Duplicates, AreFoundHoweverTheyAreIndented) {
  const std::string six = "int a = 1;\nint b = 2;\nint c = 3;\nint d = 4;\nint e = 5;\nint f = 6;\n";
  std::string again = "void f() {\n";
  for (const auto& line : lines_of(six)) again += "    " + line + "  \n\n// of its own\n";
  const std::vector<SourceFile> files{{"src/a.cpp", "#include <a>\n" + six}, {"src/b.cpp", again}};
  const auto found = repetitions(files);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].find("src/a.cpp:2 and src/b.cpp:2:\n"), 0u) << found[0];
  EXPECT_EQ(repetitions({{"src/a.cpp", six + six}}).size(), 1u) << "in one file, too";
  EXPECT_TRUE(repetitions({{"src/a.cpp", six}, {"src/b.cpp", six.substr(11)}}).empty()) << "five";
}

/// What has one place: who writes it elsewhere is told which to use.
struct OnePlace {
  /// A line has one of them, or the pattern is not tried: that takes longer.
  std::vector<const char*> words;
  const char* pattern;
  std::vector<std::string> paths;
  const char* instead;
};
const OnePlace kOnePlace[] = {
    {{"from_chars", "strto", "sto", "sscanf", "ato"},
     R"(\b(from_chars|strto[a-z]+|sto[dfil]|stou?ll?|sscanf|ato[fil])\()",
     // The second reads a name of the system's own, /proc/self/task/N.
     {"src/base/numbers.h", "src/base/numbers.cpp", "src/base/spin_watch.cpp"},
     "take_number, parse_number or number_of (base/numbers.h)"},
    {{"istreambuf", "rdbuf"},
     R"(istreambuf_iterator|\.rdbuf\(\))",
     {},
     "read_file or read_begin (base/files.h)"},
    {{"struct"}, R"(struct \w* *\{? *(double|float) (x1|left)\b)", {"src/base/box.h"}, "Box (base/box.h)"},
    {{"iou", "overlap"},
     R"(double \w*(iou|overlap)\w*\([^)]*,[^)]*\) (const )?\{)",
     // Of a crowd, pycocotools divides by the detection's area alone.
     {"src/base/box.h", "src/data/annotations.h", "src/eval/coco_matching.cpp"},
     "iou or shared_area (base/box.h)"}};

std::vector<std::string> second_places(const SourceFile& file) {
  std::vector<std::string> found;
  for (const auto& place : kOnePlace) {
    if (std::find(place.paths.begin(), place.paths.end(), file.path) != place.paths.end()) continue;
    const std::regex pattern(place.pattern);
    size_t number = 0;
    for (const auto& line : lines_of(file.text)) {
      ++number;
      const bool possible =
          line.size() < 1000 && std::any_of(place.words.begin(), place.words.end(), [&](const char* word) {
            return line.find(word) != std::string::npos;
          });
      if (possible && std::regex_search(line, pattern)) {
        found.push_back("line " + std::to_string(number) + ": use " + place.instead + ": " + line);
      }
    }
  }
  return found;
}

TEST(Duplicates, NumbersFilesAndBoxesHaveOnePlace) {
  for (const auto& file : source_files("src", {".h", ".cpp"})) {
    for (const auto& fault : second_places(file)) ADD_FAILURE() << file.path << ", " << fault;
  }
}

TEST(Duplicates, ASecondPlaceIsFound) {
  EXPECT_EQ(second_places({"src/a.cpp", "std::from_chars(a, b, c);\nstd::stod(x)\n"}).size(), 2u);
  EXPECT_EQ(second_places({"src/a.cpp", "double box_iou(const B& a, const B& b) {\n"}).size(), 1u);
  EXPECT_EQ(second_places({"src/a.cpp", "struct Corners { double x1, y1, x2, y2; };\n"}).size(), 1u);
  EXPECT_TRUE(
      second_places({"src/a.cpp", "auto n = parse_number<int>(text); // restored(x), stop(y)\n"}).empty());
}

}  // namespace
}  // namespace focus::test
