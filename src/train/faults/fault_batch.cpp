// A batch in a file: the part of a fault that a replay reads.
#include "base/error.h"
#include "images/limits.h"
#include "train/faults/fault.h"

namespace focus::train {
namespace {

const std::string kBatch = "batch.";

at::Tensor to_tensor(const std::vector<nn::ImageSize>& sizes) {
  auto tensor = at::empty({static_cast<int64_t>(sizes.size()), 2}, at::kLong);
  for (size_t i = 0; i < sizes.size(); ++i) {
    tensor.data_ptr<int64_t>()[2 * i] = sizes[i].height;
    tensor.data_ptr<int64_t>()[2 * i + 1] = sizes[i].width;
  }
  return tensor;
}

/// Takes tensors out of a file that may hold anything.
class BatchReader {
 public:
  BatchReader(const TensorMap& tensors, const std::string& source) : tensors_(tensors), source_(source) {}

  /// -1 stands for any length.
  at::Tensor take(const std::string& name, at::ScalarType type, const std::vector<int64_t>& shape) const {
    const auto found = tensors_.find(kBatch + name);
    if (found == tensors_.end()) {
      fail("{}: has no tensor '{}{}'; --replay takes a file that training wrote at a step that went wrong",
           source_, kBatch, name);
    }
    const auto& tensor = found->second;
    bool fits = tensor.scalar_type() == type && tensor.dim() == static_cast<int64_t>(shape.size());
    for (size_t i = 0; fits && i < shape.size(); ++i)
      fits = shape[i] < 0 || tensor.size(static_cast<int64_t>(i)) == shape[i];
    if (!fits) {
      fail("{}: tensor '{}{}' is {} of shape [{}]; {} of shape [{}] is needed (-1: any)", source_, kBatch,
           name, c10::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ", "), c10::toString(type),
           fmt::join(shape, ", "));
    }
    return tensor;
  }

  std::vector<nn::ImageSize> sizes(const std::string& name, int64_t count, int64_t height,
                                   int64_t width) const {
    const auto tensor = take(name, at::kLong, {count, 2}).contiguous();
    std::vector<nn::ImageSize> sizes;
    for (int64_t i = 0; i < count; ++i) {
      const auto* value = tensor.data_ptr<int64_t>() + 2 * i;
      if (value[0] < 1 || value[0] > height || value[1] < 1 || value[1] > width)
        fail("{}: tensor '{}{}' holds the size {} x {}", source_, kBatch, name, value[0], value[1]);
      sizes.push_back({value[0], value[1]});
    }
    return sizes;
  }

 private:
  const TensorMap& tensors_;
  const std::string& source_;
};

}  // namespace

void export_batch(const data::Batch& batch, TensorMap& into) {
  into[kBatch + "images"] = batch.images.images;
  if (batch.images.padding_mask.defined()) into[kBatch + "padding_mask"] = batch.images.padding_mask;
  into[kBatch + "sizes"] = to_tensor(batch.images.sizes);
  into[kBatch + "indices"] = at::tensor(batch.indices, at::kLong);
  for (size_t i = 0; i < batch.targets.size(); ++i) {
    into[fmt::format("{}target{}.labels", kBatch, i)] = batch.targets[i].labels;
    into[fmt::format("{}target{}.boxes", kBatch, i)] = batch.targets[i].boxes;
  }
}

data::Batch import_batch(const TensorMap& tensors, const std::string& source) {
  const BatchReader reader(tensors, source);
  data::Batch batch;
  batch.images.images = reader.take("images", at::kFloat, {-1, 3, -1, -1});
  const int64_t count = batch.images.images.size(0), height = batch.images.images.size(2),
                width = batch.images.images.size(3);
  if (count == 0 || !images::possible_size(height, width))
    fail("{}: tensor '{}images' holds no images", source, kBatch);
  batch.images.padding_mask = reader.take("padding_mask", at::kBool, {count, height, width});
  batch.images.sizes = reader.sizes("sizes", count, height, width);
  const auto indices = reader.take("indices", at::kLong, {count}).contiguous();
  batch.indices.assign(indices.data_ptr<int64_t>(), indices.data_ptr<int64_t>() + count);
  for (int64_t i = 0; i < count; ++i) {
    nn::Target target;
    target.labels = reader.take(fmt::format("target{}.labels", i), at::kLong, {-1});
    target.boxes = reader.take(fmt::format("target{}.boxes", i), at::kFloat, {target.labels.size(0), 4});
    target.size = batch.images.sizes[static_cast<size_t>(i)];
    batch.targets.push_back(target);
  }
  return batch;
}

}  // namespace focus::train
