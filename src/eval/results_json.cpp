#include "eval/results_json.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "base/repeated_keys.h"
#include "data/coco/json_fields.h"
#include "data/text_file.h"
#include "eval/result_evidence.h"

namespace focus::eval {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxBytes = uint64_t{4} << 30;
constexpr int kMaxDepth = 32;  // segmentations, which are skipped, nest a few levels
constexpr const char* kFields[] = {"image_id", "file_name", "category_id", "category_name", "bbox", "score"};

class Reader {
 public:
  Reader(const std::filesystem::path& path, const data::AnnotationStore& store, const ResultIds& ids)
      : source_(path.string()),
        refuse_([this](const data::Issue& issue) { fail("{}: {} {}", source_, issue.entry, issue.text); }),
        store_(store),
        ids_(ids),
        images_(store, ids.images, source_) {
    for (const auto& category : store.categories()) known_categories_.insert(category.id);
  }

  Results read(const std::string& text) {
    // Skips the byte order mark with which Windows programs begin UTF-8 files.
    const auto first = text.find_first_not_of(" \t\r\n", text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    const bool object = first != std::string::npos && text[first] == '{';
    json root;
    try {
      // Entries are handed over and dropped as soon as they are complete: the tree of a large file would need
      // several times its size.
      root = json::parse(text, [&](int depth, json::parse_event_t event, json& parsed) {
        return object ? on_event_of_dataset(depth, event, parsed) : on_event(depth, event, parsed);
      });
    } catch (const json::exception& error) {
      if (object && json::accept(text.substr(first, text.find('\n', first) - first))) {
        fail("{}: has one object per line (JSON Lines), but a results file is one list of them", source_);
      }
      fail("{}: is not JSON: {}", source_, in_quotes(error.what()));
    }
    if (object) add_dataset(root);
    if (!object && !root.is_array())
      fail("{}: is a JSON {}, not a list of results", source_, root.type_name());
    return joined();
  }

 private:
  bool require_depth(int depth) const {
    if (depth > kMaxDepth)
      fail("{}: is nested deeper than the {} levels of any results file", source_, kMaxDepth);
    return true;
  }

  bool on_event_of_dataset(int depth, json::parse_event_t event, const json& parsed) {
    if (repeated_(event, parsed)) {
      fail("{}: has the field {} twice in one object; keep one", source_,
           in_quotes(parsed.get<std::string>()));
    }
    return require_depth(depth);
  }

  bool on_event(int depth, json::parse_event_t event, json& parsed) {
    using Event = json::parse_event_t;
    require_depth(depth);
    if ((event == Event::array_start || event == Event::value) && depth == 1) {
      fail("{}: results[{}] is not an object with the fields image_id, category_id, bbox and score", source_,
           detections_.size());
    }
    if (event == Event::object_start && depth == 1) {
      fields_.begin_object();
      keys_.clear();
    }
    if (event == Event::key && depth == 2) {
      const auto& name = parsed.get_ref<const std::string&>();
      const auto key = fields_.take(name);
      if (keys_.size() < 12) keys_.push_back(name);
      if (key == ReadFields::Key::kRepeated) {
        fail("{}: results[{}] has the field '{}' twice; keep one", source_, detections_.size(), name);
      }
      return key != ReadFields::Key::kNotRead;
    }
    if (event != Event::object_end || depth != 1) return true;
    add(parsed, fmt::format("results[{}]", detections_.size()));
    return false;
  }

  /// The texts in `field` of one of a data set's own lists, by the entries' ids.
  static std::map<std::string, std::string> texts_by_id(const json& root, const char* list,
                                                        const char* field) {
    std::map<std::string, std::string> texts;
    if (!root.contains(list) || !root[list].is_array()) return texts;
    for (const auto& entry : root[list]) {
      const bool usable = entry.is_object() && entry.contains("id") && entry.contains(field) &&
                          entry[field].is_string() && !entry[field].get_ref<const std::string&>().empty();
      if (usable)
        texts.emplace(entry["id"].dump(-1, ' ', false, json::error_handler_t::replace), entry[field]);
    }
    return texts;
  }

  /// Adds a data set whose annotations are detections. Its ids are its own, so names decide where it has
  /// them.
  void add_dataset(const json& root) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : root.items()) keys.push_back(key);
    const auto list = root.find("annotations");
    const bool annotations = list != root.end() && list->is_array();
    if (!annotations || list->empty() || !list->front().is_object() || !list->front().contains("score")) {
      fail("{}: is a JSON object ({}), not a list of results{}", source_, listed_in_quotes(keys),
           annotations ? "; is it a file of annotations? their entries have no 'score'" : "");
    }
    const auto files = texts_by_id(root, "images", "file_name");
    const auto classes = texts_by_id(root, "categories", "name");
    const auto name_instead = [](json& entry, const char* id, const char* name, const auto& names,
                                 bool wanted) {
      const auto given = entry.find(id);
      if (!wanted || given == entry.end()) return;
      const auto found = names.find(given->dump(-1, ' ', false, json::error_handler_t::replace));
      if (found == names.end()) return;
      entry[name] = found->second;
      entry.erase(id);
    };
    for (const auto& annotation : *list) {
      const auto place = fmt::format("annotations[{}]", detections_.size());
      if (!annotation.is_object()) fail("{}: {} is not an object", source_, place);
      json entry = json::object();
      for (const char* field : kFields) {
        if (annotation.contains(field)) entry[field] = annotation[field];
      }
      name_instead(entry, "image_id", "file_name", files,
                   ids_.images == ImageIds::kByDataset || ids_.images == ImageIds::kNames);
      name_instead(entry, "category_id", "category_name", classes,
                   ids_.categories == CategoryIds::kByDataset);
      keys_.clear();
      for (const auto& [key, value] : annotation.items()) keys_.push_back(key);
      add(entry, place);
    }
    notes_.push_back("note: " + printable(source_) +
                     " is a data set with scores: its images and classes are joined by their names");
  }

