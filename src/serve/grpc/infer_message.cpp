#include "serve/grpc/infer_message.h"

#include <bit>
#include <limits>
#include <utility>

#include "base/human.h"
#include "base/utf8.h"
#include "http/error.h"
#include "serve/grpc/wire.h"

namespace focus::serve::grpc {
namespace {

using http::fail_http;
using WireKind = WireField::Kind;

constexpr std::string_view kContents[] = {"",
                                          "bool_contents",
                                          "int_contents",
                                          "int64_contents",
                                          "uint_contents",
                                          "uint64_contents",
                                          "fp32_contents",
                                          "fp64_contents",
                                          "bytes_contents"};

void require_kind(const WireField& field, WireKind kind, std::string_view name) {
  if (field.kind != kind) fail_http(400, "field '{}' of the message has the wrong type", name);
}

std::string text_of(const WireField& field, std::string_view name) {
  require_kind(field, WireKind::kBytes, name);
  std::string text(field.bytes);
  if (as_valid_utf8(text) != text) fail_http(400, "field '{}' is not UTF-8", name);
  return text;
}

std::string_view bytes_of(const WireField& field, std::string_view name) {
  require_kind(field, WireKind::kBytes, name);
  return field.bytes;
}

/// Counts the parts that take memory in addition to the message.
class Parts {
 public:
  void count() {
    if (++parts_ > kMostParts) fail_http(400, "the request has more than {} parts", kMostParts);
  }

 private:
  size_t parts_ = 0;
};

kserve::Value value_of(std::string_view message, const std::string& name) {
  WireReader reader(message);
  WireField field;
  std::optional<kserve::Value> value;
  while (reader.next(field)) {
    switch (field.number) {
      case 1:
        require_kind(field, WireKind::kVarint, "bool_param");
        value = field.value != 0;
        break;
      case 2:
        require_kind(field, WireKind::kVarint, "int64_param");
        value = static_cast<int64_t>(field.value);
        break;
      case 3:
        value = text_of(field, "string_param");
        break;
      case 4:
        require_kind(field, WireKind::kFixed64, "double_param");
        value = std::bit_cast<double>(field.value);
        break;
      case 5:
        require_kind(field, WireKind::kVarint, "uint64_param");
        if (field.value > uint64_t{std::numeric_limits<int64_t>::max()}) {
          fail_http(400, "parameter {} is too large", in_quotes(name));
        }
        value = static_cast<int64_t>(field.value);
        break;
      default:
        break;
    }
  }
  if (!value) fail_http(400, "parameter {} has no value", in_quotes(name));
  return *value;
}

/// Adds an entry of a map of parameters.
void add_parameter(std::string_view message, kserve::Values& values, Parts& parts) {
  parts.count();
  WireReader reader(message);
  WireField field;
  std::string name;
  std::string_view value;
  while (reader.next(field)) {
    if (field.number == 1) name = text_of(field, "key of parameters");
    if (field.number == 2) value = bytes_of(field, "value of parameters");
  }
  values[name] = value_of(value, name);
}

void add_sizes(const WireField& field, std::string_view name, std::vector<int64_t>& sizes, Parts& parts) {
  if (field.kind == WireKind::kVarint) {
    parts.count();
    sizes.push_back(static_cast<int64_t>(field.value));
    return;
  }
  WireReader packed(bytes_of(field, name));
  while (!packed.at_end()) {
    parts.count();
    sizes.push_back(static_cast<int64_t>(packed.varint()));
  }
}

/// The contents of an input, which a client may send in several fields.
struct Contents {
  uint32_t used = 0;    ///< the field that is used; 0: none
  std::string numbers;  ///< from int_contents or uint_contents, one byte each
  std::string fault;    ///< says which number is not a byte, if any
  std::vector<std::string_view> elements;

