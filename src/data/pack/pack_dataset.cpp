#include "data/pack/pack_dataset.h"

#include <algorithm>
#include <exception>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/for_each_index.h"
#include "base/human.h"
#include "base/new_folder.h"
#include "base/threads.h"
#include "data/coco/coco_writer.h"
#include "data/dataset_layout.h"
#include "data/folder/split_name.h"
#include "data/image_source.h"
#include "data/pack/image_pack.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

/// Delivers images in a given order, and decodes several at a time with several threads.
class DecodedInOrder {
 public:
  DecodedInOrder(ImageSource& source, std::vector<int64_t> indices)
      : source_(source), indices_(std::move(indices)), together_(4 * static_cast<size_t>(usable_cpus())) {}

  /// Image `i`; must be called for 0, 1, 2 and so on.
  images::Image operator()(size_t i) {
    if (i % together_ == 0) decode(i);
    const size_t place = i % together_;
    if (faults_[place]) std::rethrow_exception(faults_[place]);
    return std::move(images_[place]);
  }

 private:
  void decode(size_t first) {
    const size_t count = std::min(together_, indices_.size() - first);
    images_.assign(count, {});
    faults_.assign(count, {});
    for_each_index(count, [&](size_t place) {
      try {
        images_[place] = source_.image(indices_[first + place]);
      } catch (...) {
        faults_[place] = std::current_exception();
      }
    });
  }

  ImageSource& source_;
  std::vector<int64_t> indices_;
  size_t together_;
  std::vector<images::Image> images_;
  std::vector<std::exception_ptr> faults_;
};

/// The images to pack: each file once, even if several entries name it.
std::vector<int64_t> different_images(const AnnotationStore& store) {
  std::map<std::string, int64_t> first;
  std::vector<int64_t> different;
  for (int64_t i = 0; i < store.size(); ++i) {
    const auto [entry, fresh] = first.emplace(store.image(i).file_name, i);
    if (fresh) {
      different.push_back(i);
    } else if (store.image(entry->second).size != store.image(i).size) {
      fail("{}: two entries name this image and state different sizes; run `focus-detr dataset check`",
           store.image_path(i).string());
    }
  }
  return different;
}

void pack_split(const std::shared_ptr<const AnnotationStore>& store, const std::string& name,
                const fs::path& folder, const PackOptions& options, PackSummary& summary) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < store->size(); ++i) names.push_back(store->image(i).file_name);
  WrittenBoxes boxes;
  write_coco_split(folder, name, *store, names, boxes, BoxDigits::kAll);

  const auto different = different_images(*store);
  std::vector<PackedName> packed;
  for (const int64_t i : different) {
    const auto& image = store->image(i);
    packed.push_back({image.file_name, image.size});
    summary.bytes += 3 * image.size.height * image.size.width;
  }
  ImageSource source(store, 0);
  DecodedInOrder decoded(source, different);
  make_folder(folder / "images");
  write_image_pack(folder / "images" / (name + ".safetensors"), packed, store->orientation(), [&](size_t i) {
    if (options.progress) options.progress(static_cast<int64_t>(i) + 1, std::ssize(different));
    return decoded(i);
  });
  summary.splits.push_back(name);
  summary.images += std::ssize(different);
}

}  // namespace

PackSummary pack_dataset(const fs::path& dataset, const fs::path& out, const PackOptions& options) {
  const auto splits = options.splits.empty() ? splits_of(dataset) : options.splits;
  try {
    NewFolder folder(out);
    PackSummary summary;
    for (const auto& split : splits) {
      const auto name = written_split_name(split);
      if (std::count(summary.splits.begin(), summary.splits.end(), name) > 0) {
        fail_usage("split {} is named twice", in_quotes(name));
      }
      pack_split(load_split(dataset, split, options.reading), name, folder.path(), options, summary);
    }
    folder.finish();
    return summary;
  } catch (const fs::filesystem_error& error) {
    fail("{}: {}", error.path1().empty() ? out.string() : error.path1().string(), error.code().message());
  }
}

}  // namespace focus::data
