#include "export/onnx_export.h"

#include "export/parts/detector_graph.h"
#include "export/parts/image.h"
#include "models/architectures.h"

namespace focus::exporter {
namespace {

const std::vector<NamedDim> kPixelsShape{"N", 3, "H", "W"}, kMaskShape{"N", "H", "W"},
    kImageShape{"H", "W", 3};

/// The detector's input, and the image sizes that output boxes are scaled to.
struct Input {
  Value pixels, mask;
  Value sizes;  ///< (B, 2) float32 width and height
};

Input add_pixels(Graph& graph) {
  const auto pixels = graph.input("pixels", Type::kFloat, kPixelsShape);
  const auto mask = graph.input("padding_mask", Type::kBool, kMaskShape);
  const auto valid = float_of(negation(mask));
  return {pixels, mask, stack({reduce_sum(select(valid, 1, 0), 1), reduce_sum(select(valid, 2, 0), 1)}, 1)};
}

Input add_image(Graph& graph, const images::PreprocessOptions& options) {
  const auto image = graph.input("image", Type::kUint8, kImageShape);
  const auto pixels = preprocessed(image, options);
  const auto mask =
      expand(graph.constant(at::zeros({1, 1, 1}, at::kBool)), {1, size(pixels, 2), size(pixels, 3)});
  return {pixels, mask, unsqueeze(float_of(concat({size(image, 1), size(image, 0)}, 0)), 0)};
}

/// The batch dimension: "N", or 1 for a single image.
NamedDim batch_dim(const OnnxOptions& options) {
  return options.input == InputKind::kImage ? NamedDim(int64_t{1}) : NamedDim("N");
}

std::map<std::string, std::string> metadata_of(detector::ModelInfo info) {
  info.calibration = {};  // Only our own kernels use it.
  auto metadata = detector::model_metadata(info);
  const auto description = nlohmann::json::parse(metadata.at("focus_detr"));
  metadata["architecture"] = info.model.architecture;
  for (const char* key : {"categories", "preprocess"}) metadata[key] = description.at(key).dump();
  return metadata;
}

}  // namespace

std::string onnx_model(const detector::LoadedModel& loaded, const OnnxOptions& options) {
  const at::NoGradGuard no_grad;
  const auto& model_options = loaded.model->options();
  Graph graph(options.graph);
  const auto input =
      options.input == InputKind::kImage ? add_image(graph, loaded.info.preprocess) : add_pixels(graph);
  const auto predicted = detector_graph(Part(graph, loaded.model), model_options, input.pixels, input.mask);
  const auto& architecture = models::find_architecture(model_options.architecture);
  const auto batch = batch_dim(options);
  if (options.output == OutputKind::kRaw) {
    graph.output("logits", predicted.logits,
                 {batch, "Q", model_options.classes + architecture.extra_logits()});
    graph.output("boxes", predicted.boxes, {batch, "Q", 4});
  } else {
    std::vector<int64_t> ids;
    for (const auto& category : loaded.info.categories) ids.push_back(category.id);
    const auto answer = best_detections(predicted, input.sizes, ids, model_options.max_detections,
                                        architecture.scores == nn::ClassScores::kSoftmax);
    graph.output("boxes", answer.boxes, {batch, "K", 4});
    graph.output("scores", answer.scores, {batch, "K"});
    graph.output("category_ids", answer.category_ids, {batch, "K"});
  }
  auto info = loaded.info;
  info.model = model_options;
  return graph.serialise(
      {fmt::format("{} of {} classes", model_options.architecture, model_options.classes), options.version},
      metadata_of(std::move(info)));
}

}  // namespace focus::exporter
