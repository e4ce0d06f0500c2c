#include "data/pack/image_pack.h"

#include "base/error.h"
#include "base/human.h"
#include "images/limits.h"

namespace focus::data {
namespace {

constexpr const char *kFormat = "format", *kImages = "focus-detr images 1";
constexpr const char* kImagesFormerly = "focus-detr pictures 1";  ///< The same, in older files.
constexpr const char *kOrientation = "orientation", *kAsStored = "as stored", *kUpright = "upright";
constexpr const char* kAdvice = "make it again with `focus-detr dataset pack`";

images::Orientation orientation_of(const io::MappedTensors& tensors, const std::string& path) {
  const auto value_of = [&](const char* key) {
    const auto found = tensors.metadata().find(key);
    return found == tensors.metadata().end() ? std::string() : found->second;
  };
  if (const auto format = value_of(kFormat); format != kImages && format != kImagesFormerly) {
    fail("{}: not a file of packed images: metadata field '{}' is {}, not '{}'; {}", path, kFormat,
         in_quotes(format), kImages, kAdvice);
  }
  const auto orientation = value_of(kOrientation);
  if (orientation != kAsStored && orientation != kUpright) {
    fail("{}: metadata field '{}' is {}, neither '{}' nor '{}'; {}", path, kOrientation,
         in_quotes(orientation), kAsStored, kUpright, kAdvice);
  }
  return orientation == kUpright ? images::Orientation::kUpright : images::Orientation::kAsStored;
}

void require_image(const io::MappedTensors::Entry& entry, const std::string& name, const std::string& path) {
  const auto& shape = entry.shape;
  if (entry.dtype != at::kByte || shape.size() != 3 || shape[2] != 3 ||
      !images::possible_size(shape[0], shape[1])) {
    fail("{}: tensor {} is {} of shape [{}]; an image is U8 of shape [height, width, 3]; {}", path,
         in_quotes(name), c10::toString(entry.dtype), fmt::join(shape, ", "), kAdvice);
  }
}

}  // namespace

ImagePack::ImagePack(const std::filesystem::path& path)
    : path_(path.string()), tensors_(path), orientation_(orientation_of(tensors_, path_)) {
  for (const auto& [name, entry] : tensors_.entries()) require_image(entry, name, path_);
}

images::Image ImagePack::image(const std::string& name) const {
  const auto found = tensors_.entries().find(name);
  if (found == tensors_.entries().end()) {
    fail("{}: holds no image {}, which the annotations name; {}", path_, in_quotes(name), kAdvice);
  }
  const auto& [dtype, shape, data] = found->second;
  return {static_cast<int>(shape[0]),
          static_cast<int>(shape[1]),
          3,
          reinterpret_cast<const uint8_t*>(data),
          static_cast<size_t>(shape[1]) * 3,
          tensors_.memory()};
}

void write_image_pack(const std::filesystem::path& path, const std::vector<PackedName>& names,
                      images::Orientation orientation, const std::function<images::Image(size_t)>& read) {
  std::vector<io::PlannedTensor> plan;
  plan.reserve(names.size());
  for (const auto& [name, size] : names) plan.push_back({name, at::kByte, {size.height, size.width, 3}});
  const bool upright = orientation == images::Orientation::kUpright;
  io::write_safetensors(
      path, plan, {{kFormat, kImages}, {kOrientation, upright ? kUpright : kAsStored}}, [&](size_t i) {
        const images::Image image = read(i);
        auto bytes = at::empty({image.height(), image.width(), image.channels()}, at::kByte);
        images::copy_pixels(image, bytes.data_ptr<uint8_t>());
        return bytes;
      });
}

}  // namespace focus::data