  Results joined() {
    const auto images = images_.finish();
    std::vector<StatedResult> stated(images.size());
    for (size_t i = 0; i < images.size(); ++i) {
      detections_[i].image_id = store_.image(images[i]).id;
      stated[i] = {images[i], images_.numbers()[i], numbers_[i]};
    }
    if (!images_.note().empty()) notes_.push_back("note: " + images_.note());
    if (contradicted_ > 0) {
      notes_.push_back(
          fmt::format("note: classes are joined by category_name, which contradicts category_id in "
                      "{} of {} detections",
                      contradicted_, detections_.size()));
    }
    join_categories(detections_, store_, ids_.categories, source_, texts_);
    const ResultsInDoubt results{store_, detections_, stated, source_};
    require_scores(results);
    std::vector<std::string> warnings;
    if (ids_.boxes.order == BoxOrder::kByDataset) {
      // Negative sizes are refused, whatever else may be wrong with the boxes.
      require_sizes();
      require_coco_boxes(results, warnings);
    } else {
      read_boxes(images);
    }
    if (ids_.images == ImageIds::kByDataset) require_images(results, warnings);
    if (ids_.categories == CategoryIds::kByDataset) require_categories(results, warnings);
    const bool explained = !warnings.empty();
    for (auto& line : warnings) notes_.push_back(std::move(line));
    for (auto& line : doubts(results, explained)) notes_.push_back(std::move(line));
    return {std::move(detections_), std::move(notes_)};
  }

  void require_sizes() const {
    for (size_t i = 0; i < detections_.size(); ++i) {
      const auto& d = detections_[i];
      if (d.width >= 0 && d.height >= 0) continue;
      fail(
          "{}: results[{}] field 'bbox' has size {} x {}; it is [x, y, width, height] and sizes must not be "
          "negative",
          source_, i, d.width, d.height);
    }
  }

  /// Reads the boxes in the stated layout.
  void read_boxes(const std::vector<int64_t>& images) {
    for (size_t i = 0; i < detections_.size(); ++i) {
      auto& d = detections_[i];
      const auto size = store_.image(images[i]).size;
      const auto edges = box_of({d.x, d.y, d.width, d.height}, ids_.boxes, size);
      if (edges.x2 < edges.x1 || edges.y2 < edges.y1) {
        fail("{}: results[{}] field 'bbox' is [{}, {}, {}, {}], which as {} has a negative size; see --boxes",
             source_, i, d.x, d.y, d.width, d.height, in_words(ids_.boxes));
      }
      if (ids_.boxes == BoxLayout{BoxOrder::kXywh, BoxUnit::kPixels}) continue;  // Keeps all digits.
      d.x = edges.x1, d.y = edges.y1;
      d.width = edges.x2 - edges.x1, d.height = edges.y2 - edges.y1;
    }
  }

  /// Throws Error, listing the entry's fields, if a field and its alternative are missing.
  void require_there(const json& entry, const char* field, const char* other, const std::string& name) const {
    if (entry.contains(field) || (other && entry.contains(other))) return;
    fail("{}: {} has no field '{}'{}; its fields are {}", source_, name, field,
         other ? fmt::format(" (nor '{}')", other) : "", listed_in_quotes(keys_, 12));
  }

  void add(const json& entry, const std::string& name) {
    const data::JsonFields fields(entry, name, refuse_);
    require_there(entry, "image_id", "file_name", name);
    require_there(entry, "category_id", "category_name", name);
    require_there(entry, "bbox", nullptr, name);
    require_there(entry, "score", nullptr, name);
    // The getters report faults through refuse_, which throws, so their results always have a value.
    BoxDetection detection;
    images_.add(image_of(entry, fields), name);
    take_category(entry, fields, detection);
    const auto box = fields.numbers("bbox", 4).value();
    detection.x = box[0], detection.y = box[1], detection.width = box[2], detection.height = box[3];
    detection.score = fields.number("score").value();
    detections_.push_back(detection);
  }

