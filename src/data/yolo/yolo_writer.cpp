#include "data/yolo/yolo_writer.h"

#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "base/files.h"

namespace focus::data {
namespace {

// Nine digits are precise to a ten-thousandth of a pixel in the widest image.
std::string label_line(const Annotation& box, nn::ImageSize size) {
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  return fmt::format("{} {:.9g} {:.9g} {:.9g} {:.9g}\n", box.label, (box.x + box.width / 2) / width,
                     (box.y + box.height / 2) / height, box.width / width, box.height / height);
}

}  // namespace

void write_yolo_labels(const std::filesystem::path& folder, const std::string& split,
                       const AnnotationStore& store, const std::vector<std::string>& names,
                       WrittenBoxes& boxes) {
  const auto labels = folder / "labels" / split;
  make_folder(labels);
  for (int64_t i = 0; i < store.size(); ++i) {
    const auto size = store.image(i).size;
    std::string text;
    for (const auto& box : store.annotations(i)) {
      if (box.crowd) {
        ++boxes.crowds_left_out;
      } else if (const auto inside = writable_box(box, size, boxes)) {
        text += label_line(*inside, size);
      }
    }
    const auto name = std::filesystem::path(names.at(static_cast<size_t>(i))).replace_extension(".txt");
    write_file(labels / name, [&](std::ostream& out) { out << text; });
  }
}

void write_yolo_config(const std::filesystem::path& folder, const std::vector<std::string>& splits,
                       const std::vector<Category>& categories) {
  write_file(folder / "data.yaml", [&](std::ostream& out) {
    for (const auto& split : splits) out << split << ": images/" << split << '\n';
    out << "nc: " << categories.size() << "\nnames:\n";
    // A JSON string is also valid YAML, whatever characters it holds.
    for (size_t i = 0; i < categories.size(); ++i) {
      out << "  " << i << ": "
          << nlohmann::json(categories[i].name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
          << '\n';
    }
  });
}

}  // namespace focus::data
