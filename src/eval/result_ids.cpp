#include "eval/result_ids.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/human.h"
#include "base/numbers.h"

namespace focus::eval {
namespace {

constexpr const char* kChooseImages =
    "use --image-ids names to join by file names, --image-ids annotations to join by ids";
constexpr const char* kChooseCategories =
    "use --category-ids from-zero or from-one if they count the classes in their order, --category-ids "
    "annotations if they are right as they are";

std::string with_slashes(std::string name) {
  std::replace(name.begin(), name.end(), '\\', '/');
  return name;
}

std::string file_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string stem_of(const std::string& path) { return std::filesystem::path(file_of(path)).stem().string(); }

/// The number of a text of digits, also with leading zeros, as Python's int() reads text that str.isnumeric()
/// accepts.
std::optional<int64_t> number_of_digits(const std::string& text) {
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? parse_number<int64_t>(text) : std::nullopt;
}

template <typename Key>
void note_place(std::unordered_map<Key, int64_t>& map, const Key& key, int64_t index) {
  const auto [place, fresh] = map.emplace(key, index);
  if (!fresh) place->second = ImageNames::kSeveral;
}

template <typename Key>
int64_t place_of(const std::unordered_map<Key, int64_t>& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? ImageNames::kNone : found->second;
}

}  // namespace

ImageNames::ImageNames(const data::AnnotationStore& store) : stated_(store.ids().images) {
  for (int64_t i = 0; i < store.size(); ++i) {
    const auto path = with_slashes(store.image(i).file_name);
    const auto stem = stem_of(path);
    ids_.emplace(store.image(i).id, i);
    note_place(paths_, path, i);
    note_place(files_, file_of(path), i);
    note_place(stems_, stem, i);
    if (const auto number = number_of_digits(stem)) note_place(numbers_, *number, i);
  }
}

int64_t ImageNames::by_id(const data::StatedId& id) const {
  const auto found = stated_.find(id, [&](int64_t number) { return ids_.contains(number); });
  return found ? place_of(ids_, *found) : kNone;
}

int64_t ImageNames::by_file(std::string name) const {
  name = with_slashes(std::move(name));
  const auto whole = place_of(paths_, name);
  return whole == kNone ? place_of(files_, file_of(name)) : whole;
}

int64_t ImageNames::by_stem(const std::string& stem) const { return place_of(stems_, stem); }

int64_t ImageNames::by_number(int64_t number) const { return place_of(numbers_, number); }

ImageJoin::ImageJoin(const data::AnnotationStore& store, ImageIds ids, std::string source)
    : store_(store), ids_(ids), source_(std::move(source)), names_(store) {}

void ImageJoin::refuse(const std::string& entry, const std::string& what) const {
  fail("{}: {} {}", source_, entry, what);
}

int64_t ImageJoin::known(int64_t index, const std::string& what, const std::string& entry) const {
  if (index == ImageNames::kNone) {
    refuse(entry, what + ", but the annotations have no such image; are they of another split?");
  }
  if (index == ImageNames::kSeveral) refuse(entry, what + ", and the annotations have several such images");
  return index;
}

int64_t ImageJoin::known_number(std::optional<int64_t> number, const std::string& what,
                                const std::string& entry) const {
  const auto index = number ? names_.by_number(*number) : ImageNames::kNone;
  if (index == ImageNames::kNone && number == 0 && store_.size() > 0) {
    refuse(entry, fmt::format("{}, and no image of the annotations is named by that number; if it is a "
                              "position among the {} images counted from 0, use --image-ids from-zero",
                              what, store_.size()));
  }
  return known(index, what, entry);
}

int64_t ImageJoin::by_name(const ImageReference& reference, const std::string& entry) const {
  if (reference.file_name) {
    return known(names_.by_file(*reference.file_name),
                 fmt::format("field 'file_name' is {}", in_quotes(*reference.file_name)), entry);
  }
  const auto what = fmt::format("field 'image_id' is {}", data::shown(*reference.id));
  if (reference.text) {
    const auto whole = names_.by_file(*reference.text);
    return known(whole == ImageNames::kNone ? names_.by_stem(*reference.text) : whole, what, entry);
  }
  const auto number = reference.number();
  return known_number(number, what, entry);
}

int64_t ImageJoin::by_own_id(const ImageReference& reference, const std::string& entry) const {
  if (!reference.id) return by_name(reference, entry);
  const auto what = fmt::format("field 'image_id' is {}", data::shown(*reference.id));
  auto index = names_.by_id(*reference.id);
  const auto number = reference.number();
  const bool names_count = ids_ != ImageIds::kAnnotations;
  if (index == ImageNames::kNone && names_count && reference.text) return by_name(reference, entry);
  const auto named = reference.file_name ? names_.by_file(*reference.file_name) : ImageNames::kNone;
  if (index == ImageNames::kNone && named >= 0 && names_count) {
    refuse(entry,
           fmt::format("{}, which no image of the annotations has, and field 'file_name' {}, which one "
                       "has; {}",
                       what, in_quotes(*reference.file_name), kChooseImages));
  }
  if (index == ImageNames::kNone && number && names_count && !reference.file_name) {
    if (const auto file = names_.by_number(*number); file >= 0) {
      refuse(entry,
             fmt::format("{}, which no image of the annotations has as its id, but {} is named by that "
                         "number; use --image-ids names to join by file names",
                         what, in_quotes(store_.image(file).file_name)));
    }
    if (*number >= 0 && *number <= store_.size()) {
      refuse(entry, fmt::format("{}, which no image of the annotations has as its id; if it is a position "
                                "among the {} images, use --image-ids from-zero or from-one",
                                what, store_.size()));
    }
  }
  index = known(index, what, entry);
  if (!reference.file_name || !names_count || named == index) return index;
  const auto& own = store_.image(index).file_name;
  if (stem_of(with_slashes(*reference.file_name)) == stem_of(with_slashes(own))) return index;
  refuse(entry, fmt::format("{} and field 'file_name' {}, but that image of the annotations is {}; {}", what,
                            in_quotes(*reference.file_name), in_quotes(own), kChooseImages));
}

int64_t ImageJoin::by_name_where_ids_are_places(const ImageReference& reference,
                                                const std::string& entry) const {
  const auto index = by_name(reference, entry);
  const auto number = reference.number();
  if (!number || !reference.file_name) return index;
  const auto& image = store_.image(index);
  if (*number == image.id || number_of_digits(stem_of(image.file_name)) == number) return index;
  refuse(entry, fmt::format("field 'image_id' is {}, which is neither the position ({}) nor the number of "
                            "field 'file_name', {}; {}",
                            *number, image.id, in_quotes(*reference.file_name), kChooseImages));
}

int64_t ImageJoin::by_place(const ImageReference& reference, const std::string& entry) const {
  const int64_t first = ids_ == ImageIds::kFromZero ? 0 : 1;
  const auto number = reference.number();
  if (number && *number >= first && *number < first + store_.size()) return *number - first;
  refuse(entry, fmt::format("{}, but {} images counted from {} end at {}",
                            reference.id ? fmt::format("field 'image_id' is {}", data::shown(*reference.id))
                                         : std::string("has no field 'image_id'"),
                            store_.size(), first, first + store_.size() - 1));
}

void ImageJoin::take(int64_t index, std::optional<int64_t> number) {
  found_.push_back(index);
  numbers_.push_back(number);
}

void ImageJoin::add(const ImageReference& reference, const std::string& entry) {
  if (ids_ == ImageIds::kNames) return take(by_name(reference, entry));
  if (ids_ == ImageIds::kFromZero || ids_ == ImageIds::kFromOne) return take(by_place(reference, entry));
  const bool places = store_.meaning().ids_are_places && ids_ == ImageIds::kByDataset;
  if (!places) {
    return take(by_own_id(reference, entry), reference.file_name ? std::nullopt : reference.number());
  }
  const auto number = reference.number();
  if (reference.file_name || !number) {
    note_ = "images are joined by their file names: ids of this data set are positions in a list";
    return take(by_name_where_ids_are_places(reference, entry));
  }
  if (names_.by_id(*reference.id) == ImageNames::kNone) {
    known_number(number, fmt::format("field 'image_id' is {}", *number), entry);
  }
  open_.emplace_back(found_.size(), *number);
  take(ImageNames::kNone, number);
}

std::vector<int64_t> ImageJoin::finish() {
  bool all_places = true, all_names = true, same = true;
  for (const auto& [place, number] : open_) {
    const auto id = names_.by_id({number}), name = names_.by_number(number);
    all_places = all_places && id >= 0;
    all_names = all_names && name >= 0;
    same = same && id == name;
  }
  if (!open_.empty() && all_places == all_names && !same) {
    fail(
        "{}: field 'image_id' may be an image's position in the data set or the number in its file name: the "
        "numbers {}, and results have no field 'file_name'; {}",
        source_, all_places ? "fit both" : "do not all fit either", kChooseImages);
  }
  for (const auto& [place, number] : open_) {
    found_[place] = all_places ? names_.by_id({number}) : names_.by_number(number);
  }
  if (!open_.empty() && !all_places) {
    note_ =
        "images are joined by the numbers in their file names: ids of this data set are positions in a "
        "list";
  }
  return std::move(found_);
}

std::optional<int64_t> category_of_name(const data::AnnotationStore& store, const std::string& name) {
  std::optional<int64_t> found;
  for (const auto& category : store.categories()) {
    if (category.name != name) continue;
    if (found) return {};
    found = category.id;
  }
  return found;
}

void join_categories(std::vector<BoxDetection>& detections, const data::AnnotationStore& store,
                     CategoryIds ids, const std::string& source, const CategoryTexts& texts) {
  const auto& categories = store.categories();
  if (detections.empty() || categories.empty()) return;
  const auto classes = static_cast<int64_t>(categories.size());
  const auto named = [&](size_t i) { return i < texts.by_name.size() && texts.by_name[i]; };
  std::set<int64_t> used, own;
  for (size_t i = 0; i < detections.size(); ++i) {
    if (!named(i)) used.insert(detections[i].category_id);
  }
  for (const auto& category : categories) own.insert(category.id);
  if (used.empty()) return;
  const auto shown = [&](int64_t id) {
    return id == kUnknownCategory ? in_quotes(texts.unknown) : store.ids().categories.shown(id);
  };
  // Whether an id is a text, which has no order among the numbers.
  const bool texts_unknown = *used.begin() == kUnknownCategory && !texts.unknown.empty();
  const int64_t least = *used.begin(), most = *used.rbegin();
  if (counts_classes(ids)) {
    const int64_t first = ids == CategoryIds::kFromZero ? 0 : 1;
    if (least < first || most >= first + classes) {
      fail("{}: field 'category_id' is {}, but {} classes counted from {} end at {}", source,
           shown(least < first ? least : most), classes, first, first + classes - 1);
    }
    for (size_t i = 0; i < detections.size(); ++i) {
      if (named(i)) continue;
      auto& id = detections[i].category_id;
      id = categories[static_cast<size_t>(id - first)].id;
    }
    return;
  }
  const auto unknown = std::count_if(used.begin(), used.end(), [&](int64_t id) { return !own.contains(id); });
  if (ids == CategoryIds::kAnnotations || unknown == 0) return;
  std::vector<std::string> stated, names;
  for (const auto& category : categories) {
    names.push_back(category.name);
    if (stated.size() < 8) stated.push_back(store.ids().categories.shown(category.id));
  }
  const auto annotated = fmt::format("{}{}", fmt::join(stated, ", "), categories.size() > 8 ? ", ..." : "");
  if (least >= 0 && most <= classes) {
    fail(
        "{}: field 'category_id' is {} to {} in these results, which fits the {} classes counted in their "
        "order, while the annotations' ids are {}; {}",
        source, least, most, classes, annotated, kChooseCategories);
  }
  if (unknown != std::ssize(used)) return;
  if (texts_unknown) {
    fail(
        "{}: field 'category_id' is {}, which is neither one of the annotations' ids ({}) nor the name of "
        "one class alone ({}); not one 'category_id' of the file is; write ids or names of the annotations",
        source, shown(kUnknownCategory), annotated, listed_in_quotes(names));
  }
  fail("{}: not one 'category_id' ({} to {}) is one of the annotations' ({}); {}", source, shown(least),
       shown(most), annotated, kChooseCategories);
}

}  // namespace focus::eval
