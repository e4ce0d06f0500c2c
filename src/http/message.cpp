#include "http/message.h"

#include "http/text.h"

namespace focus::http {

std::optional<std::string_view> Fields::find(std::string_view name) const {
  for (const auto& [key, value] : list_) {
    if (same_word(key, name)) return value;
  }
  return std::nullopt;
}

}  // namespace focus::http
