#include "data/coco.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "data/json_fields.h"
#include "data/limits.h"

namespace focus::data {
namespace {

using nlohmann::json;

// Deeper than any COCO field we read (root, list, entry, bbox, number); segmentations add a level or two.
constexpr int kMaxDepth = 32;
constexpr const char* kSections[] = {"categories", "images", "annotations"};
constexpr const char* kFields[] = {"id",   "name",     "file_name",   "width", "height",
                                   "bbox", "image_id", "category_id", "area",  "iscrowd"};

struct TooDeep {};

bool is_one_of(const json& key, auto& names) {
  const auto& text = key.get_ref<const std::string&>();
  return std::any_of(std::begin(names), std::end(names), [&](const char* name) { return text == name; });
}

struct PendingAnnotation {
  Annotation box;
  int64_t image_id;
  int64_t category_id;
};

// Takes entries as the parser finds them. Annotations may come before the pictures they refer to, so
// references are resolved when the file is at its end.
class EntryCollector {
 public:
  explicit EntryCollector(const IssueSink& report) : report_(report) {}

  void add(const std::string& section, const json& entry) {
    const size_t position = positions_[section]++;
    const auto id = entry.find("id");
    const std::string name = id != entry.end() && id->is_number_integer()
                                 ? fmt::format("{} {}", singular(section), id->dump())
                                 : fmt::format("{}[{}]", section, position);
    const JsonFields fields(entry, name, report_);
    if (section == "categories") add_category(fields);
    if (section == "images") add_image(fields);
    if (section == "annotations") add_annotation(fields);
  }

