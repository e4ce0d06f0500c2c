#include "serve/grpc/json_message.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "serve/grpc/wire.h"

namespace focus::serve::grpc {
namespace {

using Kind = MessageField::Kind;
using nlohmann::json;

constexpr std::string_view kDataTypes[] = {"TYPE_INVALID", "TYPE_BOOL",   "TYPE_UINT8", "TYPE_UINT16",
                                           "TYPE_UINT32",  "TYPE_UINT64", "TYPE_INT8",  "TYPE_INT16",
                                           "TYPE_INT32",   "TYPE_INT64",  "TYPE_FP16",  "TYPE_FP32",
                                           "TYPE_FP64",    "TYPE_STRING", "TYPE_BF16"};
constexpr std::string_view kFormats[] = {"FORMAT_NONE", "FORMAT_NHWC", "FORMAT_NCHW"};

constexpr MessageField kServerMetadata[] = {{"name", 1}, {"version", 2}, {"extensions", 3}};

constexpr MessageField kTensor[] = {{"name", 1}, {"datatype", 2}, {"shape", 3, Kind::kNumber}};
constexpr MessageField kModelMetadata[] = {{"name", 1},
                                           {"versions", 2},
                                           {"platform", 3},
                                           {"inputs", 4, Kind::kMessage, kTensor},
                                           {"outputs", 5, Kind::kMessage, kTensor}};

constexpr MessageField kConfigInput[] = {{"name", 1},
                                         {"data_type", 2, Kind::kEnum, {}, kDataTypes},
                                         {"format", 3, Kind::kEnum, {}, kFormats},
                                         {"dims", 4, Kind::kNumber},
                                         {"is_shape_tensor", 6, Kind::kFlag},
                                         {"allow_ragged_batch", 7, Kind::kFlag},
                                         {"optional", 8, Kind::kFlag}};
constexpr MessageField kConfigOutput[] = {{"name", 1},
                                          {"data_type", 2, Kind::kEnum, {}, kDataTypes},
                                          {"dims", 3, Kind::kNumber},
                                          {"label_filename", 4},
                                          {"is_shape_tensor", 6, Kind::kFlag}};
constexpr MessageField kLatest[] = {{"num_versions", 1, Kind::kNumber}};
constexpr MessageField kVersionPolicy[] = {{"latest", 1, Kind::kMessage, kLatest}};
constexpr MessageField kModelConfig[] = {{"name", 1},
                                         {"platform", 2},
                                         {"version_policy", 3, Kind::kMessage, kVersionPolicy},
                                         {"max_batch_size", 4, Kind::kNumber},
                                         {"input", 5, Kind::kMessage, kConfigInput},
                                         {"output", 6, Kind::kMessage, kConfigOutput},
                                         {"instance_group", 7, Kind::kMessage},
                                         {"default_model_filename", 8},
                                         {"cc_model_filenames", 9, Kind::kTexts},
                                         {"metric_tags", 10, Kind::kTexts},
                                         {"parameters", 14, Kind::kMessage},
                                         {"model_warmup", 16, Kind::kMessage},
                                         {"backend", 17},
                                         {"batch_input", 20, Kind::kMessage},
                                         {"batch_output", 21, Kind::kMessage}};
constexpr MessageField kConfigResponse[] = {{"config", 1, Kind::kMessage, kModelConfig}};

constexpr MessageField kDuration[] = {{"count", 1, Kind::kNumber}, {"ns", 2, Kind::kNumber}};
constexpr MessageField kInferStatistics[] = {
    {"success", 1, Kind::kMessage, kDuration},       {"fail", 2, Kind::kMessage, kDuration},
    {"queue", 3, Kind::kMessage, kDuration},         {"compute_input", 4, Kind::kMessage, kDuration},
    {"compute_infer", 5, Kind::kMessage, kDuration}, {"compute_output", 6, Kind::kMessage, kDuration},
    {"cache_hit", 7, Kind::kMessage, kDuration},     {"cache_miss", 8, Kind::kMessage, kDuration}};
constexpr MessageField kBatchStatistics[] = {{"batch_size", 1, Kind::kNumber},
                                             {"compute_input", 2, Kind::kMessage, kDuration},
                                             {"compute_infer", 3, Kind::kMessage, kDuration},
                                             {"compute_output", 4, Kind::kMessage, kDuration}};
constexpr MessageField kModelStatistics[] = {{"name", 1},
                                             {"version", 2},
                                             {"last_inference", 3, Kind::kNumber},
                                             {"inference_count", 4, Kind::kNumber},
                                             {"execution_count", 5, Kind::kNumber},
                                             {"inference_stats", 6, Kind::kMessage, kInferStatistics},
                                             {"batch_stats", 7, Kind::kMessage, kBatchStatistics},
                                             {"memory_usage", 8, Kind::kMessage},
                                             {"response_stats", 9, Kind::kTexts}};
constexpr MessageField kStatistics[] = {{"model_stats", 1, Kind::kMessage, kModelStatistics}};

uint64_t enum_value(const json& value, const MessageField& field) {
  const auto name = value.get<std::string>();
  const auto at = std::find(field.values.begin(), field.values.end(), name);
  if (at == field.values.end()) fail("'{}' is no value of {}", name, field.name);
  return static_cast<uint64_t>(at - field.values.begin());
}

uint64_t number_value(const json& value) {
  return value.is_number_unsigned() ? value.get<uint64_t>() : static_cast<uint64_t>(value.get<int64_t>());
}

void write_map(const json& object, const MessageField& field, WireWriter& message) {
  for (const auto& [name, value] : object.items()) {
    WireWriter entry;
    entry.text(1, name);
    entry.text(2, value.get<std::string>());
    message.element(field.number, entry.bytes());
  }
}

void write_list(const json& list, const MessageField& field, WireWriter& message) {
  if (field.kind == Kind::kNumber) {
    message.packed(field.number, list.get<std::vector<int64_t>>());
    return;
  }
  for (const auto& value : list) {
    message.element(field.number, field.kind == Kind::kMessage ? write_message(value, field.message)
                                                               : value.get<std::string>());
  }
}

void write_value(const json& value, const MessageField& field, WireWriter& message) {
  switch (field.kind) {
    case Kind::kText:
      return message.text(field.number, value.get<std::string>());
    case Kind::kNumber:
      return message.number(field.number, number_value(value));
    case Kind::kFlag:
      return message.flag(field.number, value.get<bool>());
    case Kind::kEnum:
      return message.number(field.number, enum_value(value, field));
    case Kind::kTexts:
      return write_map(value, field, message);
    // An object without fields stands for a map that is empty.
    case Kind::kMessage:
      if (!field.message.empty() || !value.empty())
        message.element(field.number, write_message(value, field.message));
      return;
  }
}

}  // namespace

const MessageFields kServerMetadataFields = kServerMetadata, kModelMetadataFields = kModelMetadata,
                    kModelConfigFields = kConfigResponse, kStatisticsFields = kStatistics;

std::string write_message(const json& object, MessageFields fields) {
  WireWriter message;
  for (const auto& [name, value] : object.items()) {
    const auto field =
        std::find_if(fields.begin(), fields.end(), [&](const MessageField& one) { return one.name == name; });
    if (field == fields.end()) fail("'{}' has no place in its message", name);
    value.is_array() ? write_list(value, *field, message) : write_value(value, *field, message);
  }
  return message.take();
}

}  // namespace focus::serve::grpc