  /// Takes the class by its name, if the file states one that the annotations have, otherwise by the id.
  void take_category(const json& entry, const data::JsonFields& fields, BoxDetection& detection) {
    std::optional<int64_t> named;
    const bool ids_alone = ids_.categories == CategoryIds::kAnnotations;
    if (!ids_alone && fields.has("category_name")) {
      named = category_of_name(store_, fields.text("category_name").value());
    }
    std::optional<int64_t> number;
    if (named && !fields.has("category_id")) {
      detection.category_id = *named;
    } else if (!entry.contains("category_id")) {
      if (texts_.unknown.empty()) texts_.unknown = fields.text("category_name").value();
      detection.category_id = kUnknownCategory;
    } else {
      const auto id = fields.id("category_id").value();
      detection.category_id = category_of(id);
      if (named) contradicted_ += detection.category_id != *named;
      if (!named && detection.category_id == kUnknownCategory && entry["category_id"].is_string()) {
        const auto& text = entry["category_id"].get_ref<const std::string&>();
        if (!ids_alone) named = category_of_name(store_, text);
        if (!named && texts_.unknown.empty()) texts_.unknown = text;
      }
      if (id.token.empty()) number = id.number;
    }
    if (named) detection.category_id = *named;
    texts_.by_name.push_back(named.has_value());
    numbers_.push_back(named ? std::nullopt : number);
  }

  static ImageReference image_of(const json& entry, const data::JsonFields& fields) {
    ImageReference reference;
    if (fields.has("file_name")) reference.file_name = fields.text("file_name").value();
    if (!reference.file_name || fields.has("image_id")) reference.id = fields.id("image_id").value();
    if (reference.id && entry["image_id"].is_string()) reference.text = entry["image_id"].get<std::string>();
    return reference;
  }

  // A category that the annotations do not have is not an error here: join_categories checks all of them.
  int64_t category_of(const data::StatedId& id) const {
    const auto& categories = store_.ids().categories;
    if (counts_classes(ids_.categories)) {
      const auto number = id.token.empty() ? std::optional(id) : data::EntryIds::other_writing(id);
      return number && number->token.empty() ? number->number : kUnknownCategory;
    }
    const auto known =
        categories.find(id, [&](int64_t number) { return known_categories_.contains(number); });
    if (known) return *known;
    // A number that stands in for one of the annotations' ids is not that id.
    const bool free = id.token.empty() && !categories.is_stand_in(id.number);
    return free ? id.number : kUnknownCategory;
  }

  std::string source_;
  data::IssueSink refuse_;
  const data::AnnotationStore& store_;
  ResultIds ids_;
  ImageJoin images_;
  std::unordered_set<int64_t> known_categories_;
  ReadFields fields_{kFields};
  RepeatedKeys repeated_;
  std::vector<std::string> keys_;  ///< Of the entry being read, for messages.
  CategoryTexts texts_;
  std::vector<std::optional<int64_t>> numbers_;  ///< `category_id` of each detection.
  size_t contradicted_ = 0;
  std::vector<std::string> notes_;
  std::vector<BoxDetection> detections_;
};

}  // namespace

Results read_results_json(const std::filesystem::path& path, const data::AnnotationStore& store,
                          const ResultIds& ids) {
  const std::string text = data::quote_unusual_numbers(data::read_text_file(path, kMaxBytes));
  return Reader(path, store, ids).read(text);
}

void write_results_json(const std::filesystem::path& path, std::span<const BoxDetection> detections,
                        const data::AnnotationStore& store) {
  // Positions change with the folder's content, so the file names are written, too.
  std::unordered_map<int64_t, std::string> names;
  for (int64_t i = 0; store.meaning().ids_are_places && i < store.size(); ++i) {
    names[store.image(i).id] =
        fmt::format("\"file_name\":{},",
                    json(store.image(i).file_name).dump(-1, ' ', false, json::error_handler_t::replace));
  }
  const auto& ids = store.ids();
  write_atomically(path, [&](std::ostream& out) {
    const char* separator = "[";
    for (const auto& d : detections) {
      const auto image = ids.images.json_of(d.image_id);
      if (d.category_id == kUnknownCategory) {
        fail(
            "{}: a detection in image {} has a category_id that the annotations do not have and that is not "
            "a 64-bit integer; nothing is written",
            path.string(), image);
      }
      for (const double number : {d.x, d.y, d.width, d.height, d.score}) {
        if (!std::isfinite(number)) {
          fail("{}: a detection in image {} has a number that is not finite; nothing is written",
               path.string(), image);
        }
      }
      const auto name = names.find(d.image_id);
      // fmt writes the shortest digits that read back as the same double.
      out << fmt::format("{}{{\"image_id\":{},{}\"category_id\":{},\"bbox\":[{},{},{},{}],\"score\":{}}}",
                         separator, image, name == names.end() ? "" : name->second,
                         ids.categories.json_of(d.category_id), d.x, d.y, d.width, d.height, d.score);
      separator = ",\n";
    }
    out << (detections.empty() ? "[]\n" : "]\n");
  });
}

}  // namespace focus::eval