  AnnotationEntries finish() {
    auto& categories = file_.categories;
    std::sort(categories.begin(), categories.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    std::unordered_map<int64_t, size_t> label_of, index_of;
    for (size_t i = 0; i < categories.size(); ++i) label_of.emplace(categories[i].id, i);
    for (size_t i = 0; i < file_.images.size(); ++i) index_of.emplace(file_.images[i].id, i);
    file_.annotations.resize(file_.images.size());
    for (auto& pending : pending_) {
      const auto label = label_of.find(pending.category_id);
      const auto index = index_of.find(pending.image_id);
      check_known("image", pending, pending.image_id, image_ids_, IssueKind::kUnknownImage);
      check_known("category", pending, pending.category_id, category_ids_, IssueKind::kUnknownCategory);
      if (label == label_of.end() || index == index_of.end()) continue;
      pending.box.label = static_cast<int64_t>(label->second);
      file_.annotations[index->second].push_back(pending.box);
    }
    return std::move(file_);
  }

 private:
  using Ids = std::unordered_set<int64_t>;

  static const char* singular(const std::string& section) {
    return section == "categories" ? "category" : section == "images" ? "image" : "annotation";
  }

  void check_known(const char* what, const PendingAnnotation& pending, int64_t id, const Ids& known,
                   IssueKind kind) {
    if (known.contains(id)) return;
    report_({kind, fmt::format("annotation {}", pending.box.id),
             fmt::format("field '{}_id' is {}, but no {} has that id", what, id, what)});
  }

  // The id counts as known even if the rest of the entry is faulty: one fault, one report.
  std::optional<int64_t> new_id(const JsonFields& fields, Ids& seen) {
    const auto id = fields.integer("id");
    if (!id || seen.insert(*id).second) return id;
    fields.report(IssueKind::kDuplicateId, fmt::format("field 'id' is {}, which an earlier entry has", *id));
    return {};
  }

  void add_category(const JsonFields& fields) {
    const auto id = new_id(fields, category_ids_);
    const auto name = id ? fields.text("name") : std::nullopt;
    if (name) file_.categories.push_back({*id, *name});
  }

  void add_image(const JsonFields& fields) {
    const auto id = new_id(fields, image_ids_);
    const auto name = id ? fields.text("file_name") : std::nullopt;
    const auto width = name ? fields.integer("width") : std::nullopt;
    const auto height = width ? fields.integer("height") : std::nullopt;
    if (!height) return;
    if (!possible_size(*height, *width)) {
      return fields.report(
          IssueKind::kBadPictureSize,
          fmt::format(
              "fields 'width' and 'height' are {} and {}; they must be at least 1 and at most {} pixels",
              *width, *height, kMaxPixels));
    }
    file_.images.push_back({*id, *name, {*height, *width}});
  }

  void add_annotation(const JsonFields& fields) {
    const auto id = new_id(fields, annotation_ids_);
    const auto image = id ? fields.integer("image_id") : std::nullopt;
    const auto category = image ? fields.integer("category_id") : std::nullopt;
    const auto bbox = category ? fields.numbers("bbox", 4) : std::nullopt;
    if (!bbox) return;
    Annotation box{.id = *id, .x = (*bbox)[0], .y = (*bbox)[1], .width = (*bbox)[2], .height = (*bbox)[3]};
    if (box.width < 0 || box.height < 0) {
      return fields.report(IssueKind::kNegativeSize,
                           fmt::format("field 'bbox' has size {} x {}; it is [x, y, width, height] and sizes "
                                       "must not be negative",
                                       box.width, box.height));
    }
    box.area = box.width * box.height;
    if (fields.has("area")) {
      const auto area = fields.number("area");
      if (!area) return;
      if (*area < 0) {
        return fields.report(IssueKind::kNegativeSize, fmt::format("field 'area' is {}", *area));
      }
      box.area = *area;
    }
    if (fields.has("iscrowd")) {
      const auto crowd = fields.flag("iscrowd");
      if (!crowd) return;
      box.crowd = *crowd;
    }
    pending_.push_back({box, *image, *category});
  }

  const IssueSink& report_;
  std::unordered_map<std::string, size_t> positions_;
  Ids category_ids_, image_ids_, annotation_ids_;
  std::vector<PendingAnnotation> pending_;
  AnnotationEntries file_;
};

std::string read_text(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) fail("{}: no such annotation file", path.string());
  if (!std::filesystem::is_regular_file(path))
    fail("{}: not a file; name a COCO annotation file", path.string());
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) fail("{}: cannot be read; check its permissions", path.string());
  return text;
}

// The parser's message without its "[json.exception.parse_error.101] ".
std::string without_code(const std::string& message) {
  const auto end = message.front() == '[' ? message.find("] ") : std::string::npos;
  return end == std::string::npos ? message : message.substr(end + 2);
}

// What is left of the tree after the parser handed over all entries: sections that are missing or no lists,
// and list elements that are no objects.
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
  const std::string text = quote_not_a_numbers(read_text(path));
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    report({IssueKind::kNotJson, "the file", "is empty"});
    return {};
  }
  EntryCollector entries(report);
  std::string section;
  // Entries are handed over and dropped as soon as they are complete, and fields nobody reads are not stored:
  // the tree of a large file would need several times its size.
  const auto on_event = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > kMaxDepth) throw TooDeep();
    if (event == json::parse_event_t::key && depth == 1) {
      section = parsed.get<std::string>();
      return is_one_of(parsed, kSections);
    }
    if (event == json::parse_event_t::key && depth == 3) return is_one_of(parsed, kFields);
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
    report({IssueKind::kNotJson, "the file", fault});
    return {};
  }
  check_structure(root, report);
  return entries.finish();
}

std::shared_ptr<const AnnotationStore> load_coco(const std::filesystem::path& annotations,
                                                 const std::filesystem::path& image_dir) {
  const auto refuse = [&](const Issue& issue) {
    fail("{}: {} {}; repair it (`focus-detr dataset check {}` lists all that is wrong)", annotations.string(),
         issue.entry, issue.text, annotations.string());
  };
  return std::make_shared<const AnnotationStore>(read_coco(annotations, refuse), image_dir);
}

}  // namespace focus::data
