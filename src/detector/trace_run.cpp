#include "detector/trace_run.h"

#include "base/error.h"
#include "models/decoders/postprocess.h"

namespace focus::detector {
namespace {

std::vector<nn::ImageSize> read_sizes(const io::TensorFile& input, const at::Tensor& images) {
  const nn::ImageSize whole{images.size(2), images.size(3)};
  const auto found = input.tensors.find("sizes");
  if (found == input.tensors.end())
    return std::vector<nn::ImageSize>(static_cast<size_t>(images.size(0)), whole);
  const auto& sizes = found->second;
  if (sizes.dim() != 2 || sizes.size(0) != images.size(0) || sizes.size(1) != 2 ||
      !at::isIntegralType(sizes.scalar_type(), /*includeBool=*/false)) {
    fail(
        "tensor 'sizes' is {} of shape [{}]; it must be integers of shape [{}, 2]: height and width per image",
        at::toString(sizes.scalar_type()), fmt::join(sizes.sizes(), ", "), images.size(0));
  }
  const auto values = sizes.to(at::kLong).contiguous();
  std::vector<nn::ImageSize> result;
  for (int64_t i = 0; i < values.size(0); ++i) {
    const int64_t h = values.data_ptr<int64_t>()[2 * i], w = values.data_ptr<int64_t>()[2 * i + 1];
    if (h < 1 || w < 1 || h > whole.height || w > whole.width) {
      fail("tensor 'sizes' says image {} is {}x{}, but 'images' is {}x{}", i, h, w, whole.height,
           whole.width);
    }
    result.push_back({h, w});
  }
  return result;
}

nn::ImageBatch read_batch(const io::TensorFile& input, const images::PreprocessOptions& preprocess,
                          at::ScalarType dtype) {
  const auto found = input.tensors.find("images");
  if (found == input.tensors.end()) fail("input has no tensor 'images' of shape [N, 3, H, W]");
  const auto& images = found->second;
  const bool known_type = images.scalar_type() == at::kByte || images.scalar_type() == at::kFloat;
  if (images.dim() != 4 || images.size(1) != 3 || images.numel() == 0 || !known_type) {
    fail("tensor 'images' is {} of shape [{}]; it must be uint8 or float32 of shape [N, 3, H, W]",
         at::toString(images.scalar_type()), fmt::join(images.sizes(), ", "));
  }
  nn::ImageBatch batch;
  batch.sizes = read_sizes(input, images);
  batch.padding_mask = nn::padding_mask_of(batch.sizes, images.size(2), images.size(3));
  const auto mean = at::tensor(preprocess.mean).view({1, 3, 1, 1}).to(dtype);
  const auto std = at::tensor(preprocess.std).view({1, 3, 1, 1}).to(dtype);
  batch.images = ((images.to(dtype) - mean) / std).masked_fill(batch.padding_mask.unsqueeze(1), 0.0);
  return batch;
}

}  // namespace

io::TensorFile trace(const LoadedModel& loaded, const io::TensorFile& input, at::ScalarType dtype) {
  at::NoGradGuard no_grad;
  const auto batch = read_batch(input, loaded.info.preprocess, dtype);
  loaded.model->to(dtype);
  loaded.model->eval();
  models::Trace trace;
  const auto output = loaded.model->forward(batch, nullptr, &trace);
  const auto top = models::top_detections(output.layers.back(), loaded.info.model.max_detections);
  auto& t = trace.tensors;
  t["det_scores"] = top.scores;
  t["det_labels"] = top.labels;
  t["det_query_idx"] = top.queries;
  t["det_flat_idx"] = top.queries * loaded.info.model.classes + top.labels;
  t["det_boxes_cxcywh_norm"] = top.boxes;
  t["det_boxes_xyxy"] = models::pixel_boxes(top.boxes, batch.sizes);

  io::TensorFile file;
  for (const auto& [name, tensor] : t) {
    const auto here = tensor.cpu();
    file.tensors[name] = at::isFloatingType(here.scalar_type()) ? here.to(at::kFloat) : here;
  }
  return file;
}

}  // namespace focus::detector
