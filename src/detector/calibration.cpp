#include "detector/calibration.h"

#include <cmath>

#include "base/error.h"
#include "base/human.h"
#include "detector/detector.h"
#include "images/decode.h"

namespace focus::detector {
namespace {

/// [least, greatest]: finite, with zero in the range.
ops::ValueRange range_from_json(const nlohmann::json& json, const std::string& where) {
  if (!json.is_array() || json.size() != 2 || !json[0].is_number() || !json[1].is_number()) {
    fail("{} is {}; it must be [least, greatest]", where, in_quotes(json.dump()));
  }
  const ops::ValueRange range{json[0].get<float>(), json[1].get<float>()};
  if (!std::isfinite(range.least) || !std::isfinite(range.greatest) || range.least > 0 ||
      range.greatest < 0) {
    fail("{} is {}; it must be finite numbers with zero between them", where, in_quotes(json.dump()));
  }
  return range;
}

nlohmann::json range_to_json(const ops::ValueRange& range) { return {range.least, range.greatest}; }

}  // namespace

nlohmann::json Calibration::to_json() const {
  auto layers = nlohmann::json::object();
  for (const auto& [name, range] : ranges) {
    layers[name] = {{"input", range_to_json(range.input)}, {"output", range_to_json(range.output)}};
  }
  return {{"images", images}, {"ranges", layers}, {"kept", kept}};
}

Calibration Calibration::from_json(const nlohmann::json& json, const std::string& source) {
  // Older model files use another word for the field.
  const char* const images = json.is_object() && json.contains("pictures") ? "pictures" : "images";
  const bool good = json.is_object() && json.contains(images) && json[images].is_number_integer() &&
                    json.contains("ranges") && json["ranges"].is_object();
  if (!good) fail("{}: the calibration needs 'images', a number, and 'ranges', an object", source);
  Calibration calibration;
  calibration.images = json[images].get<int64_t>();
  for (const auto& [name, layer] : json["ranges"].items()) {
    const auto where = fmt::format("{}: calibration of {}", source, in_quotes(name));
    if (!layer.is_object() || !layer.contains("input") || !layer.contains("output")) {
      fail("{} needs 'input' and 'output'", where);
    }
    calibration.ranges[name] = {range_from_json(layer["input"], where + ": input"),
                                range_from_json(layer["output"], where + ": output")};
  }
  // Older files have none.
  const auto kept = json.value("kept", nlohmann::json::array());
  if (!kept.is_array())
    fail("{}: the calibration's 'kept' is {}; it must be a list", source, in_quotes(kept.dump()));
  for (const auto& name : kept) {
    if (!name.is_string()) {
      fail("{}: the calibration's 'kept' has {}; it must be a layer's name", source, in_quotes(name.dump()));
    }
    calibration.kept.insert(name.get<std::string>());
  }
  return calibration;
}

Calibration calibrate(models::Detector& model, const images::PreprocessOptions& options,
                      const std::vector<std::filesystem::path>& images,
                      const std::function<void(int64_t)>& progress, images::Orientation orientation) {
  const images::Preprocess preprocess(options);
  nn::RangeRecorder recorder;
  Calibration calibration;
  for (const auto& path : images) {
    const auto image = images::decode_image(path, orientation);
    run_model(model, preprocess(image).unsqueeze(0), {images::size_of(image)}, {});
    if (progress) progress(++calibration.images);
  }
  calibration.images = static_cast<int64_t>(images.size());
  calibration.ranges = recorder.ranges(model);
  return calibration;
}

}  // namespace focus::detector
