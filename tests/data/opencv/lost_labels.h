// Data sets of which labels or images could get lost, and what is said of them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "data/opencv/dataset_images.h"

namespace focus::test {

inline constexpr const char* kBoxLine = "0 0.5 0.5 0.2 0.4\n";

/// The issues of a kind, as "ENTRY: TEXT" lines.
inline std::string said_of(const std::vector<data::Issue>& issues, data::IssueKind kind) {
  std::string text;
  for (const auto& issue : issues) {
    if (issue.kind == kind) text += issue.entry + ": " + issue.text + "\n";
  }
  return text;
}

inline std::string coco(const std::string& images, const std::string& annotations,
                        const std::string& categories = R"({"id": 1, "name": "cat"})") {
  return "{\"images\": [" + images + "], \"annotations\": [" + annotations + "], \"categories\": [" +
         categories + "]}";
}

inline std::string xml(const std::string& rest = "") {
  return "<annotation>" + rest +
         "<size><width>30</width><height>20</height></size><object><name>cat</name><bndbox><xmin>2</xmin>"
         "<ymin>2</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>";
}

class LostLabels : public testing::Test {
 protected:
  void yolo(const std::string& yaml = "train: images/train\nval: images/val\nnames: [cat, dog]\n") {
    put(folder_ / "data.yaml", yaml);
    put_image(folder_ / "images/train/a.jpg", 20, 30);
    put(folder_ / "labels/train/a.txt", kBoxLine);
    put_image(folder_ / "images/val/v.png", 21, 31);
    put(folder_ / "labels/val/v.txt", kBoxLine);
  }

  std::string left_out(const std::string& split = "train") {
    return said_of(read_all(folder_, split).issues, data::IssueKind::kLeftOut);
  }

  std::string load_error(const std::string& split = "train") {
    return error_of([&] { data::load_split(folder_, split); });
  }

  /// What a load says beside errors.
  std::string notes(const std::string& split = "train") {
    std::string text;
    data::load_split(folder_, split, {}, [&](const std::string& note) { text += note + "\n"; });
    return text;
  }

  TemporaryFolder temporary_;
  std::filesystem::path folder_ = temporary_.path() / "set";
};

}  // namespace focus::test
