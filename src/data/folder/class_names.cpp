#include "data/folder/class_names.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/human.h"
#include "data/check/alike_files.h"
#include "data/folder/found_images.h"
#include "data/folder/name_forms.h"
#include "data/text_fields.h"
#include "data/text_file.h"
#include "data/yolo/yolo_config.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr uint64_t kMostNamesBytes = uint64_t{1} << 22;

/// Names that tools give to their lists of classes: labelImg and Label Studio, CVAT, Roboflow, darknet,
/// X-AnyLabeling.
constexpr const char* kLists[] = {
    "classes.txt",   "obj.names",    "labels.txt", "_darknet.labels", "predefined_classes.txt",
    "classes.names", "object.names", "names.txt",  "notes.json",      "data.yaml",
    "data.yml",      "dataset.yaml"};

std::vector<std::string> names_in_json(const std::string& text, const fs::path& file) {
  const json root = json::parse(text, nullptr, false);
  const auto list = root.is_object() ? root.find("categories") : root.end();
  if (!root.is_object() || list == root.end() || !list->is_array()) {
    fail("{}: not JSON with a list 'categories'; give a text file with one class name per line",
         file.string());
  }
  // The ids are the class numbers: without gaps, but in any order in the file.
  std::map<int64_t, std::string> by_id;
  for (const auto& entry : *list) {
    const bool known = entry.is_object() && entry.contains("id") && entry["id"].is_number_integer() &&
                       entry.contains("name") && entry["name"].is_string();
    if (!known) fail("{}: an entry of 'categories' has no 'id' or no 'name'", file.string());
    by_id[entry["id"].get<int64_t>()] = entry["name"].get<std::string>();
  }
  std::vector<std::string> names;
  for (const auto& [id, name] : by_id) {
    if (id != static_cast<int64_t>(names.size())) {
      fail("{}: the ids of 'categories' do not count from 0 without gaps: {} is missing", file.string(),
           names.size());
    }
    names.push_back(name);
  }
  return names;
}

[[noreturn]] void fail_listed_twice(const std::string& where, const std::vector<std::string>& names,
                                    const std::string& name) {
  const auto first = std::find(names.begin(), names.end(), name);
  const auto second = std::find(first + 1, names.end(), name);
  fail(
      "{}: {} is listed twice, for class {} and class {} (counted from 0); classes are told apart by their "
      "names: rename one, or give their labels the same number",
      where, in_quotes(name), first - names.begin(), second - names.begin());
}

void check_names(const std::vector<std::string>& names, const std::string& where) {
  std::set<std::string> seen;
  if (names.empty()) fail("{}: names no class; give one name per line", where);
  for (const auto& name : names) {
    if (trimmed(name).empty()) fail("{}: has an empty name", where);
    if (!seen.insert(name).second) fail_listed_twice(where, names, name);
  }
}

/// The file that `names = ...` in darknet's obj.data leads to, if it is there.
fs::path list_of_darknet(const fs::path& folder) {
  std::error_code fault;
  const fs::path data = folder / "obj.data";
  if (!fs::is_regular_file(data, fault)) return {};
  fs::path list;
  for_each_line(read_text_file(data, kMostNamesBytes), [&](size_t, std::string_view line) {
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || trimmed(line.substr(0, equals)) != "names") return;
    const auto name = name_below(folder, std::string(trimmed(line.substr(equals + 1))));
    if (name) list = folder / *name;
  });
  return list;
}

}  // namespace

bool is_class_list_name(const std::string& name) {
  return std::find(std::begin(kLists), std::end(kLists), alike_name(name)) != std::end(kLists);
}

ClassNames read_class_names(const fs::path& file) {
  ClassNames found{{}, file};
  if (file.extension() == ".yaml" || file.extension() == ".yml") {
    found.names = read_yolo_names(file);
    check_names(found.names, file.string());
    return found;
  }
  const std::string text = read_text_file(file, kMostNamesBytes);
  if (file.extension() == ".json") {
    found.names = names_in_json(text, file);
  } else {
    for_each_line(text, [&](size_t, std::string_view line) { found.names.emplace_back(line); });
  }
  check_names(found.names, file.string());
  return found;
}

ClassNames class_names_of(const std::string& argument) {
  std::error_code fault;
  if (fs::is_regular_file(argument, fault)) return read_class_names(argument);
  if (argument.find(',') == std::string::npos && argument.find('/') != std::string::npos) {
    fail_usage("--names {}: no such file; give a file with one name per line, or names separated by commas",
               in_quotes(argument));
  }
  ClassNames found;
  std::string_view rest = argument;
  while (true) {
    const size_t comma = rest.find(',');
    const auto name = trimmed(rest.substr(0, comma));
    if (name.empty()) fail_usage("--names {}: has an empty name", in_quotes(argument));
    found.names.emplace_back(name);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  check_names(found.names, "--names");
  return found;
}

std::optional<ClassNames> find_class_names(const std::vector<fs::path>& folders) {
  AlikeFiles alike;
  for (const auto& folder : folders) {
    std::optional<ClassNames> found;
    std::vector<fs::path> files{list_of_darknet(folder)};
    for (const char* name : kLists) files.push_back(alike.find_one(folder / name));
    for (const auto& file : files) {
      std::error_code fault;
      if (file.empty() || !fs::is_regular_file(file, fault)) continue;
      auto list = read_class_names(file);
      if (found && found->names != list.names) {
        fail(
            "{} and {} name different classes; remove one, or give them with `focus-detr dataset import "
            "--names`",
            found->source.string(), file.string());
      }
      if (!found) found = std::move(list);
    }
    if (found) return found;
  }
  return {};
}

std::vector<std::string> numbered_names(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(fmt::format("class {}", i));
  return names;
}

}  // namespace focus::data
