#include "data/coco/coco_writer.h"

#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "base/files.h"

namespace focus::data {
namespace {

// Boxes stated as fractions of the image size become numbers like 54.999999999; no annotation is that
// precise.
double tidy(double pixels) {
  constexpr double kLargest = 1e9;  // a larger double has no such digits to round
  return std::abs(pixels) < kLargest ? std::round(pixels * 1e6) / 1e6 : pixels;
}

std::string text_of(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Writes a list of a JSON file entry by entry, as the whole list in memory would need many times the file's
/// size. Fields are given as JSON text, since nlohmann::json has no number for ids beyond 64 bits.
class JsonList {
 public:
  using Field = std::pair<const char*, std::string>;

  JsonList(std::ostream& out, const char* name) : out_(out) { out_ << '"' << name << "\": ["; }
  void add(std::initializer_list<Field> fields) {
    out_ << (first_ ? "\n {" : ",\n {");
    first_ = false;
    const char* separator = "\"";
    for (const auto& [name, value] : fields) {
      out_ << separator << name << "\":" << value;
      separator = ",\"";
    }
    out_ << '}';
  }
  void end(const char* after) { out_ << ']' << after; }

 private:
  std::ostream& out_;
  bool first_ = true;
};

}  // namespace

void write_coco_split(const std::filesystem::path& folder, const std::string& split,
                      const AnnotationStore& store, const std::vector<std::string>& names,
                      WrittenBoxes& boxes, BoxDigits digits, const CocoExtras& extras) {
  const auto written = [&](double pixels) { return digits == BoxDigits::kAll ? pixels : tidy(pixels); };
  make_folder(folder / "annotations");
  const auto path = folder / "annotations" / ("instances_" + split + ".json");
  write_file(path, [&](std::ostream& out) {
    out << '{';
    if (!extras.info.empty()) out << "\"info\": " << extras.info << ",\n";
    const DatasetIds& ids = store.ids();
    JsonList images(out, "images");
    for (int64_t i = 0; i < store.size(); ++i) {
      const auto& image = store.image(i);
      images.add({{"id", ids.images.json_of(image.id)},
                  {"file_name", text_of(names.at(static_cast<size_t>(i)))},
                  {"width", text_of(image.size.width)},
                  {"height", text_of(image.size.height)}});
    }
    images.end(",\n");
    JsonList annotations(out, "annotations");
    for (int64_t i = 0; i < store.size(); ++i) {
      for (const auto& box : store.annotations(i)) {
        const auto& category = store.categories().at(static_cast<size_t>(box.label));
        annotations.add(
            {{"id", ids.annotations.json_of(box.id)},
             {"image_id", ids.images.json_of(store.image(i).id)},
             {"category_id", ids.categories.json_of(category.id)},
             {"bbox", text_of({written(box.x), written(box.y), written(box.width), written(box.height)})},
             {"area", text_of(written(box.area))},
             {"iscrowd", box.crowd ? "1" : "0"}});
        ++boxes.written;
      }
    }
    annotations.end(",\n");
    JsonList categories(out, "categories");
    for (const auto& category : store.categories()) {
      const JsonList::Field id{"id", ids.categories.json_of(category.id)},
          name{"name", text_of(category.name)};
      if (extras.supercategory.empty()) {
        categories.add({id, name});
      } else {
        categories.add({id, name, {"supercategory", text_of(extras.supercategory)}});
      }
    }
    categories.end("}\n");
  });
}

}  // namespace focus::data
