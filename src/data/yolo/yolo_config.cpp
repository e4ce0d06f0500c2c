#include "data/yolo/yolo_config.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/human.h"
#include "base/numbers.h"
#include "base/paths.h"
#include "base/yaml.h"
#include "data/text_fields.h"
#include "data/text_file.h"
#include "images/image_paths.h"

namespace focus::data {
namespace {

constexpr uint64_t kMostConfigBytes = 1 << 20;
constexpr const char* kAboutRepeated = "; Ultralytics silently keeps the last";

/// The names that a single text was probably meant to list; the first five.
std::vector<std::string> words_of(const std::string& text) {
  const bool commas = text.find(',') != std::string::npos;
  std::vector<std::string> words;
  for (size_t begin = 0; begin <= text.size() && words.size() < 5;) {
    const size_t end = std::min(text.find(commas ? ',' : '\n', begin), text.size());
    const auto word = trimmed(std::string_view(text).substr(begin, end - begin));
    if (!word.empty()) words.emplace_back(in_quotes(word).substr(1, in_quotes(word).size() - 2));
    begin = end + 1;
  }
  return words;
}

/// Reads the keys of a data.yaml one by one; unknown keys are ignored.
class YoloKeys {
 public:
  YoloKeys(const YAML::Node& root, const std::filesystem::path& file) : root_(root), file_(file) {}

  bool has(const char* key) const { return root_[key].IsDefined() && !root_[key].IsNull(); }

  std::string text(const char* key) const {
    const auto node = root_[key];
    if (!node.IsScalar()) refuse(key, "is not text");
    return node.Scalar();
  }

  std::vector<std::string> texts(const char* key) const {
    const auto node = root_[key];
    if (node.IsScalar()) return {node.Scalar()};
    if (!node.IsSequence()) refuse(key, "is neither text nor a list of texts");
    std::vector<std::string> list;
    for (const auto& entry : node) {
      if (!entry.IsScalar() || entry.Scalar().empty()) refuse_entry(key, std::to_string(list.size()), entry);
      list.push_back(entry.Scalar());
    }
    return list;
  }

  // A list, or a map from class numbers, which other programs write in any order.
  std::vector<std::string> names() const {
    const auto node = root_["names"];
    if (!has("names")) refuse("names", "is missing; list the names of the classes there");
    if (node.IsScalar()) {
      refuse("names", fmt::format("is the single text {}; write a list of class names: names: [{}]",
                                  in_quotes(node.Scalar()), fmt::join(words_of(node.Scalar()), ", ")));
    }
    if (!node.IsMap()) {
      auto list = texts("names");
      std::vector<YAML::Mark> marks;
      for (const auto& entry : node) marks.push_back(entry.Mark());
      check_names_differ(list, marks);
      return list;
    }
    std::vector<std::string> list(node.size());
    std::vector<YAML::Mark> marks(node.size(), YAML::Mark::null_mark());
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const int line = entry.first.Mark().line + 1;
      const auto index = plain_number(key);
      if (!index) {
        refuse("names",
               fmt::format("has the entry {} in line {}, whose key is not a plain number; write 'number: "
                           "name', with numbers counted 0, 1, 2 and so on",
                           in_quotes(key + ": " + shown_name(entry.second)), line));
      }
      if (!entry.second.IsScalar() || entry.second.Scalar().empty()) refuse_entry("names", key, entry.second);
      if (*index >= list.size()) {
        refuse("names",
               fmt::format("has {} entries, but one for {}, in line {}; number them from 0 without gaps",
                           list.size(), *index, line));
      }
      list[*index] = entry.second.Scalar();
      marks[*index] = entry.first.Mark();
    }
    check_names_differ(list, marks);
    return list;
  }

  [[noreturn]] void refuse_entry(const char* key, const std::string& place, const YAML::Node& entry) const {
    const bool names = std::string_view(key) == "names";
    const char* what = entry.IsMap() ? "is a map" : entry.IsSequence() ? "is a list" : "is empty (null)";
    refuse(key, fmt::format("has an entry {} (counted from 0) that {}, not text; {}", place, what,
                            names ? "give that class a name, in quotes if it is called null or ~"
                                  : "name a folder or a text file that lists images"));
  }