  void add_number(uint64_t value) {
    if (value <= 255) {
      numbers += static_cast<char>(value);
    } else if (fault.empty()) {
      fault = fmt::format("its data contain {}; numbers must be from 0 to 255", static_cast<int64_t>(value));
    }
  }
};

void read_contents(std::string_view message, const std::string& input, Contents& contents, Parts& parts) {
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (field.number == 0 || field.number >= std::size(kContents)) continue;
    // An empty list of packed numbers.
    if (field.number != 8 && field.kind == WireKind::kBytes && field.bytes.empty()) continue;
    if (contents.used != 0 && contents.used != field.number) {
      fail_http(400, "input {} has both {} and {}", in_quotes(input), kContents[contents.used],
                kContents[field.number]);
    }
    contents.used = field.number;
    if (field.number == 8) {
      parts.count();
      contents.elements.push_back(bytes_of(field, kContents[8]));
    } else if (field.number == 2 || field.number == 4) {
      if (field.kind == WireKind::kVarint) {
        contents.add_number(field.value);
        continue;
      }
      WireReader packed(bytes_of(field, kContents[field.number]));
      while (!packed.at_end()) contents.add_number(packed.varint());
    }
  }
}

kserve::Input read_input(std::string_view message, std::list<std::string>& owned, Parts& parts) {
  kserve::Input input;
  WireReader reader(message);
  WireField field;
  Contents contents;
  std::vector<std::string_view> all;
  while (reader.next(field)) {
    switch (field.number) {
      case 1:
        input.name = text_of(field, "name of inputs");
        break;
      case 2:
        input.datatype = text_of(field, "datatype of inputs");
        break;
      case 3:
        add_sizes(field, "shape of inputs", input.shape, parts);
        break;
      case 4:
        add_parameter(bytes_of(field, "parameters of inputs"), input.parameters, parts);
        break;
      case 5:
        parts.count();
        all.push_back(bytes_of(field, "contents of inputs"));
        break;
      default:
        break;
    }
  }
  for (const auto part : all) read_contents(part, input.name, contents, parts);
  if (contents.used == 0) return input;
  input.fault = std::move(contents.fault);
  if (contents.used == 8) {
    input.elements = std::move(contents.elements);
  } else if (contents.used == 2 || contents.used == 4) {
    input.numbers = owned.emplace_back(std::move(contents.numbers));
  } else {
    input.fault = fmt::format(
        "its data are in {}; put BYTES into bytes_contents, UINT8 into uint_contents or int_contents",
        kContents[contents.used]);
  }
  return input;
}

kserve::RequestedOutput read_output(std::string_view message, Parts& parts) {
  kserve::RequestedOutput output;
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (field.number == 1) output.name = text_of(field, "name of outputs");
    if (field.number == 2) add_parameter(bytes_of(field, "parameters of outputs"), output.parameters, parts);
  }
  return output;
}

void give_raw(const std::vector<std::string_view>& raw, std::vector<kserve::Input>& inputs) {
  if (raw.empty()) return;
  for (const auto& input : inputs) {
    if (input.elements || input.numbers || !input.fault.empty()) {
      fail_http(400,
                "input {} has contents, but the request also has raw_input_contents; send only one of them",
                in_quotes(input.name));
    }
  }
  if (raw.size() != inputs.size()) {
    fail_http(400, "raw_input_contents has {} entries for {} inputs", raw.size(), inputs.size());
  }
  for (size_t i = 0; i < raw.size(); ++i) inputs[i].raw = raw[i];
}

}  // namespace

InferMessage read_infer_request(std::string_view message) {
  InferMessage read;
  auto& request = read.request;
  Parts parts;
  std::vector<std::string_view> raw;
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    switch (field.number) {
      case 1:
        read.model_name = text_of(field, "model_name");
        break;
      case 2:
        read.model_version = text_of(field, "model_version");
        break;
      case 3:
        request.id = text_of(field, "id");
        break;
      case 4:
        add_parameter(bytes_of(field, "parameters"), request.parameters, parts);
        break;
      case 5:
        parts.count();
        request.inputs.push_back(read_input(bytes_of(field, "inputs"), request.owned, parts));
        break;
      case 6:
        parts.count();
        request.outputs.push_back(read_output(bytes_of(field, "outputs"), parts));
        break;
      case 7:
        parts.count();
        raw.push_back(bytes_of(field, "raw_input_contents"));
        break;
      default:
        break;
    }
  }
  give_raw(raw, request.inputs);
  return read;
}

std::string write_infer_response(const kserve::Response& response) {
  WireWriter message;
  message.text(1, response.model_name);
  message.text(2, response.model_version);
  message.text(3, response.id);
  for (const auto& output : response.outputs) {
    WireWriter tensor;
    tensor.text(1, output.spec->name);
    tensor.text(2, output.spec->datatype);
    tensor.packed(3, output.shape);
    message.element(5, tensor.bytes());
  }
  for (const auto& output : response.outputs) message.element(6, output.bytes());
  return message.take();
}

ModelQuestion read_model_question(std::string_view message) {
  ModelQuestion question;
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (field.number == 1) question.name = text_of(field, "name");
    if (field.number == 2) question.version = text_of(field, "version");
  }
  return question;
}

}  // namespace focus::serve::grpc
