#include "data/coco/coco.h"

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/paths.h"
#include "base/repeated_keys.h"
#include "base/utf8.h"
#include "data/coco/coco_entries.h"
#include "data/coco/json_fields.h"
#include "data/text_file.h"

namespace focus::data {
namespace {

using nlohmann::json;

// Deeper than any COCO field we read (root, list, entry, bbox, number); segmentations add a level or two.
constexpr int kMaxDepth = 32;
constexpr const char* kSections[] = {"categories", "images", "annotations"};
constexpr const char* kFields[] = {"id",       "name",        "file_name", "width",   "height",      "bbox",
                                   "image_id", "category_id", "area",      "iscrowd", "segmentation"};

struct TooDeep {};

std::string read_text(const std::filesystem::path& path) {
  if (!is_there(path)) fail("{}: {}", path.string(), why_not_there(path, "no such annotation file"));
  if (!is_file(path)) fail("{}: not a file; name a COCO annotation file", path.string());
  return read_text_file(path, std::numeric_limits<uint64_t>::max());
}

// The parser's message without its "[json.exception.parse_error.101] ".
std::string without_code(const std::string& message) {
  const auto end = message.front() == '[' ? message.find("] ") : std::string::npos;
  return end == std::string::npos ? message : message.substr(end + 2);
}

Issue repeated(const std::string& where, const char* what, const std::string& name) {
  return {IssueKind::kRepeatedField, where,
          fmt::format("has the {} '{}' twice; most programs silently keep the last: keep one", what, name)};
}

// Checks what is left of the tree after the parser has handed over all entries: sections that are missing or
// not lists, and list elements that are not objects.
void check_structure(const json& root, const IssueSink& report) {
  if (!root.is_object()) {
    return report(
        {IssueKind::kWrongType, "the file",
         fmt::format("is a JSON {}, not an object with the lists images, annotations and categories{}",
                     root.type_name(), root.is_array() ? " (is it a file of results?)" : "")});
  }
  for (const char* section : kSections) {
    const auto list = root.find(section);
    if (list == root.end()) {
      report({IssueKind::kMissingField, "the file", fmt::format("has no field '{}'", section)});
    } else if (list->is_null() && std::strcmp(section, "annotations") == 0) {
      report({IssueKind::kBlankField, "the file", "field 'annotations' is null: treated as an empty list"});
    } else if (!list->is_array()) {
      report({IssueKind::kWrongType, "the file",
              fmt::format("field '{}' is a JSON {}, not a list", section, list->type_name())});
    } else if (!list->empty()) {
      report({IssueKind::kWrongType, "the file",
              fmt::format("field '{}' holds {} that are not objects, such as a JSON {}", section,
                          list->size(), list->front().type_name())});
    }
  }
}

}  // namespace

AnnotationEntries read_coco(const std::filesystem::path& path, const IssueSink& report) {
  const std::string text = quote_unusual_numbers(read_text(path));
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    report({IssueKind::kNotJson, "the file", "is empty"});
    return {};
  }
  CocoEntries entries(report);
  std::string section;
  ReadFields lists(kSections), fields(kFields);
  size_t position = 0;
  // Entries are handed over and dropped as soon as they are complete, and unused fields are not stored: the
  // tree of a large file would need several times its size.
  const auto on_event = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > kMaxDepth) throw TooDeep();
    if (event == json::parse_event_t::key && depth == 1) {
      section = parsed.get<std::string>();
      position = 0;
      const auto key = lists.take(section);
      if (key == ReadFields::Key::kRepeated) report(repeated("the file", "list", section));
      return key != ReadFields::Key::kNotRead;
    }
    if (event == json::parse_event_t::object_start && depth == 2) fields.begin_object(), ++position;
    if (event == json::parse_event_t::key && depth == 3) {
      const auto& name = parsed.get_ref<const std::string&>();
      const auto key = fields.take(name);
      if (key == ReadFields::Key::kRepeated) {
        report(repeated(fmt::format("{}[{}]", section, position - 1), "field", name));
      }
      return key != ReadFields::Key::kNotRead;
    }
    if (event != json::parse_event_t::object_end || depth != 2) return true;
    entries.add(section, parsed);
    return false;
  };
  json root;
  std::string fault;
  try {
    root = json::parse(text, on_event);
  } catch (const json::exception& error) {
    fault = fmt::format("is not JSON: {}", without_code(error.what()));
  } catch (const TooDeep&) {
    fault = fmt::format("nests lists deeper than the {} levels of any COCO field", kMaxDepth);
  }
  if (!fault.empty()) {
    if (fault.size() > 240) fault.replace(237, std::string::npos, "...");
    report({IssueKind::kNotJson, "the file", as_valid_utf8(fault)});
    return {};
  }
  check_structure(root, report);
  return entries.finish();
}

void fail_annotation_file(const std::filesystem::path& file, const Issue& issue) {
  fail("{}: {} {}; repair it (`focus-detr dataset check {}` lists all that is wrong)", file.string(),
       issue.entry, issue.text, file.string());
}

}  // namespace focus::data
