#include "serve/kserve/request.h"

#include <algorithm>
#include <cstring>

#include "base/human.h"
#include "http/error.h"
#include "serve/kserve/tensors.h"

namespace focus::serve::kserve {
namespace {

using http::fail_http;

constexpr std::string_view kLookNames[] = {"threshold", "max", "keep", "tiles"};
/// Parameters that clients and gateways send, but that have no effect on a stateless model with one queue.
constexpr std::string_view kOfNoEffect[] = {"priority",     "sequence_id",  "sequence_start",
                                            "sequence_end", "content_type", "headers"};

template <typename List>
bool has(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

std::string text_of(const Value& value) {
  return std::visit([](const auto& held) { return fmt::format("{}", held); }, value);
}

bool flag_of(const Value& value, const char* name) {
  const auto* flag = std::get_if<bool>(&value);
  if (flag == nullptr)
    fail_http(400, "parameter '{}' is {}; it must be true or false", name, in_quotes(text_of(value)));
  return *flag;
}

/// Throws HttpError for parameters of an input or output that are unknown or not supported.
void require_known(const Values& parameters, const std::string& where, std::string_view known) {
  for (const auto& [name, value] : parameters) {
    if (name.starts_with("shared_memory_")) {
      fail_http(400, "{}: shared memory is not supported; send and receive tensors in the messages", where);
    }
    if (name == "classification") {
      fail_http(400, "{}: 'classification' is not supported; outputs are scores and category_ids already",
                where);
    }
    if (name != known && !has(kOfNoEffect, name)) {
      fail_http(400, "{}: there is no parameter {}", where, in_quotes(name));
    }
  }
}

std::chrono::microseconds timeout_of(const Value& value) {
  std::optional<int64_t> given;
  if (const auto* number = std::get_if<int64_t>(&value)) given = *number;
  if (!given || *given < 0) {
    fail_http(400, "parameter 'timeout' is {}; it must be a whole number of microseconds",
              in_quotes(text_of(value)));
  }
  // Limit it to a day, so that no sum of times overflows.
  return std::chrono::microseconds(std::min<int64_t>(*given, int64_t{86400} * 1000000));
}

/// Splits concatenated elements of BYTES. Stops after one more than `most`.
std::vector<std::string_view> split(std::string_view data, size_t most) {
  std::vector<std::string_view> elements;
  while (!data.empty() && elements.size() <= most) {
    uint32_t size = 0;
    if (data.size() >= sizeof(size)) std::memcpy(&size, data.data(), sizeof(size));
    if (data.size() < sizeof(size) || size > data.size() - sizeof(size)) {
      fail_http(400, "input 'image': element {} is longer than the tensor", elements.size());
    }
    elements.push_back(data.substr(sizeof(size), size));
    data.remove_prefix(sizeof(size) + size);
  }
  return elements;
}

void require_count(int64_t images, const RequestLimits& limits) {
  if (images > limits.max_images) {
    fail_http(413, "{} images in one request; at most {} are accepted", images, limits.max_images);
  }
}

void add_encoded(const Input& input, const RequestLimits& limits, std::vector<SentImage>& images) {
  if (input.shape.size() != 1) {
    fail_http(400, "input 'image': BYTES must have the shape [N], not {} dimensions", input.shape.size());
  }
  require_count(input.shape[0], limits);
  if (input.numbers) fail_http(400, "input 'image': the data of BYTES must be base64 strings, not numbers");
  const auto elements =
      input.raw ? split(*input.raw, static_cast<size_t>(limits.max_images)) : *input.elements;
  require_count(static_cast<int64_t>(elements.size()), limits);
  if (static_cast<int64_t>(elements.size()) != input.shape[0]) {
    fail_http(400, "input 'image': {} elements, but the shape says {}", elements.size(), input.shape[0]);
  }
  for (const auto bytes : elements) {
    images.push_back({fmt::format("input 'image', element {}", images.size()), bytes, {}});
  }
}

void add_pixels(const Input& input, const RequestLimits& limits, std::vector<SentImage>& images) {
  auto shape = input.shape;
  if (shape.size() == 3) shape.insert(shape.begin(), 1);
  if (shape.size() != 4 || shape[3] != 3) {
    fail_http(400, "input 'image': UINT8 must have the shape [H, W, 3] or [N, H, W, 3]");
  }
  require_count(shape[0], limits);
  int64_t pixels = 0, bytes = 0, all = 0;
  if (__builtin_mul_overflow(shape[1], shape[2], &pixels) || pixels > limits.max_pixels ||
      __builtin_mul_overflow(pixels, int64_t{3}, &bytes) || __builtin_mul_overflow(bytes, shape[0], &all)) {
    fail_http(413, "input 'image': {} x {} pixels; at most {} are accepted", shape[2], shape[1],
              limits.max_pixels);
  }
  if (input.elements) fail_http(400, "input 'image': the data of UINT8 must be numbers, not strings");
  const auto data = input.raw ? *input.raw : *input.numbers;
  if (data.size() != static_cast<size_t>(all)) {
    fail_http(400, "input 'image': {} bytes, but the shape says {}", data.size(), all);
  }
  for (int64_t i = 0; i < shape[0]; ++i) {
    images.push_back({fmt::format("input 'image', element {}", i),
                      data.substr(static_cast<size_t>(i * bytes), static_cast<size_t>(bytes)),
                      nn::ImageSize{shape[1], shape[2]}});
  }
}

std::vector<SentImage> images_of(const Request& request, const RequestLimits& limits) {
  if (request.inputs.size() != 1 || request.inputs[0].name != "image") {
    std::vector<std::string> names;
    for (const auto& input : request.inputs) names.push_back(input.name);
    fail_http(400, "there must be one input, 'image'; the request has {}",
              names.empty() ? "none" : listed_in_quotes(names));
  }
  const auto& input = request.inputs[0];
  require_known(input.parameters, "input 'image'", "binary_data_size");
  if (input.datatype != "BYTES" && input.datatype != "UINT8") {
    fail_http(400, "input 'image' is {}; BYTES (encoded images) and UINT8 (RGB pixels) are accepted",
              in_quotes(input.datatype));
  }
  if (input.shape.empty()) fail_http(400, "input 'image': the shape has no dimensions");
  for (const int64_t size : input.shape) {
    if (size < 1) fail_http(400, "input 'image': the shape has {}; every dimension must be at least 1", size);
  }
  if (!input.fault.empty()) fail_http(400, "input 'image': {}", input.fault);
  if (!input.raw && !input.elements && !input.numbers) fail_http(400, "input 'image' has no data");
  std::vector<SentImage> images;
  input.datatype == "BYTES" ? add_encoded(input, limits, images) : add_pixels(input, limits, images);
  return images;
}

std::vector<OutputChoice> outputs_of(const Request& request, bool binary) {
  const auto& specs = output_specs();
  std::vector<OutputChoice> choices;
  for (const auto& wanted : request.outputs) {
    const auto spec = std::find_if(specs.begin(), specs.end(),
                                   [&](const TensorSpec& known) { return wanted.name == known.name; });
    if (spec == specs.end()) {
      std::vector<std::string> names;
      for (const auto& known : specs) names.emplace_back(known.name);
      fail_http(400, "there is no output {}; the outputs are {}", in_quotes(wanted.name),
                listed_in_quotes(names));
    }
    const auto where = "output " + in_quotes(wanted.name);
    require_known(wanted.parameters, where, "binary_data");
    OutputChoice choice{static_cast<size_t>(spec - specs.begin()), binary};
    if (const auto own = wanted.parameters.find("binary_data"); own != wanted.parameters.end()) {
      choice.binary = flag_of(own->second, "binary_data");
    }
    const bool twice = std::any_of(choices.begin(), choices.end(),
                                   [&](const OutputChoice& other) { return other.output == choice.output; });
    if (twice) fail_http(400, "{} is requested twice", where);
    choices.push_back(choice);
  }
  if (request.outputs.empty()) {
    for (size_t i = 0; i < specs.size(); ++i) choices.push_back({i, binary});
  }
  return choices;
}

}  // namespace

Inference understand(const Request& request, const RequestLimits& limits) {
  Inference inference;
  http::Parameters look;
  bool binary = false;
  for (const auto& [name, value] : request.parameters) {
    if (name == "binary_data_output") {
      binary = flag_of(value, "binary_data_output");
    } else if (name == "timeout") {
      inference.timeout = timeout_of(value);
    } else if (has(kLookNames, name)) {
      look.emplace_back(name, text_of(value));
    } else if (!has(kOfNoEffect, name) && !name.starts_with("triton_")) {
      fail_http(400, "there is no parameter {}; the parameters are {}, binary_data_output, timeout",
                in_quotes(name), fmt::join(kLookNames, ", "));
    }
  }
  inference.images.look = read_look(look, false);
  inference.outputs = outputs_of(request, binary);
  inference.images.images = images_of(request, limits);
  return inference;
}

}  // namespace focus::serve::kserve
