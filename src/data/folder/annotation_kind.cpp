#include "data/folder/annotation_kind.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/numbers.h"
#include "data/text_fields.h"
#include "data/text_file.h"

namespace focus::data {
namespace {

using nlohmann::json;

// Parser events of a JSON file after which the search is given up; enough for a few thousand entries.
constexpr int kMostEvents = 500'000;
// How much of XML and text files is looked at.
constexpr size_t kLookedAtBytes = 65536;
constexpr uint64_t kMostJsonBytes = uint64_t{1} << 30;

/// Follows the parser until the first entries of the root's lists tell what the file is.
class JsonKind : public nlohmann::json_sax<json> {
 public:
  AnnotationFile result() const {
    if (decided_) return file_;
    // All lists are empty, or an entry is broken: the format's reader reports what is wrong.
    if (root_keys_.contains("images") && (root_keys_.contains("annotations") || broken_)) {
      return {.format = DatasetFormat::kCoco};
    }
    return {};
  }

  bool null() override { return next(); }
  bool boolean(bool) override { return next(); }
  bool number_integer(number_integer_t) override { return next(); }
  bool number_unsigned(number_unsigned_t) override { return next(); }
  bool number_float(number_float_t, const string_t&) override { return next(); }
  bool string(string_t&) override { return next(); }
  bool binary(binary_t&) override { return next(); }

  bool start_object(size_t) override {
    open_.push_back('{');
    if (open_.size() == entry_depth()) entry_keys_.clear();
    return next();
  }

  bool end_object() override {
    const bool entry = open_.size() == entry_depth();
    open_.pop_back();
    return next() && !(entry && decide());
  }

  bool start_array(size_t) override {
    open_.push_back('[');
    if (open_.size() == 2 && open_.front() == '{' && key_ == "shapes") {
      return !decide(DatasetFormat::kLabelme);
    }
    return next();
  }

  bool end_array() override {
    open_.pop_back();
    return next();
  }

  bool key(string_t& name) override {
    if (open_.size() == 1) {
      key_ = name;
      root_keys_.insert(name.substr(0, 64));
      if (name == "_via_img_metadata") return !decide_foreign(kVia);
      if (name == "dm_format_version")
        return !decide_foreign("Datumaro's own JSON; export it as coco_instances");
    }
    if (open_.size() == entry_depth()) entry_keys_.insert(name.substr(0, 64));
    return next();
  }

  bool parse_error(size_t, const std::string&, const json::exception&) override {
    broken_ = true;
    return false;
  }

 private:
  static constexpr const char* kVia =
      "a project of VGG's image annotator; export COCO there (Annotation, Export Annotations)";

  // The depth of entries, which are objects in a root list, in the lists of a root object, or directly in a
  // root object.
  size_t entry_depth() const {
    if (open_.empty()) return 0;
    if (open_.front() == '[') return 2;
    return open_.size() > 1 && open_[1] == '[' ? 3 : 2;
  }

  bool next() { return ++events_ < kMostEvents; }
  bool has(const char* name) const { return entry_keys_.contains(name); }

  bool decide(DatasetFormat format) {
    decided_ = true;
    file_.format = format;
    return true;
  }

  bool decide_foreign(const char* what) {
    decided_ = true;
    file_.foreign = what;
    return true;
  }

  // At the end of an entry; open_ is what encloses it.
  bool decide() {
    if (open_.front() == '[') {
      if (has("image_id") && has("score")) {
        return decide_foreign(
            "a list of detections (COCO's results), not annotations; give it to eval --detections");
      }
      if (has("image") && has("annotations")) {
        return decide_foreign("Create ML's JSON; export it as COCO, YOLO or Pascal VOC where it comes from");
      }
      if (has("data") && (has("annotations") || has("predictions"))) {
        return decide_foreign("Label Studio's own JSON; export it as COCO, YOLO or Pascal VOC XML there");
      }
      return false;
    }
    if (open_.size() == 2) {
      if (key_ == "images" && has("file_name")) return decide(DatasetFormat::kCoco);
      if (key_ == "annotations" && has("image_id") && (has("bbox") || has("segmentation"))) {
        return decide(DatasetFormat::kCoco);
      }
      if (key_ == "samples" && has("filepath")) {
        return decide_foreign("FiftyOne's own JSON; export it as fiftyone.types.COCODetectionDataset");
      }
      return false;
    }
    return has("filename") && has("regions") && decide_foreign(kVia);
  }

