#include "serve/kserve/http_request.h"

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/human.h"
#include "base/numbers.h"
#include "http/error.h"

namespace focus::serve::kserve {
namespace {

using http::fail_http;
using nlohmann::json;

/// The data of an input, which may be most of a body, in the form in which they are used later.
struct InlineData {
  std::string numbers;
  std::list<std::string> elements;  ///< decoded
  bool has_numbers = false;
  std::string fault;
};

/// Builds the JSON values of the request while parsing, except for the data of inputs, which are kept
/// separately.
/// Throws HttpError if the request is invalid.
class Reader : public nlohmann::json_sax<json> {
 public:
  const json& root() const { return root_; }
  /// The data of inputs, by their index in the list.
  std::map<size_t, InlineData>& data() { return data_; }

  bool null() override { return scalar(nullptr, "null"); }
  bool boolean(bool value) override { return scalar(value, value ? "true" : "false"); }
  bool number_integer(int64_t value) override { return scalar(value, std::to_string(value)); }
  bool number_unsigned(uint64_t value) override {
    if (!in_data_) return scalar(value, "");
    in_data_->has_numbers = true;
    if (value > 255) return data_fault(std::to_string(value));
    in_data_->numbers += static_cast<char>(value);
    return true;
  }
  bool number_float(double value, const std::string& text) override { return scalar(value, text); }
  bool string(std::string& value) override {
    if (!in_data_) return scalar(std::move(value), "");
    count();
    auto bytes = from_base64(value);
    if (!bytes && in_data_->fault.empty()) {
      in_data_->fault = fmt::format("element {} is not base64", in_data_->elements.size());
    }
    in_data_->elements.push_back(bytes ? std::move(*bytes) : std::string());
    return true;
  }
  bool binary(json::binary_t&) override { return scalar(nullptr, "binary"); }

  bool start_array(size_t) override {
    if (in_data_) {
      if (++data_depth_ > kMostNested) fail_nested();
      return true;
    }
    if (open_.size() == 3 && keys_[0] == "inputs" && keys_[2] == "data") {
      place(json::array());
      in_data_ = &data_[open_[1]->size() - 1];
      data_depth_ = 1;
      return true;
    }
    return open(json::array());
  }
  bool end_array() override {
    if (in_data_) {
      if (--data_depth_ == 0) in_data_ = nullptr;
      return true;
    }
    return close();
  }
  bool start_object(size_t) override {
    if (in_data_) fail_http(400, "the request: the data of an input contain an object");
    return open(json::object());
  }
  bool key(std::string& name) override {
    if (open_.back()->contains(name)) {
      fail_http(400, "the request: key {} comes twice in one object", in_quotes(name));
    }
    keys_.back() = std::move(name);
    return true;
  }
  bool end_object() override { return close(); }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    // The message quotes the last token, which may be long.
    constexpr size_t kMost = 160;
    std::string why = error.what();
    if (why.size() > kMost) why = why.substr(0, kMost) + "...";
    fail_http(400, "the request: not JSON, at byte {}: {}", position, why);
  }

 private:
  [[noreturn]] static void fail_nested() {
    fail_http(400, "the request: JSON nested more than {} deep", kMostNested);
  }

  void count() {
    if (++values_ > kMostValues) fail_http(400, "the request: more than {} values", kMostValues);
  }

  template <typename Value>
  bool scalar(Value&& value, const std::string& text) {
    if (in_data_) return data_fault(text);
    place(json(std::forward<Value>(value)));
    return true;
  }

  bool data_fault(const std::string& text) {
    if (in_data_->fault.empty()) {
      in_data_->fault =
          fmt::format("its data contain {}; they must be numbers from 0 to 255, or base64 strings", text);
    }
    return true;
  }

