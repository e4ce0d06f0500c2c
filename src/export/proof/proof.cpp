#include "export/proof/proof.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "images/decode.h"
#include "images/opencv/mat.h"
#include "images/resize.h"
#include "models/architectures.h"
#include "models/decoders/postprocess.h"
#include "nn/reference_path.h"
#include "scenes/shapes/synth_scene.h"

namespace focus::exporter {
namespace {

/// Seed of the synthetic scenes, the same for all models.
constexpr uint64_t kSeed = 20230723;

images::Image scene_of(nn::ImageSize size, uint64_t seed) {
  scenes::SceneLimits limits;
  limits.empty_share = 0;
  return images::resize_antialiased(images::image_of(scenes::render_scene(Rng{seed}, limits).image), size);
}

/// (H, W, 3) uint8, red first.
at::Tensor red_first(const images::Image& bgr) {
  const auto pixels = at::empty({bgr.height(), bgr.width(), 3}, at::kByte);
  images::copy_pixels(bgr, pixels.data_ptr<uint8_t>());
  return pixels.flip(2).contiguous();
}

/// Reduces predictions to detections, in the form of the graph's outputs.
Found answer_of(const nn::Prediction& prediction, const std::vector<nn::ImageSize>& sizes,
                const detector::LoadedModel& loaded) {
  const auto top = models::top_detections(prediction, loaded.model->options().max_detections);
  std::vector<int64_t> ids;
  for (const auto& category : loaded.info.categories) ids.push_back(category.id);
  return {models::pixel_boxes(top.boxes, sizes).contiguous(), top.scores.contiguous(),
          at::tensor(ids, at::kLong).index_select(0, top.labels.flatten()).view_as(top.labels)};
}

/// The image sizes that box coordinates refer to.
std::vector<nn::ImageSize> sizes_of(const Trial& trial, const OnnxOptions& options) {
  if (options.input == InputKind::kImage) return {images::size_of(trial.image)};
  return trial.batch.sizes;
}

/// The input of the detector.
nn::ImageBatch batch_of(const detector::LoadedModel& loaded, const Trial& trial, const OnnxOptions& options) {
  if (options.input == InputKind::kPixels) return trial.batch;
  return images::collate({images::Preprocess(loaded.info.preprocess)(trial.image)});
}

Found found_in(const nn::ImageBatch& batch, const detector::LoadedModel& loaded, const Trial& trial,
               const OnnxOptions& options) {
  const at::NoGradGuard no_grad;
  auto found = answer_of(loaded.model->forward(batch).layers.back(), sizes_of(trial, options), loaded);
  models::require_finite(found.scores, found.boxes, "the model");
  return found;
}

/// Fast access to the detections of one image.
struct Listed {
  const float* boxes;
  const float* scores;
  const int64_t* ids;
  int64_t count;

  Listed(const Found& found, int64_t image)
      : boxes(found.boxes.data_ptr<float>() + image * found.boxes.stride(0)),
        scores(found.scores.data_ptr<float>() + image * found.scores.stride(0)),
        ids(found.category_ids.data_ptr<int64_t>() + image * found.category_ids.stride(0)),
        count(found.scores.size(1)) {}

