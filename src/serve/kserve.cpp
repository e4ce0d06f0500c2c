#include "serve/kserve.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "base/base64.h"
#include "base/json.h"
#include "serve/http_error.h"

namespace focus::serve {
namespace {

using nlohmann::json;

/// The binary tensors behind the JSON, taken one after the other.
class Binary {
 public:
  explicit Binary(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(uint64_t size) {
    if (size > rest_.size()) {
      fail_http(400, "binary_data_size is {}, but only {} bytes are left behind the JSON", size,
                rest_.size());
    }
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// A field of an object, of the type wanted.
template <typename T>
T field(const json& object, const char* name) {
  try {
    return object.at(name).get<T>();
  } catch (const json::exception&) {
    fail_http(400, "field '{}' is missing or of another type", name);
  }
}

/// A number or text among the parameters, as the query of /v1/detect has it.
std::string parameter(const json& request, const char* name) {
  if (!request.contains("parameters") || !request["parameters"].is_object()) return "";
  const auto& parameters = request["parameters"];
  if (!parameters.contains(name)) return "";
  const auto& value = parameters[name];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool flag(const json& object, const char* name) {
  if (!object.contains("parameters") || !object["parameters"].is_object()) return false;
  const auto& value = object["parameters"].value(name, json(false));
  return value.is_boolean() && value.get<bool>();
}

std::optional<uint64_t> binary_size(const json& input) {
  if (!input.contains("parameters") || !input["parameters"].is_object()) return std::nullopt;
  const auto& parameters = input["parameters"];
  if (!parameters.contains("binary_data_size")) return std::nullopt;
  if (!parameters["binary_data_size"].is_number_unsigned())
    fail_http(400, "binary_data_size is not a number");
  return parameters["binary_data_size"].get<uint64_t>();
}

/// Elements of a binary BYTES tensor: each its length in four bytes, little-endian, then itself.
std::vector<std::string> split_bytes(std::string_view data) {
  std::vector<std::string> elements;
  while (!data.empty()) {
    uint32_t size = 0;
    if (data.size() >= sizeof(size)) std::memcpy(&size, data.data(), sizeof(size));
    if (data.size() < sizeof(size) || size > data.size() - sizeof(size)) {
      fail_http(400, "input 'image': element {} is longer than the tensor", elements.size());
    }
    elements.emplace_back(data.substr(sizeof(size), size));
    data.remove_prefix(sizeof(size) + size);
  }
  return elements;
}

/// Numbers 0..255 of a list, however it is nested.
void flatten(const json& data, size_t most, std::string& bytes) {
  if (data.is_array()) {
    for (const auto& part : data) flatten(part, most, bytes);
  } else if (data.is_number_unsigned() && data.get<uint64_t>() <= 255 && bytes.size() < most) {
    bytes += static_cast<char>(data.get<uint64_t>());
  } else {
    fail_http(400, "input 'image': the data are not the {} numbers from 0 to 255 that the shape says", most);
  }
}

/// Pictures of RGB pixels.
std::vector<data::Image> raw_pictures(const json& input, Binary& binary, std::vector<int64_t> shape,
                                      const RequestLimits& limits, const Admit& admit) {
  if (shape.size() == 3) shape.insert(shape.begin(), 1);
  if (shape.size() != 4 || shape[3] != 3 || *std::min_element(shape.begin(), shape.end()) < 1) {
    fail_http(400, "input 'image': UINT8 has the shape [H, W, 3] or [N, H, W, 3]");
  }
  if (shape[0] > limits.max_pictures || shape[2] > limits.max_pixels / shape[1]) {
    fail_http(413, "input 'image': at most {} pictures of {} pixels are accepted", limits.max_pictures,
              limits.max_pixels);
  }
  admit(shape[0]);
  const auto all = static_cast<size_t>(shape[0] * shape[1] * shape[2] * 3);
  std::string bytes;
  if (const auto size = binary_size(input)) {
    bytes = binary.take(*size);
  } else {
    flatten(field<json>(input, "data"), all, bytes);
  }
  if (bytes.size() != all)
    fail_http(400, "input 'image': {} bytes, but the shape says {}", bytes.size(), all);
  std::vector<data::Image> pictures;
  pictures.reserve(static_cast<size_t>(shape[0]));
  const auto height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]);
  const char* rgb = bytes.data();
  for (int64_t i = 0; i < shape[0]; ++i) {
    pictures.push_back(data::Image::by_rows(height, width, 3, [&](int, uint8_t* row) {
      for (int x = 0; x < width; ++x, rgb += 3, row += 3) std::reverse_copy(rgb, rgb + 3, row);
    }));
  }
  return pictures;
}

std::vector<std::string> encoded_elements(const json& input, Binary& binary) {
  if (const auto size = binary_size(input)) return split_bytes(binary.take(*size));
  std::vector<std::string> elements;
  for (const auto& text : field<std::vector<std::string>>(input, "data")) {
    auto bytes = from_base64(text);
    if (!bytes) fail_http(400, "input 'image': element {} is not base64", elements.size());
    elements.push_back(std::move(*bytes));
  }
  return elements;
}

std::vector<data::Image> encoded_pictures(const json& input, Binary& binary,
                                          const std::vector<int64_t>& shape, const RequestLimits& limits,
                                          const Admit& admit) {
  const auto elements = encoded_elements(input, binary);
  int64_t wanted = 1;
  for (const int64_t size : shape) wanted = size > 0 && wanted <= limits.max_pictures ? wanted * size : -1;
  if (static_cast<int64_t>(elements.size()) > limits.max_pictures) {
    fail_http(413, "{} pictures in one request; at most {} are accepted", elements.size(),
              limits.max_pictures);
  }
  if (elements.empty() || wanted != static_cast<int64_t>(elements.size())) {
    fail_http(400, "input 'image': {} elements, but the shape says {}", elements.size(), wanted);
  }
  admit(wanted);
  std::vector<data::Image> pictures;
  pictures.reserve(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    pictures.push_back(decode_picture(elements[i], fmt::format("input 'image', element {}", i), limits));
  }
  return pictures;
}

/// Outputs as JSON, or as bytes behind it.
class Outputs {
 public:
  explicit Outputs(bool binary) : binary_(binary) {}

  template <typename T>
  void add(const char* name, const char* type, const std::vector<int64_t>& shape,
           const std::vector<T>& values) {
    json output{{"name", name}, {"datatype", type}, {"shape", shape}};
    if (binary_) {
      const size_t size = values.size() * sizeof(T);
      output["parameters"] = {{"binary_data_size", size}};
      bytes_.append(reinterpret_cast<const char*>(values.data()), size);
    } else {
      output["data"] = values;
    }
    list_.push_back(std::move(output));
  }
  const json& list() const { return list_; }
  const std::string& bytes() const { return bytes_; }

 private:
  bool binary_;
  json list_ = json::array();
  std::string bytes_;
};

}  // namespace

InferRequest read_infer_request(const std::string& body, const std::optional<std::string>& json_bytes,
                                const RequestLimits& limits, const Admit& admit) {
  size_t head = body.size();
  if (json_bytes) {
    const char* end = json_bytes->data() + json_bytes->size();
    const auto [stop, error] = std::from_chars(json_bytes->data(), end, head);
    if (error != std::errc() || stop != end || head > body.size()) {
      fail_http(400, "Inference-Header-Content-Length is '{}' for a body of {} bytes", *json_bytes,
                body.size());
    }
  }
  json request;
  try {
    request = parse_json(body.substr(0, head), "the request");
  } catch (const Error& error) {
    throw HttpError(400, error.what());
  }
  Binary binary(std::string_view(body).substr(head));
  const auto inputs = field<std::vector<json>>(request, "inputs");
  if (inputs.size() != 1 || field<std::string>(inputs[0], "name") != "image") {
    fail_http(400, "there must be one input, 'image'");
  }
  const auto& input = inputs[0];
  const auto type = field<std::string>(input, "datatype");
  const auto shape = field<std::vector<int64_t>>(input, "shape");
  InferRequest result;
  std::vector<data::Image> pictures;
  if (type == "BYTES") {
    pictures = encoded_pictures(input, binary, shape, limits, admit);
  } else if (type == "UINT8") {
    pictures = raw_pictures(input, binary, shape, limits, admit);
  } else {
    fail_http(400, "input 'image' is {}; BYTES (encoded pictures) and UINT8 (RGB pixels) are accepted", type);
  }
  if (!binary.empty()) fail_http(400, "there are bytes behind the last binary tensor");
  const auto how = job_with(parameter(request, "threshold"), parameter(request, "max"),
                            parameter(request, "keep"), parameter(request, "tiles"));
  for (auto& picture : pictures) {
    result.jobs.push_back(how);
    result.jobs.back().picture = std::move(picture);
  }
  if (request.contains("id")) result.id = field<std::string>(request, "id");
  result.binary_output = flag(request, "binary_data_output");
  if (request.contains("outputs") && request["outputs"].is_array()) {
    for (const auto& output : request["outputs"]) {
      if (output.is_object() && flag(output, "binary_data")) result.binary_output = true;
    }
  }
  return result;
}

InferResponse write_infer_response(const InferRequest& request, const std::string& model,
                                   const std::vector<std::vector<detector::Detection>>& found,
                                   const std::vector<data::Category>& categories) {
  size_t most = 0;
  for (const auto& detections : found) most = std::max(most, detections.size());
  std::vector<int64_t> counts;
  counts.reserve(found.size());
  std::vector<int64_t> ids(found.size() * most, -1);
  std::vector<float> boxes(found.size() * most * 4), scores(found.size() * most);
  for (size_t i = 0; i < found.size(); ++i) {
    counts.push_back(static_cast<int64_t>(found[i].size()));
    for (size_t k = 0; k < found[i].size(); ++k) {
      const auto& d = found[i][k];
      const size_t at = i * most + k;
      const double corners[] = {d.x1, d.y1, d.x2, d.y2};
      for (size_t c = 0; c < 4; ++c) boxes[4 * at + c] = static_cast<float>(corners[c]);
      scores[at] = static_cast<float>(d.score);
      ids[at] = categories[static_cast<size_t>(d.label)].id;
    }
  }
  const auto pictures = static_cast<int64_t>(found.size()), places = static_cast<int64_t>(most);
  Outputs outputs(request.binary_output);
  outputs.add("counts", "INT64", {pictures}, counts);
  outputs.add("boxes", "FP32", {pictures, places, 4}, boxes);
  outputs.add("scores", "FP32", {pictures, places}, scores);
  outputs.add("category_ids", "INT64", {pictures, places}, ids);
  json answer{{"model_name", model}, {"outputs", outputs.list()}};
  if (!request.id.empty()) answer["id"] = request.id;
  InferResponse response{answer.dump(-1, ' ', false, json::error_handler_t::replace), std::nullopt};
  if (request.binary_output) {
    response.json_bytes = response.body.size();
    response.body += outputs.bytes();
  }
  return response;
}

json kserve_model(const std::string& name) {
  const auto tensor = [](const char* tensor_name, const char* type, const std::vector<int64_t>& shape) {
    return json{{"name", tensor_name}, {"datatype", type}, {"shape", shape}};
  };
  return {{"name", name},
          {"versions", {"1"}},
          {"platform", "focus-detr"},
          {"inputs", {tensor("image", "BYTES", {-1})}},
          {"outputs",
           {tensor("counts", "INT64", {-1}), tensor("boxes", "FP32", {-1, -1, 4}),
            tensor("scores", "FP32", {-1, -1}), tensor("category_ids", "INT64", {-1, -1})}}};
}

}  // namespace focus::serve