  std::vector<char> open_;  // The brackets around what is parsed now.
  std::string key_;         // The last key of the root.
  std::set<std::string> root_keys_, entry_keys_;
  int events_ = 0;
  bool decided_ = false, broken_ = false;
  AnnotationFile file_;
};

AnnotationFile json_file(std::istream& in) {
  JsonKind kind;
  json::sax_parse(in, &kind);
  return kind.result();
}

/// The name of the root element of an XML document that begins with `text`.
std::string root_element(std::string_view text) {
  for (size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    if (text.substr(at).starts_with("<!--")) {
      at = text.find("-->", at);
      if (at == std::string_view::npos) return {};
      continue;
    }
    const size_t begin = at + 1;
    if (begin >= text.size() || text[begin] == '?' || text[begin] == '!') continue;
    return std::string(text.substr(begin, text.find_first_of(" \t\r\n/>", begin) - begin));
  }
  return {};
}

AnnotationFile xml_file(std::string_view text) {
  const std::string root = root_element(text);
  if (root == "annotation") {
    if (text.find("<polygon>") != std::string_view::npos && text.find("<bndbox>") == std::string_view::npos) {
      return {.foreign = "LabelMe's XML of polygons; export it as COCO, YOLO or Pascal VOC"};
    }
    return {.format = DatasetFormat::kVoc};
  }
  if (root == "annotations") {
    return {.foreign = "CVAT's own XML; export it as COCO, YOLO or Pascal VOC there"};
  }
  return {};
}

AnnotationFile text_file(std::string_view text, bool whole) {
  // The last line may be incomplete.
  if (!whole) text = text.substr(0, text.rfind('\n') + 1);
  int lines = 0;
  std::map<DatasetFormat, int> labels;
  for_each_line(text, [&](size_t, std::string_view line) {
    ++lines;
    for (const auto& entry : dataset_formats()) {
      if (entry.loose.is_line && entry.loose.is_line(line)) ++labels[entry.format];
    }
  });
  if (lines == 0) return {.empty = whole};
  // A line or two may be broken, which the reader will report.
  for (const auto& [format, count] : labels) {
    if (2 * count > lines) return {.format = format};
  }
  return {};
}

}  // namespace

AnnotationFile look_into(const std::filesystem::path& file) {
  std::error_code fault;
  if (!std::filesystem::is_regular_file(file, fault)) return {};
  std::ifstream in(file, std::ios::binary);
  if (!in) return {};
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  std::string begin(kLookedAtBytes, '\0');
  in.read(begin.data(), kLookedAtBytes);
  begin.resize(static_cast<size_t>(std::max<std::streamsize>(0, in.gcount())));
  const bool whole = begin.size() < kLookedAtBytes;
  const bool eight_bits =
      begin.size() < 2 || (begin[0] != '\0' && begin[1] != '\0' && begin[0] != '\xFF' && begin[0] != '\xFE');
  if (ending == ".json" && eight_bits) {
    in.clear();
    in.seekg(0);
    return json_file(in);
  }
  try {
    if (ending == ".json") {
      // UTF-16, which the parser does not support.
      std::istringstream text(read_text_file(file, kMostJsonBytes));
      return json_file(text);
    }
    const std::string text = as_utf8(std::move(begin), file.string());
    if (ending == ".xml") return xml_file(text);
    if (ending == ".txt") return text_file(text, whole);
  } catch (const Error&) {
    return {};  // Not text; its reader reports that.
  }
  return {};
}

}  // namespace focus::data
