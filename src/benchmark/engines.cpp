#include "benchmark/engines.h"

#include "base/error.h"
#include "detector/detector.h"
#include "nn/activation_ranges.h"
#include "nn/device.h"
#include "nn/prepare.h"
#include "nn/reference_path.h"
#include "ops/packed/precision.h"

namespace focus::benchmark {

namespace {

Engine prepared(std::string_view name, std::string_view what, ops::Precision precision) {
  return {name, what, [precision](models::Detector& model, const nn::Quantisation&) -> std::shared_ptr<void> {
            nn::prepare(model, precision);
            return nullptr;
          }};
}

/// A batch is copied to the GPU and its detections back; the measured time includes both copies.
Engine on_gpu(std::string_view name, std::string_view what, ops::Precision precision) {
  return {name, what,
          [precision](models::Detector& model, const nn::Quantisation&) -> std::shared_ptr<void> {
            detector::place(model, {nn::parse_device("cuda"), precision});
            return nullptr;
          },
          precision == ops::Precision::kBFloat16 ? at::kBFloat16 : at::kFloat};
}

/// The speed of int8 depends on the layers that calibration keeps, not on the ranges.
std::shared_ptr<void> set_up_int8(models::Detector& model, const nn::Quantisation& quantisation) {
  auto used = quantisation;
  if (used.ranges.empty()) {
    constexpr int64_t kSide = 96;
    nn::RangeRecorder recorder;
    detector::run_model(model, at::randn({1, 3, kSide, kSide}), {{kSide, kSide}}, {});
    used.ranges = recorder.ranges(model);
  }
  nn::prepare(model, ops::Precision::kInt8, used);
  return nullptr;
}

}  // namespace

const std::vector<Engine>& engines() {
  static const std::vector<Engine> all{
      prepared("prepared", "as `detect` runs a model: weights packed for oneDNN", ops::Precision::kFloat32),
      prepared("bf16", "prepared, as --precision bf16", ops::Precision::kBFloat16),
      {"int8", "prepared, as --precision int8", set_up_int8},
      on_gpu("cuda", "on the first GPU, as --device cuda", ops::Precision::kFloat32),
      on_gpu("cuda-bf16", "on the first GPU, as --device cuda --precision bf16", ops::Precision::kBFloat16),
      {"eager", "as training runs a model: nothing packed",
       [](models::Detector&, const nn::Quantisation&) -> std::shared_ptr<void> { return nullptr; }},
      {"reference", "as the reference does: nothing fused, deformable attention by at::grid_sampler",
       [](models::Detector&, const nn::Quantisation&) -> std::shared_ptr<void> {
         return std::make_shared<nn::ReferencePath>();
       }},
  };
  return all;
}

const Engine& find_engine(std::string_view name) {
  std::vector<std::string_view> known;
  for (const auto& engine : engines()) {
    if (engine.name == name) return engine;
    known.push_back(engine.name);
  }
  fail_usage("there is no engine '{}'; it is one of {}", name, fmt::join(known, ", "));
}

}  // namespace focus::benchmark