  [[noreturn]] void refuse(const char* key, const std::string& what) const {
    fail("{}: '{}' {}", file_.string(), key, what);
  }

 private:
  static std::optional<size_t> plain_number(const std::string& key) {
    // 010 is eight for some YAML parsers and ten for others.
    const bool zeros = key.size() > 1 && key.front() == '0';
    return zeros ? std::nullopt : parse_number<size_t>(key);
  }

  static std::string shown_name(const YAML::Node& node) { return node.IsScalar() ? node.Scalar() : "..."; }

  // Classes are joined by their names, so two with the same name could not be told apart.
  void check_names_differ(const std::vector<std::string>& names, const std::vector<YAML::Mark>& marks) const {
    std::map<std::string, size_t> first;
    for (size_t i = 0; i < names.size(); ++i) {
      const auto [entry, fresh] = first.emplace(names[i], i);
      if (fresh) continue;
      refuse("names",
             fmt::format("has {} twice, for class {} (line {}) and class {} (line {}); classes are told "
                         "apart by their names: rename one, or give their labels the same number",
                         in_quotes(names[i]), entry->second, marks[entry->second].line + 1, i,
                         marks[i].line + 1));
    }
  }

  const YAML::Node& root_;
  const std::filesystem::path& file_;
};

YoloConfig config_of(const YAML::Node& root, const std::filesystem::path& file) {
  if (!root.IsMap()) fail("{}: not a YOLO data set: no keys 'train', 'val' and 'names'", file.string());
  const YoloKeys keys(root, file);
  YoloConfig config{file, {}, {}, {}};
  if (keys.has("kpt_shape"))
    keys.refuse("kpt_shape", "makes this a data set of keypoints, which are not supported");
  if (keys.has("path")) config.root = keys.text("path");
  for (const auto& name : keys.names()) {
    config.categories.push_back({static_cast<int64_t>(config.categories.size()) + 1, name});
  }
  if (keys.has("nc")) {
    const auto count = number_of(keys.text("nc"));
    if (!count || *count != static_cast<double>(config.categories.size())) {
      keys.refuse("nc", fmt::format("is {}, but 'names' has {} entries; correct one of them",
                                    in_quotes(keys.text("nc")), config.categories.size()));
    }
  }
  for (const char* key : {"valid", "train", "val", "test"}) {
    if (!keys.has(key)) continue;
    const std::string split = std::string(key) == "valid" ? "val" : key;
    config.splits[split] = keys.texts(key);
    config.lines[split] = root[key].Mark().line + 1;
  }
  return config;
}

}  // namespace

YoloConfig parse_yolo_config(const std::string& text, const std::filesystem::path& file) {
  try {
    return config_of(parse_yaml(text, file.string(), kAboutRepeated), file);
  } catch (const YAML::Exception& error) {
    fail("{}: not valid YAML: {}", file.string(), error.what());
  }
}

YoloConfigKind kind_of_yaml(const std::filesystem::path& file) {
  const auto ending = images::small_ending(file);
  if (ending != ".yaml" && ending != ".yml") return YoloConfigKind::kNone;
  if (!is_file(file)) return YoloConfigKind::kNone;
  try {
    // Any other fault is reported when the file is read.
    const auto root = YAML::Load(read_text_file(file, kMostConfigBytes));
    if (!root.IsMap() || !root["names"]) return YoloConfigKind::kNone;
    const bool splits = root["train"] || root["val"] || root["valid"] || root["test"];
    return splits ? YoloConfigKind::kDataset : YoloConfigKind::kNames;
  } catch (const std::exception&) {
    return YoloConfigKind::kNone;
  }
}

std::vector<std::string> read_yolo_names(const std::filesystem::path& file) {
  try {
    const auto root = parse_yaml(read_text_file(file, kMostConfigBytes), file.string(), kAboutRepeated);
    if (!root.IsMap()) fail("{}: no map with the key 'names'", file.string());
    return YoloKeys(root, file).names();
  } catch (const YAML::Exception& error) {
    fail("{}: not valid YAML: {}", file.string(), error.what());
  }
}

YoloConfig read_yolo_config(const std::filesystem::path& file) {
  if (!is_file(file)) fail("{}: no such file", file.string());
  return parse_yolo_config(read_text_file(file, kMostConfigBytes), file);
}

}  // namespace focus::data
