// Metadata as protocol buffers, written from the JSON of the HTTP routes (kserve/metadata.h), so that both
// protocols give the same answers.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace focus::serve::grpc {

/// A field of a message (inference.proto), with its name in JSON.
struct MessageField {
  enum class Kind { kText, kNumber, kFlag, kEnum, kMessage, kTexts };

  std::string_view name;
  uint32_t number = 0;
  Kind kind = Kind::kText;
  std::span<const MessageField> message = {};     ///< of kMessage: its fields
  std::span<const std::string_view> values = {};  ///< of kEnum: the names of 0, 1, ...
};
using MessageFields = std::span<const MessageField>;

extern const MessageFields kServerMetadataFields, kModelMetadataFields, kModelConfigFields, kStatisticsFields;

/// Writes a JSON object as a message: lists become repeated fields, objects of kTexts maps of texts. Throws
/// Error for a key without a field.
std::string write_message(const nlohmann::json& object, MessageFields fields);

}  // namespace focus::serve::grpc
