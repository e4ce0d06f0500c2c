#include "data/image_pairs.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "data/split_name.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

/// A folder, as the pairing sees it.
struct Place {
  std::string split;
  std::set<std::string> parts;  ///< names of the folders on the way from the root
};

Place place_of(const SurveyedFolder& folder, const fs::path& root) {
  Place place{split_of_place(folder.path / "x", root), {}};
  for (const auto& part : folder.path.lexically_relative(root)) {
    if (part != ".") place.parts.insert(part.string());
  }
  return place;
}

size_t agreement(const Place& a, const Place& b) {
  size_t count = 0;
  for (const auto& part : a.parts) count += b.parts.contains(part);
  return count;
}

class Pairing {
 public:
  Pairing(const FolderSurvey& images, const FolderSurvey& annotations, bool every)
      : images_(images), annotations_(annotations), every_(every) {
    for (size_t f = 0; f < images.folders.size(); ++f) {
      const auto& folder = images.folders[f];
      places_.push_back(place_of(folder, images.root));
      taken_.emplace_back(folder.images.size(), false);
      for (size_t i = 0; i < folder.images.size(); ++i) {
        by_name_[fs::path(folder.images[i]).stem().string()].push_back({f, i});
        by_name_[folder.images[i]].push_back({f, i});
      }
    }
  }

  void add(const SurveyedFolder& folder, const std::vector<std::string>& files) {
    const Place place = place_of(folder, annotations_.root);
    std::map<size_t, size_t> shared;
    for (const auto& name : files) {
      for (const auto& [f, i] : named(name)) ++shared[f];
    }
    for (const auto& name : files) {
      const auto& candidates = named(name);
      const Image* best = nullptr;
      std::tuple<int, size_t, bool, size_t> best_score;
      for (const auto& image : candidates) {
        const auto& other = places_[image.folder];
        if (!other.split.empty() && !place.split.empty() && other.split != place.split) continue;
        const std::tuple score{other.split == place.split ? 1 : 0, agreement(place, other),
                               images_.folders[image.folder].path == folder.path, shared[image.folder]};
        if (best && score <= best_score) continue;
        best = &image;
        best_score = score;
      }
      if (!best) {
        result_.annotations_alone.push_back(folder.path / name);
        continue;
      }
      for (const auto& image : candidates) {
        if (&image != best && !(every_ && image.folder == best->folder)) continue;
        take(image, folder.path / name);
      }
    }
  }

  ImagePairs finish() {
    for (size_t f = 0; f < images_.folders.size(); ++f) {
      const auto& folder = images_.folders[f];
      const bool any = std::any_of(taken_[f].begin(), taken_[f].end(), [](bool taken) { return taken; });
      for (size_t i = 0; i < folder.images.size(); ++i) {
        if (taken_[f][i]) continue;
        (any ? result_.images_alone : result_.images_elsewhere).push_back(folder.path / folder.images[i]);
      }
    }
    std::sort(result_.pairs.begin(), result_.pairs.end(),
              [](const auto& a, const auto& b) { return a.image < b.image; });
    return std::move(result_);
  }

 private:
  struct Image {
    size_t folder, place;
  };

  const std::vector<Image>& named(const std::string& annotation) const {
    static const std::vector<Image> kNone;
    const auto found = by_name_.find(fs::path(annotation).stem().string());
    return found == by_name_.end() ? kNone : found->second;
  }

  void take(const Image& image, const fs::path& annotation) {
    // Two annotation files of one image, a.xml and a.jpg.xml: the second has none.
    if (taken_[image.folder][image.place]) return result_.annotations_alone.push_back(annotation);
    taken_[image.folder][image.place] = true;
    const auto& folder = images_.folders[image.folder];
    result_.pairs.push_back({folder.path / folder.images[image.place], annotation});
  }

  const FolderSurvey &images_, &annotations_;
  bool every_;
  std::vector<Place> places_;
  std::vector<std::vector<bool>> taken_;
  std::unordered_map<std::string, std::vector<Image>> by_name_;
  ImagePairs result_;
};

}  // namespace

ImagePairs pair_images(const FolderSurvey& images, const FolderSurvey& annotations,
                       const std::function<std::vector<std::string>(const SurveyedFolder&)>& files,
                       bool every) {
  Pairing pairing(images, annotations, every);
  for (const auto& folder : annotations.folders) pairing.add(folder, files(folder));
  return pairing.finish();
}

fs::path common_folder(const std::vector<fs::path>& files) {
  if (files.empty()) return {};
  fs::path common = files.front().parent_path();
  for (const auto& file : files) {
    const fs::path folder = file.parent_path();
    fs::path shared;
    auto a = common.begin();
    for (auto b = folder.begin(); a != common.end() && b != folder.end() && *a == *b; ++a, ++b) shared /= *a;
    common = shared;
  }
  return common;
}

std::string split_of_place(const fs::path& file, const fs::path& root) {
  std::string split;
  for (const auto& part : file.parent_path().lexically_relative(root)) {
    if (const auto spoken = split_spoken_of(part.string())) split = *spoken;
  }
  return split;
}

}  // namespace focus::data
