#include "data/json_fields.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace focus::data {
namespace {

constexpr std::array<std::string_view, 3> kNotNumbers{"-Infinity", "Infinity", "NaN"};

// A value in words. Containers are not printed: they may be large or deep.
std::string shown(const nlohmann::json& value) {
  if (value.is_array()) return fmt::format("a list of {}", value.size());
  if (value.is_object()) return "an object";
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > 60) text.replace(57, std::string::npos, "...");
  return text;
}

bool is_not_a_number(const nlohmann::json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return std::find(kNotNumbers.begin(), kNotNumbers.end(), text) != kNotNumbers.end();
}

}  // namespace

std::string quote_not_a_numbers(std::string text) {
  std::string out;
  size_t copied = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c != 'N' && c != 'I' && c != '-') continue;
    for (const auto literal : kNotNumbers) {
      if (text.compare(i, literal.size(), literal) != 0) continue;
      out.append(text, copied, i - copied).append("\"").append(literal).append("\"");
      i += literal.size() - 1;
      copied = i + 1;
      break;
    }
  }
  if (copied == 0) return text;
  return out.append(text, copied);
}

const nlohmann::json* JsonFields::find(const char* field) const {
  const auto found = entry_.find(field);
  if (found != entry_.end()) return &*found;
  report(IssueKind::kMissingField, fmt::format("has no field '{}'", field));
  return nullptr;
}

std::optional<int64_t> JsonFields::integer(const char* field) const {
  const auto* value = find(field);
  if (!value) return {};
  if (value->is_number_integer()) {
    if (!value->is_number_unsigned() || value->get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX)) {
      return value->get<int64_t>();
    }
  } else if (value->is_number_float()) {
    // Some tools write every number as a float; up to 2^53 those are exact.
    const double number = value->get<double>();
    if (std::abs(number) <= 9007199254740992.0 && number == std::floor(number)) {
      return static_cast<int64_t>(number);
    }
  }
  const auto kind = is_not_a_number(*value) ? IssueKind::kNotFinite : IssueKind::kWrongType;
  report(kind, fmt::format("field '{}' is {}, not an integer", field, shown(*value)));
  return {};
}

std::optional<double> JsonFields::finite(const nlohmann::json& value, const std::string& field) const {
  if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
  const bool not_finite = is_not_a_number(value) || value.is_null();
  report(not_finite ? IssueKind::kNotFinite : IssueKind::kWrongType,
         fmt::format("field '{}' is {}, not a finite number", field, shown(value)));
  return {};
}

std::optional<double> JsonFields::number(const char* field) const {
  const auto* value = find(field);
  return value ? finite(*value, field) : std::nullopt;
}

std::optional<std::string> JsonFields::text(const char* field) const {
  const auto* value = find(field);
  if (!value) return {};
  if (value->is_string() && !value->get_ref<const std::string&>().empty()) return value->get<std::string>();
  report(IssueKind::kWrongType, fmt::format("field '{}' is {}, not text", field, shown(*value)));
  return {};
}

std::optional<bool> JsonFields::flag(const char* field) const {
  const auto* value = find(field);
  if (!value) return {};
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_number() && (*value == 0 || *value == 1)) return *value == 1;
  report(IssueKind::kWrongType, fmt::format("field '{}' is {}, not 0 or 1", field, shown(*value)));
  return {};
}

std::optional<std::vector<double>> JsonFields::numbers(const char* field, size_t count) const {
  const auto* value = find(field);
  if (!value) return {};
  if (!value->is_array() || value->size() != count) {
    report(IssueKind::kWrongType,
           fmt::format("field '{}' is {}, not a list of {} numbers", field, shown(*value), count));
    return {};
  }
  std::vector<double> numbers;
  for (const auto& element : *value) {
    const auto number = finite(element, fmt::format("{}[{}]", field, numbers.size()));
    if (!number) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace focus::data