  json* place(json value) {
    count();
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    json& parent = *open_.back();
    if (parent.is_object()) return &(parent[keys_.back()] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool open(json container) {
    json* placed = place(std::move(container));
    if (open_.size() == kMostNested) fail_nested();
    open_.push_back(placed);
    keys_.emplace_back();
    return true;
  }
  bool close() {
    open_.pop_back();
    keys_.pop_back();
    return true;
  }

  json root_;
  // Only the last element of a list grows, so these pointers stay valid.
  std::vector<json*> open_;
  std::vector<std::string> keys_;  ///< the current key of each open object
  size_t values_ = 0;
  std::map<size_t, InlineData> data_;
  InlineData* in_data_ = nullptr;
  size_t data_depth_ = 0;
};

/// Binary tensors, one after the other.
class Binary {
 public:
  explicit Binary(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(uint64_t size, const std::string& input) {
    if (size > rest_.size()) {
      fail_http(400, "input {}: binary_data_size is {}, but only {} bytes are left after the JSON",
                in_quotes(input), size, rest_.size());
    }
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

/// A field of an object; null if there is none.
const json* field(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string text_field(const json& object, const char* name, const std::string& where) {
  const json* value = field(object, name);
  if (value == nullptr) fail_http(400, "{}: field '{}' is missing", where, name);
  if (!value->is_string())
    fail_http(400, "{}: field '{}' is {}, not a string", where, name, value->type_name());
  return value->get<std::string>();
}

Values parameters_of(const json& object, const std::string& where) {
  Values values;
  const json* parameters = field(object, "parameters");
  if (parameters == nullptr) return values;
  if (!parameters->is_object()) {
    fail_http(400, "{}: 'parameters' is {}, not an object", where, parameters->type_name());
  }
  for (const auto& [name, value] : parameters->items()) {
    if (value.is_boolean()) {
      values[name] = value.get<bool>();
    } else if (value.is_string()) {
      values[name] = value.get<std::string>();
    } else if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) {
      fail_http(400, "{}: parameter {} is too large", where, in_quotes(name));
    } else if (value.is_number_integer()) {
      values[name] = value.get<int64_t>();
    } else if (value.is_number_float()) {
      values[name] = value.get<double>();
    } else {
      fail_http(400, "{}: parameter {} is {}, not a number, string, true or false", where, in_quotes(name),
                value.type_name());
    }
  }
  return values;
}

const json& list_field(const json& object, const char* name) {
  const json* list = field(object, name);
  if (list == nullptr) fail_http(400, "the request: field '{}' is missing", name);
  if (!list->is_array()) fail_http(400, "the request: '{}' is {}, not a list", name, list->type_name());
  for (const auto& entry : *list) {
    if (!entry.is_object())
      fail_http(400, "the request: '{}' has {}, not an object", name, entry.type_name());
  }
  return *list;
}

std::vector<int64_t> shape_of(const json& input, const std::string& where) {
  const json* shape = field(input, "shape");
  if (shape == nullptr) fail_http(400, "{}: field 'shape' is missing", where);
  if (!shape->is_array()) fail_http(400, "{}: 'shape' is {}, not a list", where, shape->type_name());
  std::vector<int64_t> sizes;
  for (const auto& size : *shape) {
    const bool whole =
        size.is_number_integer() && !(size.is_number_unsigned() && size.get<uint64_t>() > INT64_MAX);
    if (!whole) {
      fail_http(400, "{}: 'shape' has {}, which is not a 64-bit integer", where,
                in_quotes(size.dump(-1, ' ', false, json::error_handler_t::replace)));
    }
    sizes.push_back(size.get<int64_t>());
  }
  return sizes;
}

Input input_of(const json& object, InlineData* data, Binary& binary, std::list<std::string>& owned) {
  Input input;
  input.name = text_field(object, "name", "an input");
  const auto where = "input " + in_quotes(input.name);
  input.datatype = text_field(object, "datatype", where);
  input.shape = shape_of(object, where);
  input.parameters = parameters_of(object, where);
  const auto size = input.parameters.find("binary_data_size");
  if (size != input.parameters.end()) {
    const auto* bytes = std::get_if<int64_t>(&size->second);
    if (bytes == nullptr || *bytes < 0)
      fail_http(400, "{}: binary_data_size is not a number of bytes", where);
    if (field(object, "data") != nullptr) {
      fail_http(400, "{}: has both 'data' and binary_data_size; send only one of them", where);
    }
    input.raw = binary.take(static_cast<uint64_t>(*bytes), input.name);
    input.parameters.erase(size);
    return input;
  }
  if (const json* given = field(object, "data"); given == nullptr || data == nullptr) {
    if (given != nullptr) fail_http(400, "{}: 'data' is {}, not a list", where, given->type_name());
    return input;
  }
  input.fault = std::move(data->fault);
  if (data->has_numbers && !data->elements.empty()) input.fault = "its data contain both numbers and strings";
  if (data->has_numbers) {
    input.numbers = owned.emplace_back(std::move(data->numbers));
  } else {
    auto& elements = input.elements.emplace();
    for (const auto& element : data->elements) elements.push_back(element);
    owned.splice(owned.end(), data->elements);
  }
  return input;
}

size_t json_size(std::string_view body, std::string_view json_bytes) {
  const auto size = parse_number<size_t>(json_bytes);
  if (!size || *size > body.size()) {
    fail_http(400, "Inference-Header-Content-Length is {} for a body of {} bytes", in_quotes(json_bytes),
              body.size());
  }
  return *size;
}

}  // namespace

Request read_http_request(std::string_view body, std::optional<std::string_view> json_bytes) {
  const size_t head = json_bytes ? json_size(body, *json_bytes) : body.size();
  Request request;
  if (json_bytes && head == 0) {
    request.inputs.push_back({.name = "image", .datatype = "BYTES", .shape = {1}});
    request.inputs.back().elements = {body};
    return request;
  }
  Reader reader;
  json::sax_parse(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(head), &reader);
  const json& root = reader.root();
  if (!root.is_object()) fail_http(400, "the request is {}, not an object", root.type_name());
  if (root.contains("id")) request.id = text_field(root, "id", "the request");
  request.parameters = parameters_of(root, "the request");
  Binary binary(body.substr(head));
  size_t i = 0;
  for (const auto& object : list_field(root, "inputs")) {
    const auto data = reader.data().find(i++);
    request.inputs.push_back(
        input_of(object, data == reader.data().end() ? nullptr : &data->second, binary, request.owned));
  }
  if (binary.left() > 0) {
    fail_http(400, "there are {} bytes after the last binary tensor", binary.left());
  }
  if (root.contains("outputs")) {
    for (const auto& object : list_field(root, "outputs")) {
      auto name = text_field(object, "name", "an output");
      auto values = parameters_of(object, "output " + in_quotes(name));
      request.outputs.push_back({std::move(name), std::move(values)});
    }
  }
  return request;
}

}  // namespace focus::serve::kserve
