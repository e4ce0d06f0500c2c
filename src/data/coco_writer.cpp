#include "data/coco_writer.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/files.h"

namespace focus::data {
namespace {

// Fractions of a picture's size come back as 54.999999999; nobody annotates that finely.
double tidy(double pixels) { return std::round(pixels * 1e6) / 1e6; }

/// A list of a JSON file, entry by entry: as a whole it would need many times the file's size.
class JsonList {
 public:
  JsonList(std::ostream& out, const char* name) : out_(out) { out_ << '"' << name << "\": ["; }
  void add(const nlohmann::json& entry) {
    out_ << (first_ ? "\n " : ",\n ") << entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    first_ = false;
  }
  void end(const char* after) { out_ << ']' << after; }

 private:
  std::ostream& out_;
  bool first_ = true;
};

}  // namespace

void write_coco_split(const std::filesystem::path& folder, const std::string& split,
                      const AnnotationStore& store, const std::vector<std::string>& names,
                      WrittenBoxes& boxes, BoxDigits digits) {
  const auto written = [&](double pixels) { return digits == BoxDigits::kAll ? pixels : tidy(pixels); };
  make_folder(folder / "annotations");
  const auto path = folder / "annotations" / ("instances_" + split + ".json");
  write_file(path, [&](std::ostream& out) {
    out << '{';
    JsonList images(out, "images");
    for (int64_t i = 0; i < store.size(); ++i) {
      const auto& image = store.image(i);
      images.add({{"id", image.id},
                  {"file_name", names.at(static_cast<size_t>(i))},
                  {"width", image.size.width},
                  {"height", image.size.height}});
    }
    images.end(",\n");
    JsonList annotations(out, "annotations");
    for (int64_t i = 0; i < store.size(); ++i) {
      for (const auto& box : store.annotations(i)) {
        annotations.add({{"id", box.id},
                         {"image_id", store.image(i).id},
                         {"category_id", store.categories().at(static_cast<size_t>(box.label)).id},
                         {"bbox", {written(box.x), written(box.y), written(box.width), written(box.height)}},
                         {"area", written(box.area)},
                         {"iscrowd", box.crowd ? 1 : 0}});
        ++boxes.written;
      }
    }
    annotations.end(",\n");
    JsonList categories(out, "categories");
    for (const auto& category : store.categories()) {
      categories.add({{"id", category.id}, {"name", category.name}});
    }
    categories.end("}\n");
  });
}

}  // namespace focus::data
