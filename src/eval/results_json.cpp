#include "eval/results_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "base/repeated_keys.h"
#include "data/json_fields.h"

namespace focus::eval {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxBytes = uint64_t{4} << 30;
constexpr int kMaxDepth = 32;  // segmentations, which are skipped, nest a few levels
constexpr const char* kFields[] = {"image_id", "file_name", "category_id", "bbox", "score"};

class Reader {
 public:
  Reader(const std::filesystem::path& path, const data::AnnotationStore& store, const ResultIds& ids)
      : source_(path.string()),
        refuse_([this](const data::Issue& issue) { fail("{}: {} {}", source_, issue.entry, issue.text); }),
        store_(store),
        ids_(ids),
        pictures_(store, ids.images, source_) {
    for (const auto& category : store.categories()) known_categories_.insert(category.id);
  }

  Results read(const std::string& text) {
    json root;
    try {
      // Entries are handed over and dropped as soon as they are complete: the tree of a large file would need
      // several times its size.
      root = json::parse(text, [this](int depth, json::parse_event_t event, json& parsed) {
        return on_event(depth, event, parsed);
      });
    } catch (const json::exception& error) {
      fail("{}: is not JSON: {}", source_, in_quotes(error.what()));
    }
    if (!root.is_array()) fail("{}: is a JSON {}, not a list of results", source_, root.type_name());
    const auto pictures = pictures_.finish();
    for (size_t i = 0; i < pictures.size(); ++i) detections_[i].image_id = store_.image(pictures[i]).id;
    join_categories(detections_, store_, ids_.categories, source_);
    return {std::move(detections_), pictures_.note()};
  }

 private:
  bool on_event(int depth, json::parse_event_t event, json& parsed) {
    using Event = json::parse_event_t;
    if (depth > kMaxDepth)
      fail("{}: is nested deeper than the {} levels of any results file", source_, kMaxDepth);
    if (event == Event::object_start && depth == 0) {
      fail("{}: is a JSON object, not a list of results; is it a file of annotations?", source_);
    }
    if ((event == Event::array_start || event == Event::value) && depth == 1) {
      fail("{}: results[{}] is not an object with the fields image_id, category_id, bbox and score", source_,
           detections_.size());
    }
    if (event == Event::object_start && depth == 1) fields_.begin_object();
    if (event == Event::key && depth == 2) {
      const auto& name = parsed.get_ref<const std::string&>();
      const auto key = fields_.take(name);
      if (key == ReadFields::Key::kRepeated) {
        fail("{}: results[{}] has the field '{}' twice; keep one", source_, detections_.size(), name);
      }
      return key != ReadFields::Key::kNotRead;
    }
    if (event != Event::object_end || depth != 1) return true;
    add(parsed);
    return false;
  }

  void add(const json& entry) {
    const auto name = fmt::format("results[{}]", detections_.size());
    const data::JsonFields fields(entry, name, refuse_);
    // The getters report what is wrong through refuse_, which throws: behind them there is always a value.
    BoxDetection detection;
    pictures_.add(picture_of(entry, fields), name);
    detection.category_id = category_of(fields.id("category_id").value());
    const auto box = fields.numbers("bbox", 4).value();
    detection.x = box[0], detection.y = box[1], detection.width = box[2], detection.height = box[3];
    if (detection.width < 0 || detection.height < 0) {
      fail("{}: {} field 'bbox' has size {} x {}; it is [x, y, width, height] and sizes must not be negative",
           source_, name, detection.width, detection.height);
    }
    detection.score = fields.number("score").value();
    detections_.push_back(detection);
  }

  static PictureReference picture_of(const json& entry, const data::JsonFields& fields) {
    PictureReference reference;
    if (fields.has("file_name")) reference.file_name = fields.text("file_name").value();
    if (!reference.file_name || fields.has("image_id")) reference.id = fields.id("image_id").value();
    if (reference.id && entry["image_id"].is_string()) reference.text = entry["image_id"].get<std::string>();
    return reference;
  }

  // A category the annotations do not have is no error here: join_categories looks at all of them.
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
  PictureJoin pictures_;
  std::unordered_set<int64_t> known_categories_;
  ReadFields fields_{kFields};
  std::vector<BoxDetection> detections_;
};

}  // namespace

Results read_results_json(const std::filesystem::path& path, const data::AnnotationStore& store,
                          const ResultIds& ids) {
  const std::string text = data::quote_unusual_numbers(read_file(path, kMaxBytes));
  return Reader(path, store, ids).read(text);
}

void write_results_json(const std::filesystem::path& path, std::span<const BoxDetection> detections,
                        const data::AnnotationStore& store) {
  // Places change with the folder's content; the names tell whose they were.
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
            "{}: a detection in image {} has a category_id that the annotations do not have and that is no "
            "64-bit integer; nothing is written",
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
