#include "images/preprocess.h"

#include <algorithm>

#include "base/error.h"
#include "images/resize.h"
#include "images/resize_on_device.h"

namespace focus::images {
namespace {

void require_image(const Image& bgr) {
  if (!is_bgr(bgr)) fail("preprocessing: the image is not 8-bit BGR; decode it first");
}

}  // namespace

void PreprocessOptions::describe(OptionTable& table) {
  table.add("short_side", &short_side, "Images are resized so that their short side has this many pixels.",
            {.min = 1, .max = 8192});
  table.add("max_side", &max_side, "The long side never has more pixels than this.", {.min = 1, .max = 8192});
  table.add("mean", &mean, "Mean of red, green and blue, 0..255, subtracted from images.");
  table.add("std", &std, "Standard deviation of red, green and blue, 0..255, images are divided by.");
}

Preprocess::Preprocess(PreprocessOptions options) : options_(std::move(options)), normalised_(3 * 256) {
  const auto& [short_side, max_side, mean, std] = options_;
  if (mean.size() != 3 || std.size() != 3 || *std::min_element(std.begin(), std.end()) <= 0) {
    fail_usage(
        "preprocessing: mean has {} and std has {} numbers; give 3 each (red, green, blue), std above 0",
        mean.size(), std.size());
  }
  for (size_t channel = 0; channel < 3; ++channel) {
    for (size_t value = 0; value < 256; ++value) {
      normalised_[channel * 256 + value] =
          (static_cast<float>(value) - static_cast<float>(mean[channel])) / static_cast<float>(std[channel]);
    }
  }
}

nn::ImageSize Preprocess::output_size(nn::ImageSize size) const {
  return shortest_edge_size(size, static_cast<double>(options_.short_side),
                            static_cast<double>(options_.max_side));
}

at::Tensor Preprocess::operator()(const Image& bgr) const {
  return normalise(resize_antialiased(bgr, output_size(size_of(bgr))));
}

at::Tensor Preprocess::on_device(const Image& bgr, at::Device device) const {
  require_image(bgr);
  const auto size = output_size(size_of(bgr));
  require_resizable(size_of(bgr), size);
  // Copies to a GPU are asynchronous only from pinned memory.
  auto bytes =
      at::empty({bgr.height(), bgr.width(), 3}, at::TensorOptions(at::kByte).pinned_memory(device.is_cuda()));
  copy_pixels(bgr, bytes.data_ptr<uint8_t>());
  const auto resized = resize_on_device(bytes.to(device, /*non_blocking=*/true), size);
  const auto rgb = resized.flip(2).permute({2, 0, 1}).to(at::kFloat);
  const auto constant = [&](const std::vector<double>& values) {
    return at::tensor(values, at::kFloat).view({3, 1, 1}).to(device, /*non_blocking=*/true);
  };
  return (rgb - constant(options_.mean)) / constant(options_.std);
}

at::Tensor Preprocess::normalise(const Image& bgr) const {
  require_image(bgr);
  const int height = bgr.height(), width = bgr.width();
  auto out = at::empty({3, height, width}, at::kFloat);
  const size_t plane = static_cast<size_t>(height) * static_cast<size_t>(width);
  const float* red_of = &normalised_[0];
  const float* green_of = &normalised_[256];
  const float* blue_of = &normalised_[512];
  for (int y = 0; y < height; ++y) {
    const uint8_t* in = bgr.row(y);
    float* red = out.data_ptr<float>() + static_cast<size_t>(y) * static_cast<size_t>(width);
    float* green = red + plane;
    float* blue = green + plane;
    for (int x = 0; x < width; ++x) {
      blue[x] = blue_of[in[3 * x]];
      green[x] = green_of[in[3 * x + 1]];
      red[x] = red_of[in[3 * x + 2]];
    }
  }
  return out;
}

nn::ImageBatch collate(const std::vector<at::Tensor>& images) {
  if (images.empty()) fail("collate: a batch needs at least one image");
  nn::ImageBatch batch;
  int64_t height = 0, width = 0;
  for (const auto& image : images) {
    if (image.dim() != 3 || image.size(0) != 3 || image.scalar_type() != at::kFloat) {
      fail("collate: an image is {} {}; it takes (3, H, W) float", toString(image.scalar_type()),
           fmt::join(image.sizes(), " x "));
    }
    batch.sizes.push_back({image.size(1), image.size(2)});
    height = std::max(height, image.size(1));
    width = std::max(width, image.size(2));
  }
  batch.images = at::zeros({static_cast<int64_t>(images.size()), 3, height, width}, at::kFloat);
  for (size_t i = 0; i < images.size(); ++i) {
    batch.images[static_cast<int64_t>(i)]
        .slice(1, 0, batch.sizes[i].height)
        .slice(2, 0, batch.sizes[i].width)
        .copy_(images[i]);
  }
  batch.padding_mask = nn::padding_mask_of(batch.sizes, height, width);
  return batch;
}

}  // namespace focus::images
