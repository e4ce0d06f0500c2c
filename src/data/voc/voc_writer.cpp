#include "data/voc/voc_writer.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <pugixml.hpp>

#include "base/files.h"

namespace focus::data {
namespace {

void set(pugi::xml_node node, const char* field, const std::string& text) {
  node.append_child(field).text().set(text.c_str());
}

void set(pugi::xml_node node, const char* field, int64_t number) { set(node, field, std::to_string(number)); }

/// The whole pixels between two edges, counted from 1, including the last.
struct PixelRange {
  int64_t first = 1, last = 1;
};

PixelRange pixels_between(double begin, double end, int64_t size, bool& rounded) {
  const int64_t left = std::min(static_cast<int64_t>(std::llround(begin)), size - 1);
  const int64_t right = std::max(static_cast<int64_t>(std::llround(end)), left + 1);
  constexpr double kSame = 1e-6;
  rounded = rounded || std::abs(static_cast<double>(left) - begin) > kSame ||
            std::abs(static_cast<double>(right) - end) > kSame;
  return {left + 1, right};
}

void append_object(pugi::xml_node root, const Annotation& box, const std::string& name, nn::ImageSize size,
                   WrittenBoxes& boxes) {
  bool rounded = false;
  const auto x = pixels_between(box.x, box.x + box.width, size.width, rounded);
  const auto y = pixels_between(box.y, box.y + box.height, size.height, rounded);
  boxes.rounded += rounded;
  auto object = root.append_child("object");
  set(object, "name", name);
  set(object, "difficult", box.crowd);
  auto corners = object.append_child("bndbox");
  set(corners, "xmin", x.first);
  set(corners, "ymin", y.first);
  set(corners, "xmax", x.last);
  set(corners, "ymax", y.last);
}

}  // namespace

void write_voc_split(const std::filesystem::path& folder, const std::string& split,
                     const AnnotationStore& store, const std::vector<std::string>& names,
                     WrittenBoxes& boxes) {
  make_folder(folder / "Annotations");
  make_folder(folder / "ImageSets" / "Main");
  std::string list;
  for (int64_t i = 0; i < store.size(); ++i) {
    const auto& name = names.at(static_cast<size_t>(i));
    const auto stem = std::filesystem::path(name).stem().string();
    const auto size = store.image(i).size;
    list += stem + '\n';
    pugi::xml_document document;
    auto root = document.append_child("annotation");
    set(root, "filename", name);
    // Marks the corners as the kit's, since many programs write others in this format.
    set(root.append_child("source"), "annotation", "PASCAL VOC");
    auto stated = root.append_child("size");
    set(stated, "width", size.width);
    set(stated, "height", size.height);
    set(stated, "depth", 3);
    for (const auto& box : store.annotations(i)) {
      const auto inside = writable_box(box, size, boxes);
      if (!inside) continue;
      append_object(root, *inside, store.categories().at(static_cast<size_t>(box.label)).name, size, boxes);
    }
    write_file(folder / "Annotations" / (stem + ".xml"), [&](std::ostream& out) {
      document.save(out, "  ", pugi::format_default | pugi::format_no_declaration);
    });
  }
  write_file(folder / "ImageSets" / "Main" / (split + ".txt"), [&](std::ostream& out) { out << list; });
}

std::filesystem::path voc_image_folder(const std::filesystem::path& folder, const std::string& /*split*/) {
  return folder / "JPEGImages";
}

void write_voc_classes(const std::filesystem::path& folder, const std::vector<std::string>& /*splits*/,
                       const std::vector<Category>& categories) {
  write_file(folder / "labels.txt", [&](std::ostream& out) {
    for (const auto& category : categories) out << category.name << '\n';
  });
}

}  // namespace focus::data
