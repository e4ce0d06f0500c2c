#include "data/kitti/kitti_writer.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <map>
#include <ostream>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "data/kitti/kitti_labels.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

fs::path part_of(const fs::path& folder, const std::string& split) {
  return folder / (split == "test" ? "testing" : "training");
}

/// The class names for label files, in order, without spaces, since these separate columns.
std::vector<std::string> written_classes(const std::vector<Category>& categories) {
  std::map<std::string, std::string> taken;
  std::vector<std::string> names;
  for (const auto& category : categories) {
    std::string name = category.name;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == ' ' || c == '\t'; }, '_');
    const auto [entry, fresh] = taken.emplace(name, category.name);
    if (!fresh) {
      fail("the classes {} and {} would both be {} in KITTI's format, whose names have no spaces; rename one",
           in_quotes(entry->second), in_quotes(category.name), in_quotes(name));
    }
    names.push_back(std::move(name));
  }
  return names;
}

std::string label_text(std::string_view type, const Annotation& box) {
  // KITTI's values for "not known": truncated, occluded and alpha before the box; size, location and
  // rotation after it.
  return fmt::format("{} -1 -1 -10 {:.9g} {:.9g} {:.9g} {:.9g} -1 -1 -1 -1000 -1000 -1000 -10\n", type, box.x,
                     box.y, box.x + box.width, box.y + box.height);
}

/// Crowds by their boxes, with their classes.
using Regions = std::map<std::array<double, 4>, std::set<int64_t>>;

std::array<double, 4> place_of(const Annotation& box) { return {box.x, box.y, box.width, box.height}; }

}  // namespace

fs::path kitti_image_folder(const fs::path& folder, const std::string& split) {
  return part_of(folder, split) / "image_2";
}

void write_kitti_split(const fs::path& folder, const std::string& split, const AnnotationStore& store,
                       const std::vector<std::string>& names, WrittenBoxes& boxes) {
  const auto classes = written_classes(store.categories());
  boxes.classes_renamed = 0;
  for (size_t i = 0; i < classes.size(); ++i) {
    boxes.classes_renamed += classes[i] != store.categories()[i].name;
  }
  const auto labels = part_of(folder, split) / "label_2";
  make_folder(labels);
  make_folder(folder / "ImageSets");
  std::string list;
  for (int64_t i = 0; i < store.size(); ++i) {
    const auto size = store.image(i).size;
    const auto stem = fs::path(names.at(static_cast<size_t>(i))).stem().string();
    list += stem + '\n';
    Regions regions;
    for (const auto& box : store.annotations(i)) {
      if (box.crowd) regions[place_of(box)].insert(box.label);
    }
    std::string text;
    for (const auto& box : store.annotations(i)) {
      const bool first = !box.crowd || *regions[place_of(box)].begin() == box.label;
      if (!first) continue;
      const auto inside = writable_box(box, size, boxes);
      if (!inside) continue;
      text += label_text(box.crowd ? kDontCare : classes.at(static_cast<size_t>(box.label)), *inside);
      boxes.crowds_of_any_class += box.crowd && regions[place_of(box)].size() < classes.size();
    }
    write_file(labels / (stem + ".txt"), [&](std::ostream& out) { out << text; });
  }
  write_file(folder / "ImageSets" / (split + ".txt"), [&](std::ostream& out) { out << list; });
}

void write_kitti_classes(const fs::path& folder, const std::vector<std::string>& /*splits*/,
                         const std::vector<Category>& categories) {
  write_file(folder / "labels.txt", [&](std::ostream& out) {
    for (const auto& name : written_classes(categories)) out << name << '\n';
  });
}

}  // namespace focus::data
