#include "data/formats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "support/source_files.h"

namespace focus::test {
namespace {

using namespace focus::data;

TEST(Formats, HaveNamesAndWaysOfTheirOwn) {
  std::set<std::string> names, options;
  for (const auto& entry : dataset_formats()) {
    EXPECT_TRUE(names.insert(entry.name).second);
    EXPECT_TRUE(options.insert(entry.option).second);
    EXPECT_EQ(&entry_of(entry.format), &entry);
    EXPECT_EQ(entry.loose.kind == LooseKind::kNamedObjects, entry.loose.reading != nullptr) << entry.name;
    EXPECT_EQ(entry.loose.files == &SurveyedFolder::txt, entry.loose.is_line != nullptr)
        << entry.name << ": lines tell text files apart";
    if (entry.writer) {
      EXPECT_NE(entry.layout, nullptr) << entry.name << ": what is written is read again";
      EXPECT_EQ(writable_format(entry.option), entry.format);
    }
  }
}

TEST(Formats, AreListedForPeople) {
  EXPECT_EQ(layout_formats(), "COCO's, YOLO's, Pascal VOC's or KITTI's");
  EXPECT_EQ(all_formats(), "COCO's, YOLO's, Pascal VOC's, KITTI's or labelme's");
  EXPECT_EQ(annotation_kinds("and"),
            "COCO's JSON, YOLO's labels, Pascal VOC's XML, KITTI's labels and labelme's JSON");
  EXPECT_EQ(writable_formats(), (std::vector<std::string>{"coco", "yolo", "voc", "kitti"}));
  try {
    writable_format("labelme");
    FAIL() << "labelme's is only read";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "'labelme' is not a format that can be written; choose coco, yolo, voc or kitti");
  }
}

// A format that code outside of its folder asks for by name is one more place to change when the next is added. COCO's is what is
// written where nobody chooses, and what an annotation file alone is.
TEST(Formats, AreKnownToTheirEntriesAlone) {
  const std::set<std::string> telling{"src/data/formats.h", "src/data/formats.cpp",
                                      "src/data/folder/annotation_kind.cpp"};
  size_t looked_at = 0;
  for (const auto& file : source_files("src", {".h", ".cpp"})) {
    ++looked_at;
    if (telling.contains(file.path)) continue;
    for (const auto& line : lines_of(file.text)) {
      const auto at = line.find("DatasetFormat::k");
      if (at == std::string::npos || line.compare(at, 20, "DatasetFormat::kCoco") == 0) continue;
      const bool own =
          file.path.starts_with("src/data/yolo/") && line.compare(at, 20, "DatasetFormat::kYolo") == 0;
      if (own) continue;
      ADD_FAILURE() << file.path << ": " << line;
    }
  }
  EXPECT_GT(looked_at, 400u);
}

}  // namespace
}  // namespace focus::test
