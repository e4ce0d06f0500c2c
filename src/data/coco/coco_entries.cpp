#include "data/coco/coco_entries.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "base/human.h"
#include "data/outline.h"
#include "images/limits.h"

namespace focus::data {
namespace {

using nlohmann::json;

// Optional fields of an annotation.
constexpr const char* kOptional[] = {"bbox", "area", "iscrowd", "segmentation"};
// Beyond this, numbers that are held as doubles are rounded.
constexpr int64_t kExactInDouble = int64_t{1} << 53;

}  // namespace

void CocoEntries::add(const std::string& list, const json& entry) {
  Section& section = list == "categories" ? categories_ : list == "images" ? images_ : annotations_;
  const std::string place = fmt::format("{}[{}]", list, section.entries++);
  const auto id = JsonFields(entry, place, report_).id("id");
  if (!id) return;
  const JsonFields fields(entry, fmt::format("{} {}", section.singular, shown(*id)), report_,
                          TextNumbers::kRead);
  const auto own = new_id(*id, fields, section);
  if (!own) return;
  if (&section == &categories_) add_category(*own, fields);
  if (&section == &images_) add_image(*own, fields);
  if (&section == &annotations_) add_annotation(*own, fields);
}

AnnotationEntries CocoEntries::finish() {
  settle_namesakes();
  // A model file holds the ids of its classes as numbers only: "1" becomes 1.
  categories_.ids.settle(true);
  images_.ids.settle(false);
  annotations_.ids.settle(false);
  auto& categories = file_.categories;
  for (auto& category : categories) category.id = categories_.ids.settled(category.id);
  std::sort(categories.begin(), categories.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::unordered_map<int64_t, size_t> label_of, index_of;
  for (size_t i = 0; i < categories.size(); ++i) label_of.emplace(categories[i].id, i);
  for (size_t i = 0; i < file_.images.size(); ++i) {
    file_.images[i].id = images_.ids.settled(file_.images[i].id);
    index_of.emplace(file_.images[i].id, i);
  }
  file_.annotations.resize(file_.images.size());
  for (auto& pending : pending_) {
    const auto image = referred("image", pending, pending.image_id, images_);
    const auto category = referred("category", pending, pending.category_id, categories_);
    const auto label = category ? label_of.find(*category) : label_of.end();
    const auto index = image ? index_of.find(*image) : index_of.end();
    if (label == label_of.end() || index == index_of.end()) continue;
    const auto& stated = file_.images[index->second].size;
    if (pending.mask.height > 0 && stated.height > 0 && !(pending.mask == stated)) {
      report_(
          {IssueKind::kWrongType,
           fmt::format("annotation {}", shown(annotations_.ids.stated(pending.box.id))),
           fmt::format("field 'segmentation' is a mask of 'size' [{}, {}], but its image has height {} and "
                       "width {}; masks state height, then width, of the whole image",
                       pending.mask.height, pending.mask.width, stated.height, stated.width)});
      continue;
    }
    pending.box.id = annotations_.ids.settled(pending.box.id);
    pending.box.label = static_cast<int64_t>(label->second);
    file_.annotations[index->second].push_back(pending.box);
  }
  file_.ids = {images_.ids.take(), categories_.ids.take(), annotations_.ids.take()};
  return std::move(file_);
}

void CocoEntries::settle_namesakes() {
  auto& categories = file_.categories;
  std::unordered_map<std::string, std::vector<int64_t>> by_name;
  for (const auto& category : categories) by_name[category.name].push_back(category.id);
  if (by_name.size() == categories.size()) return;
  std::unordered_set<int64_t> used, dropped;
  for (const auto& pending : pending_) {
    used.insert(pending.category_id);
    const auto other = EntryIds::other_writing(categories_.ids.stated(pending.category_id));
    if (other) used.insert(categories_.ids.provisional(*other));
  }
  const auto name_of_id = [&](int64_t id) { return shown(categories_.ids.stated(id)); };
  for (const auto& category : categories) {
    const auto& ids = by_name[category.name];
    if (ids.size() < 2 || category.id != ids.front()) continue;
    const auto kept = std::find_if(ids.begin(), ids.end(), [&](int64_t id) { return used.contains(id); });
    const int64_t first = kept == ids.end() ? ids.back() : *kept;
    for (const int64_t id : ids) {
      if (id == first) continue;
      const auto entry = fmt::format("category {}", name_of_id(id));
      if (used.contains(id)) {
        report_({IssueKind::kSameClassName, entry,
                 fmt::format("has the name {}, as does category {}, and both have boxes; classes are told "
                             "apart by their names: rename one, or give all these boxes the same category_id",
                             in_quotes(category.name), name_of_id(first))});
      } else {
        report_({IssueKind::kLeftOut, entry,
                 fmt::format("has the name {}, as does category {}, but no box; it is left out",
                             in_quotes(category.name), name_of_id(first))});
        dropped.insert(id);
      }
    }
  }
  std::erase_if(categories, [&](const Category& category) { return dropped.contains(category.id); });
}

std::optional<int64_t> CocoEntries::referred(const char* what, const PendingAnnotation& pending, int64_t id,
                                             Section& section) {
  if (section.ids.claimed(id)) return section.ids.settled(id);
  const auto entry = fmt::format("annotation {}", shown(annotations_.ids.stated(pending.box.id)));
  const StatedId stated = section.ids.stated(id);
  const auto other = EntryIds::other_writing(stated);
  if (other && section.ids.claimed(section.ids.provisional(*other))) {
    report_({IssueKind::kOtherIdType, entry,
             fmt::format("field '{}_id' is {}, which is read as the {} with the id {}", what, shown(stated),
                         what, shown(*other))});
    return section.ids.settled(section.ids.provisional(*other));
  }
  report_({std::strcmp(what, "image") == 0 ? IssueKind::kUnknownImage : IssueKind::kUnknownCategory, entry,
           fmt::format("field '{}_id' is {}, but no {} has that id", what, shown(stated), what)});
  return {};
}

std::optional<int64_t> CocoEntries::new_id(const StatedId& id, const JsonFields& fields, Section& section) {
  const int64_t provisional = section.ids.provisional(id);
  if (!section.ids.claim(provisional)) {
    fields.report(IssueKind::kDuplicateId,
                  fmt::format("field 'id' is {}, which an earlier entry has", shown(id)));
    return {};
  }
  if (id.token.starts_with('"')) {
    fields.report(IssueKind::kTextId, "field 'id' is text; it is kept as it is");
  } else if (!id.token.empty() || id.number > kExactInDouble || id.number < -kExactInDouble) {
    fields.report(IssueKind::kLongId,
                  "field 'id' is more than 2^53; it is kept exactly, but programs that hold numbers as "
                  "doubles round it");
  }
  // pycocotools keeps ids as floating point numbers, so the text "0" is 0, too.
  const bool zero = id.token.empty() ? id.number == 0 : id.token == "\"0\"";
  if (&section == &annotations_ && zero) {
    fields.report(IssueKind::kIdZero,
                  "field 'id' is 0, which pycocotools reads as \"not matched\": its AP counts this box as "
                  "missed, ours does not; count ids from 1");
  }
  return provisional;
}

void CocoEntries::add_category(int64_t id, const JsonFields& fields) {
  if (const auto name = fields.name("name")) file_.categories.push_back({id, *name});
}

void CocoEntries::add_image(int64_t id, const JsonFields& fields) {
  const auto name = fields.text("file_name");
  if (!name) return;
  const auto unsized = [&] {
    fields.report(IssueKind::kMeasured, "has no 'width' and 'height'; its size is read from the image file");
    file_.images.push_back({id, *name, {}});
  };
  if (!fields.has("width") || !fields.has("height")) return unsized();
  const auto width = fields.integer("width");
  const auto height = width ? fields.integer("height") : std::nullopt;
  if (!height) return;
  if (*width == 0 && *height == 0) return unsized();
  if (!images::possible_size(*height, *width)) {
    return fields.report(
        IssueKind::kBadImageSize,
        fmt::format(
            "fields 'width' and 'height' are {} and {}; they must be at least 1 and at most {} pixels",
            *width, *height, images::kMaxPixels));
  }
  file_.images.push_back({id, *name, {*height, *width}});
}

void CocoEntries::add_annotation(int64_t id, const JsonFields& fields) {
  const auto image = fields.id("image_id");
  const auto category = image ? fields.id("category_id") : std::nullopt;
  nn::ImageSize mask;
  auto box = category ? box_of(fields, mask) : std::nullopt;
  if (!box) return;
  box->id = id;
  if (fields.has("area")) {
    const auto area = fields.number("area");
    if (!area) return;
    if (*area < 0) {
      return fields.report(IssueKind::kNegativeSize, fmt::format("field 'area' is {}", *area));
    }
    box->area = *area;
  }
  if (fields.has("iscrowd")) {
    const auto crowd = fields.flag("iscrowd");
    if (!crowd) return;
    box->crowd = *crowd;
  }
  for (const char* field : kOptional) {
    if (!fields.is_blank(field)) continue;
    fields.report(IssueKind::kBlankField, fmt::format("field '{}' is {}: treated as missing", field,
                                                      fields.value(field).is_null() ? "null" : "empty text"));
  }
  pending_.push_back({*box, images_.ids.provisional(*image), categories_.ids.provisional(*category), mask});
}

std::optional<Annotation> CocoEntries::box_of(const JsonFields& fields, nn::ImageSize& mask) {
  const bool no_box =
      !fields.has("bbox") || (fields.value("bbox").is_array() && fields.value("bbox").empty());
  const auto& outline = fields.value("segmentation");
  const bool outlined = fields.has("segmentation") && !outline.empty();
  if (no_box && outlined) return box_around(outline, fields, mask);
  const auto bbox = fields.numbers("bbox", 4);
  if (!bbox) return {};
  Annotation box{.x = (*bbox)[0], .y = (*bbox)[1], .width = (*bbox)[2], .height = (*bbox)[3]};
  if (box.width < 0 || box.height < 0) {
    fields.report(IssueKind::kNegativeSize,
                  fmt::format("field 'bbox' has size {} x {}; it is [x, y, width, height] and sizes must not "
                              "be negative",
                              box.width, box.height));
    return {};
  }
  // Some exports of outlines write zeros for boxes that they do not know.
  const bool zeros = std::all_of(bbox->begin(), bbox->end(), [](double number) { return number == 0; });
  std::string none;
  if (zeros && outlined && bounds_of_outline(outline, none)) return box_around(outline, fields, mask);
  box.area = box.width * box.height;
  return box;
}

std::optional<Annotation> CocoEntries::box_around(const json& outline, const JsonFields& fields,
                                                  nn::ImageSize& mask) {
  std::string fault;
  const auto bounds = bounds_of_outline(outline, fault);
  if (!bounds) {
    fields.report(IssueKind::kWrongType,
                  fmt::format("has no box in 'bbox', and field 'segmentation' {}; give one of them", fault));
    return {};
  }
  const json& first = outline.is_array() ? outline.front() : outline;
  if (first.is_object()) {
    const auto& size = first["size"];
    mask = {size[0].get<int64_t>(), size[1].get<int64_t>()};
  }
  fields.report(IssueKind::kBoxOfOutline,
                fmt::format("has no box; the box around its outline is used, {}, {}, {} x {}", bounds->x,
                            bounds->y, bounds->width, bounds->height));
  return bounds;
}

}  // namespace focus::data
