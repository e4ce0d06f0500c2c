// Metadata as protocol buffers: the same that HTTP has as JSON (kserve/metadata.h), so that both say the
// same.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace focus::serve::grpc {

/// A field of a message by its name in JSON (inference.proto).
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

/// The message of an object; lists are repeated fields, objects of kTexts maps of texts. Throws Error for a
/// key that the fields do not have.
std::string write_message(const nlohmann::json& object, MessageFields fields);

}  // namespace focus::serve::grpc
