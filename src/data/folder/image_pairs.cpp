#include "data/folder/image_pairs.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <unordered_map>

#include "data/folder/name_forms.h"
#include "data/folder/split_name.h"
#include "data/formats.h"

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

bool are_usual_folders(const fs::path& images, const fs::path& annotations) {
  for (const auto& entry : dataset_formats()) {
    for (const auto& usual : entry.loose.usual) {
      if (images == usual.images && annotations == usual.annotations) return true;
    }
  }
  return false;
}

/// Whether some format's usual folder of images for these annotations is `images`.
bool is_usual_place(const fs::path& images, const fs::path& annotations) {
  bool differs = false;
  auto a = images.begin(), b = annotations.begin();
  for (; a != images.end() && b != annotations.end(); ++a, ++b) {
    if (*a == *b) continue;
    if (differs || !are_usual_folders(*a, *b)) return false;
    differs = true;
  }
  return differs && a == images.end() && b == annotations.end();
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
        by_name_[composed_name(fs::path(folder.images[i]).stem().string())].push_back({f, i});
        by_name_[composed_name(folder.images[i])].push_back({f, i});
        by_decoded_name_[decoded_stem(folder.images[i])].push_back({f, i});
      }
    }
  }

  void add(const SurveyedFolder& folder, const std::vector<std::string>& files) {
    for (const auto& name : files) {
      const auto& images = named(name);
      if (images.empty()) {
        nameless_.push_back({&folder, name});
      } else {
        pair(folder, name, images);
      }
    }
  }

  ImagePairs finish() {
    for (const auto& [folder, name] : nameless_) {
      const auto found = by_decoded_name_.find(decoded_stem(name));
      std::vector<Candidate> images;
      if (found != by_decoded_name_.end()) {
        std::copy_if(found->second.begin(), found->second.end(), std::back_inserter(images),
                     [&](const Candidate& image) { return !taken_[image.folder][image.place]; });
      }
      if (pair(*folder, name, images)) result_.encoded.push_back(folder->path / name);
    }
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
  struct Candidate {
    size_t folder, place;
  };

  static std::string decoded_stem(const std::string& name) {
    return composed_name(percent_decoded(fs::path(name).stem().string()));
  }

  /// Gives an annotation file those of `images` whose place fits best. False if it gets none.
  bool pair(const SurveyedFolder& folder, const std::string& name, const std::vector<Candidate>& images) {
    const Place place = place_of(folder, annotations_.root);
    std::vector<const Candidate*> best;
    Score most;
    for (const auto& image : images) {
      const auto& other = places_[image.folder];
      if (!other.split.empty() && !place.split.empty() && other.split != place.split) continue;
      const Score score = score_of(image, folder.path, place);
      if (!best.empty() && score < most) continue;
      if (best.empty() || score > most) best.clear();
      best.push_back(&image);
      most = score;
    }
    if (best.empty()) return result_.annotations_alone.push_back(folder.path / name), false;
    const bool one_folder = std::all_of(best.begin(), best.end(), [&](const Candidate* image) {
      return image->folder == best.front()->folder;
    });
    if (best.size() > 1 && !(every_ && one_folder)) {
      std::vector<fs::path> files;
      for (const auto* image : best) files.push_back(path_of(*image));
      result_.ambiguous.emplace_back(folder.path / name, std::move(files));
      return false;
    }
    for (const auto* image : best) take(*image, folder.path / name);
    return true;
  }

  /// How well the folder of an image fits that of an annotation; compared in this order.
  using Score = std::tuple<bool, bool, size_t, bool>;

  Score score_of(const Candidate& image, const fs::path& annotations, const Place& place) const {
    const auto& other = places_[image.folder];
    const fs::path& folder = images_.folders[image.folder].path;
    return {other.split == place.split, is_usual_place(folder, annotations), agreement(place, other),
            folder == annotations};
  }

  fs::path path_of(const Candidate& image) const {
    const auto& folder = images_.folders[image.folder];
    return folder.path / folder.images[image.place];
  }

  const std::vector<Candidate>& named(const std::string& annotation) const {
    static const std::vector<Candidate> kNone;
    const auto found = by_name_.find(composed_name(fs::path(annotation).stem().string()));
    return found == by_name_.end() ? kNone : found->second;
  }

  void take(const Candidate& image, const fs::path& annotation) {
    // Two annotation files of one image, a.xml and a.jpg.xml: the second gets no image.
    if (taken_[image.folder][image.place]) return result_.annotations_alone.push_back(annotation);
    taken_[image.folder][image.place] = true;
    result_.pairs.push_back({path_of(image), annotation});
  }

  const FolderSurvey &images_, &annotations_;
  bool every_;
  std::vector<Place> places_;
  std::vector<std::vector<bool>> taken_;
  std::unordered_map<std::string, std::vector<Candidate>> by_name_, by_decoded_name_;
  /// Annotation files without an image of their name.
  std::vector<std::pair<const SurveyedFolder*, std::string>> nameless_;
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
