#include "serve/grpc/json_message.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "serve/grpc/wire.h"

namespace focus::serve::grpc {
namespace {

using FieldKind = MessageField::Kind;
using nlohmann::json;

constexpr std::string_view kDataTypes[] = {"TYPE_INVALID", "TYPE_BOOL",   "TYPE_UINT8", "TYPE_UINT16",
                                           "TYPE_UINT32",  "TYPE_UINT64", "TYPE_INT8",  "TYPE_INT16",
                                           "TYPE_INT32",   "TYPE_INT64",  "TYPE_FP16",  "TYPE_FP32",
                                           "TYPE_FP64",    "TYPE_STRING", "TYPE_BF16"};
constexpr std::string_view kFormats[] = {"FORMAT_NONE", "FORMAT_NHWC", "FORMAT_NCHW"};

constexpr MessageField kServerMetadata[] = {{"name", 1}, {"version", 2}, {"extensions", 3}};

constexpr MessageField kTensor[] = {{"name", 1}, {"datatype", 2}, {"shape", 3, FieldKind::kNumber}};
constexpr MessageField kModelMetadata[] = {{"name", 1},
                                           {"versions", 2},
                                           {"platform", 3},
                                           {"inputs", 4, FieldKind::kMessage, kTensor},
                                           {"outputs", 5, FieldKind::kMessage, kTensor}};

constexpr MessageField kConfigInput[] = {{"name", 1},
                                         {"data_type", 2, FieldKind::kEnum, {}, kDataTypes},
                                         {"format", 3, FieldKind::kEnum, {}, kFormats},
                                         {"dims", 4, FieldKind::kNumber},
                                         {"is_shape_tensor", 6, FieldKind::kFlag},
                                         {"allow_ragged_batch", 7, FieldKind::kFlag},
                                         {"optional", 8, FieldKind::kFlag}};
constexpr MessageField kConfigOutput[] = {{"name", 1},
                                          {"data_type", 2, FieldKind::kEnum, {}, kDataTypes},
                                          {"dims", 3, FieldKind::kNumber},
                                          {"label_filename", 4},
                                          {"is_shape_tensor", 6, FieldKind::kFlag}};
constexpr MessageField kLatest[] = {{"num_versions", 1, FieldKind::kNumber}};
constexpr MessageField kVersionPolicy[] = {{"latest", 1, FieldKind::kMessage, kLatest}};
constexpr MessageField kModelConfig[] = {{"name", 1},
                                         {"platform", 2},
                                         {"version_policy", 3, FieldKind::kMessage, kVersionPolicy},
                                         {"max_batch_size", 4, FieldKind::kNumber},
                                         {"input", 5, FieldKind::kMessage, kConfigInput},
                                         {"output", 6, FieldKind::kMessage, kConfigOutput},
                                         {"instance_group", 7, FieldKind::kMessage},
                                         {"default_model_filename", 8},
                                         {"cc_model_filenames", 9, FieldKind::kTexts},
                                         {"metric_tags", 10, FieldKind::kTexts},
                                         {"parameters", 14, FieldKind::kMessage},
                                         {"model_warmup", 16, FieldKind::kMessage},
                                         {"backend", 17},
                                         {"batch_input", 20, FieldKind::kMessage},
                                         {"batch_output", 21, FieldKind::kMessage}};
constexpr MessageField kConfigResponse[] = {{"config", 1, FieldKind::kMessage, kModelConfig}};

constexpr MessageField kDuration[] = {{"count", 1, FieldKind::kNumber}, {"ns", 2, FieldKind::kNumber}};
constexpr MessageField kInferStatistics[] = {{"success", 1, FieldKind::kMessage, kDuration},
                                             {"fail", 2, FieldKind::kMessage, kDuration},
                                             {"queue", 3, FieldKind::kMessage, kDuration},
                                             {"compute_input", 4, FieldKind::kMessage, kDuration},
                                             {"compute_infer", 5, FieldKind::kMessage, kDuration},
                                             {"compute_output", 6, FieldKind::kMessage, kDuration},
                                             {"cache_hit", 7, FieldKind::kMessage, kDuration},
                                             {"cache_miss", 8, FieldKind::kMessage, kDuration}};
constexpr MessageField kBatchStatistics[] = {{"batch_size", 1, FieldKind::kNumber},
                                             {"compute_input", 2, FieldKind::kMessage, kDuration},
                                             {"compute_infer", 3, FieldKind::kMessage, kDuration},
                                             {"compute_output", 4, FieldKind::kMessage, kDuration}};
constexpr MessageField kModelStatistics[] = {{"name", 1},
                                             {"version", 2},
                                             {"last_inference", 3, FieldKind::kNumber},
                                             {"inference_count", 4, FieldKind::kNumber},
                                             {"execution_count", 5, FieldKind::kNumber},
                                             {"inference_stats", 6, FieldKind::kMessage, kInferStatistics},
                                             {"batch_stats", 7, FieldKind::kMessage, kBatchStatistics},
                                             {"memory_usage", 8, FieldKind::kMessage},
                                             {"response_stats", 9, FieldKind::kTexts}};
constexpr MessageField kStatistics[] = {{"model_stats", 1, FieldKind::kMessage, kModelStatistics}};

uint64_t enum_value(const json& value, const MessageField& field) {
  const auto name = value.get<std::string>();
  const auto at = std::find(field.values.begin(), field.values.end(), name);
  if (at == field.values.end()) fail("'{}' is not a value of {}", name, field.name);
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
  if (field.kind == FieldKind::kNumber) {
    message.packed(field.number, list.get<std::vector<int64_t>>());
    return;
  }
  for (const auto& value : list) {
    message.element(field.number, field.kind == FieldKind::kMessage ? write_message(value, field.message)
                                                                    : value.get<std::string>());
  }
}

void write_value(const json& value, const MessageField& field, WireWriter& message) {
  switch (field.kind) {
    case FieldKind::kText:
      return message.text(field.number, value.get<std::string>());
    case FieldKind::kNumber:
      return message.number(field.number, number_value(value));
    case FieldKind::kFlag:
      return message.flag(field.number, value.get<bool>());
    case FieldKind::kEnum:
      return message.number(field.number, enum_value(value, field));
    case FieldKind::kTexts:
      return write_map(value, field, message);
    // A message without known fields is an empty map, and is not written.
    case FieldKind::kMessage:
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
    if (field == fields.end()) fail("'{}' is not a field of its message", name);
    value.is_array() ? write_list(value, *field, message) : write_value(value, *field, message);
  }
  return message.take();
}

}  // namespace focus::serve::grpc