  double box_distance(int64_t i, const Listed& other, int64_t j) const {
    double most = 0;
    for (int c = 0; c < 4; ++c) {
      most = std::max(most, std::abs(double{boxes[4 * i + c]} - double{other.boxes[4 * j + c]}));
    }
    return most;
  }
};

/// Adds the detections of `a` that have no counterpart in `b`.
void compare(const Listed& a, const Listed& b, const Tolerance& tolerance, Difference& difference) {
  if (a.count == 0) return;
  const double last = a.scores[a.count - 1];
  std::vector<bool> taken(static_cast<size_t>(b.count));
  for (int64_t i = 0; i < a.count; ++i) {
    if (a.scores[i] <= last + 2 * tolerance.score || a.scores[i] < tolerance.least_score) break;
    ++difference.compared;
    int64_t best = -1;
    double least = 0;
    for (int64_t j = 0; j < b.count; ++j) {
      const double score = std::abs(double{a.scores[i]} - double{b.scores[j]});
      if (taken[static_cast<size_t>(j)] || a.ids[i] != b.ids[j] || score > tolerance.score) continue;
      const double box = a.box_distance(i, b, j);
      if (box <= tolerance.box && (best < 0 || box < least)) best = j, least = box;
    }
    if (best < 0) {
      if (difference.unmatched++ == 0) {
        difference.worst =
            fmt::format("category {}, score {:.5f}, box {:.2f} {:.2f} {:.2f} {:.2f}", a.ids[i], a.scores[i],
                        a.boxes[4 * i], a.boxes[4 * i + 1], a.boxes[4 * i + 2], a.boxes[4 * i + 3]);
      }
      continue;
    }
    taken[static_cast<size_t>(best)] = true;
    difference.score = std::max(difference.score, std::abs(double{a.scores[i]} - double{b.scores[best]}));
    difference.box = std::max(difference.box, least);
  }
}

}  // namespace

Trial drawn_trial(const std::vector<nn::ImageSize>& sizes, const images::PreprocessOptions& preprocess,
                  uint64_t seed) {
  const images::Preprocess normalise(preprocess);
  Trial trial;
  std::vector<at::Tensor> images;
  for (const auto& size : sizes) {
    trial.image = scene_of(size, seed + images.size());
    images.push_back(normalise.normalise(trial.image));
    trial.name += fmt::format("{}{}x{}", images.size() > 1 ? " + " : "", size.height, size.width);
  }
  trial.batch = images::collate(images);
  return trial;
}

std::vector<Trial> drawn_trials(const detector::LoadedModel& loaded, InputKind input) {
  // A tiny image has fewer tokens than the detector has queries. With odd sizes, maps are not exact halves.
  const auto& own = loaded.info.preprocess;
  std::vector<std::vector<nn::ImageSize>> shapes{
      {{own.short_side, own.max_side}}, {{256, 320}}, {{384, 384}}, {{213, 331}}, {{64, 96}}};
  if (input == InputKind::kPixels) shapes.push_back({{256, 320}, {192, 352}});
  std::vector<Trial> trials;
  for (const auto& sizes : shapes) {
    trials.push_back(drawn_trial(sizes, loaded.info.preprocess, kSeed + 10 * trials.size()));
  }
  return trials;
}

std::vector<Trial> trials_of(const std::vector<std::filesystem::path>& images,
                             const detector::LoadedModel& loaded) {
  const images::Preprocess preprocess(loaded.info.preprocess);
  std::vector<Trial> trials;
  for (const auto& path : images) {
    const auto image = images::decode_image(path, images::Orientation::kUpright);
    trials.push_back({path.filename().string(), images::collate({preprocess(image)}), image});
  }
  return trials;
}

Difference difference(const Found& ours, const Found& theirs, const Tolerance& tolerance) {
  Difference difference;
  for (int64_t image = 0; image < ours.scores.size(0); ++image) {
    const Listed a(ours, image), b(theirs, image);
    compare(a, b, tolerance, difference);
    compare(b, a, tolerance, difference);
  }
  return difference;
}

Found found_by_us(const detector::LoadedModel& loaded, const Trial& trial, const OnnxOptions& options) {
  return found_in(batch_of(loaded, trial, options), loaded, trial, options);
}

int64_t undecided(const detector::LoadedModel& loaded, const Trial& trial, const OnnxOptions& options,
                  const Found& ours, const Tolerance& tolerance) {
  constexpr double kNoise = 1e-6;  // Pixels have a standard deviation of about 1.
  constexpr int kNoisyRuns = 3;
  const auto plain = batch_of(loaded, trial, options);
  int64_t most = 0;
  const auto count = [&](const nn::ImageBatch& batch) {
    const auto again = found_in(batch, loaded, trial, options);
    most = std::max(most, difference(ours, again, tolerance).unmatched);
  };
  {
    const nn::ReferencePath in_another_order;
    count(plain);
  }
  for (int run = 0; run < kNoisyRuns; ++run) {
    auto noisy = plain;
    noisy.images = plain.images + kNoise * at::randn_like(plain.images);
    count(noisy);
  }
  return most;
}

std::vector<Found> found_by_runtime(const OnnxRuntime& runtime, const std::filesystem::path& file,
                                    const detector::LoadedModel& loaded, const std::vector<Trial>& trials,
                                    const OnnxOptions& options, int threads) {
  std::vector<NamedTensors> cases;
  for (const auto& trial : trials) {
    if (options.input == InputKind::kImage) {
      cases.push_back({{"image", red_first(trial.image)}});
    } else {
      cases.push_back({{"pixels", trial.batch.images}, {"padding_mask", trial.batch.padding_mask}});
    }
  }
  const auto results = runtime.run(file, cases, threads);
  const auto scores = models::find_architecture(loaded.model->options().architecture).scores;
  std::vector<Found> found;
  for (size_t i = 0; i < results.size(); ++i) {
    const auto& result = results[i];
    found.push_back(options.output == OutputKind::kRaw
                        ? answer_of({result.at("logits"), result.at("boxes"), scores},
                                    sizes_of(trials[i], options), loaded)
                        : Found{result.at("boxes"), result.at("scores"), result.at("category_ids")});
  }
  // A comparison with NaN would find no difference.
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i].scores.isfinite().all().item<bool>() && found[i].boxes.isfinite().all().item<bool>())
      continue;
    fail(
        "{}: ONNX Runtime gives scores or boxes that are not finite (NaN or infinity), while those of this "
        "program are; try a newer ONNX Runtime, or --precision fp32",
        trials[i].name);
  }
  return found;
}

}  // namespace focus::exporter
