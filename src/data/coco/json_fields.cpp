#include "data/coco/json_fields.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/numbers.h"
#include "data/text_fields.h"

namespace focus::data {
namespace {

constexpr std::array<std::string_view, 3> kNotNumbers{"-Infinity", "Infinity", "NaN"};

// Begins a number that was put in quotes, to tell it from text of the file. Text that contains it is refused,
// since it would end a file name.
constexpr char kMark = '\0';
constexpr std::string_view kMarkInJson = "\\u0000";

/// The digits of a whole number that was put in quotes; empty for anything else.
std::string_view marked_number(const nlohmann::json& value) {
  if (!value.is_string()) return {};
  const auto& text = value.get_ref<const std::string&>();
  return text.size() > 1 && text.front() == kMark ? std::string_view(text).substr(1) : std::string_view();
}

bool holds_mark(const std::string& text) { return text.find(kMark) != std::string::npos; }

// A value for messages. Containers are not printed: they may be large or deep.
std::string shown(const nlohmann::json& value) {
  if (value.is_array()) return fmt::format("a list of {}", value.size());
  if (value.is_object()) return "an object";
  if (const auto number = marked_number(value); !number.empty()) return std::string(number.substr(0, 60));
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

namespace {

/// The end of the number at `begin`, and how to write it if the parser would not keep all of its digits.
struct NumberToken {
  size_t end = 0;
  std::string_view whole = {};  ///< Sign and digits; empty if the parser can read the number as it is.
};

NumberToken number_at(std::string_view text, size_t begin) {
  // A double holds all whole numbers of 15 digits, and an integer all of 18.
  constexpr size_t kExactInDouble = 15, kExactInInteger = 18;
  const auto digits_end = [&](size_t at) {
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at;
  };
  const size_t first = begin + (text[begin] == '-');
  const size_t point = digits_end(first);
  const size_t digits = point - first;
  NumberToken token{point};
  bool whole = true;
  if (token.end < text.size() && text[token.end] == '.') {
    token.end = digits_end(point + 1);
    whole = text.substr(point + 1, token.end - point - 1).find_first_not_of('0') == std::string_view::npos;
  }
  // A number with an exponent is left to the parser.
  if (token.end < text.size() && (text[token.end] == 'e' || text[token.end] == 'E')) return token;
  const bool fraction = token.end > point;
  if (whole && digits > (fraction ? kExactInDouble : kExactInInteger) && text[first] != '0') {
    token.whole = text.substr(begin, point - begin);
  }
  return token;
}

}  // namespace

std::string quote_unusual_numbers(std::string text) {
  std::string out;
  size_t copied = 0;
  const auto replace = [&](size_t begin, size_t end, std::string_view mark, std::string_view value) {
    out.append(text, copied, begin - copied).append("\"").append(mark).append(value).append("\"");
    copied = end;
  };
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    const bool digit = c >= '0' && c <= '9';
    if (!digit && c != 'N' && c != 'I' && c != '-') continue;
    const auto literal = std::find_if(kNotNumbers.begin(), kNotNumbers.end(), [&](std::string_view name) {
      return !digit && text.compare(i, name.size(), name) == 0;
    });
    if (literal != kNotNumbers.end()) {
      replace(i, i + literal->size(), "", *literal);
      i += literal->size() - 1;
    } else if (digit || c == '-') {
      const auto token = number_at(text, i);
      if (!token.whole.empty()) replace(i, token.end, kMarkInJson, token.whole);
      i = std::max(token.end, i + 1) - 1;
    }
  }
  if (copied == 0) return text;
  return out.append(text, copied);
}

bool JsonFields::has(const char* field) const {
  const auto& found = value(field);
  return !found.is_null() && !(found.is_string() && found.get_ref<const std::string&>().empty());
}

const nlohmann::json& JsonFields::value(const char* field) const {
  static const nlohmann::json kNull;
  const auto found = entry_.find(field);
  return found == entry_.end() ? kNull : *found;
}

const nlohmann::json* JsonFields::find(const char* field) const {
  const auto found = entry_.find(field);
  if (found != entry_.end() && !found->is_null()) return &*found;
  report(IssueKind::kMissingField, found == entry_.end()
                                       ? fmt::format("has no field '{}'", field)
                                       : fmt::format("field '{}' is null, but it is needed", field));
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
    // Some tools write every number as a float, which is exact up to 2^53.
    const double number = value->get<double>();
    if (std::abs(number) <= 9007199254740992.0 && number == std::floor(number)) {
      return static_cast<int64_t>(number);
    }
  } else if (const auto digits = marked_number(*value); !digits.empty()) {
    if (const auto number = parse_number<int64_t>(digits)) return number;
  } else if (const auto number = number_in_text(*value);
             number && std::abs(*number) <= 9007199254740992.0 && *number == std::floor(*number)) {
    report_text(field);
    return static_cast<int64_t>(*number);
  }
  const auto kind = is_not_a_number(*value) ? IssueKind::kNotFinite : IssueKind::kWrongType;
  report(kind, fmt::format("field '{}' is {}, not an integer", field, shown(*value)));
  return {};
}

std::optional<StatedId> JsonFields::id(const char* field) const {
  const auto* value = find(field);
  if (!value) return {};
  if (const auto digits = marked_number(*value); !digits.empty()) {
    const auto number = parse_number<int64_t>(digits);
    return number ? StatedId{*number, {}} : StatedId{0, std::string(digits)};
  }
  if (value->is_string() && !is_not_a_number(*value)) {
    if (value->get_ref<const std::string&>().empty()) {
      report(IssueKind::kMissingField, fmt::format("field '{}' is empty text, but it is needed", field));
      return {};
    }
    return StatedId{0, value->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
  }
  if (const auto number = value->is_number() ? integer(field) : std::nullopt) return StatedId{*number, {}};
  if (value->is_number()) return {};
  report(is_not_a_number(*value) ? IssueKind::kNotFinite : IssueKind::kWrongType,
         fmt::format("field '{}' is {}, neither an integer nor text", field, shown(*value)));
  return {};
}

std::optional<double> JsonFields::number_in_text(const nlohmann::json& value) const {
  if (texts_ == TextNumbers::kRefused || !value.is_string()) return {};
  const auto number = real_of(trimmed(value.get_ref<const std::string&>()));
  return number && std::isfinite(*number) ? number : std::nullopt;
}

void JsonFields::report_text(const char* field) const {
  report(IssueKind::kOtherType,
         fmt::format("field '{}' has numbers written as text: read as numbers", field));
}

std::optional<double> JsonFields::finite(const nlohmann::json& value, const std::string& field,
                                         bool& as_text) const {
  if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
  if (const auto digits = marked_number(value); !digits.empty()) {
    if (const auto number = parse_number<double>(digits)) return number;
  }
  if (const auto number = number_in_text(value)) {
    as_text = true;
    return number;
  }
  const bool not_finite = is_not_a_number(value) || value.is_null();
  report(not_finite ? IssueKind::kNotFinite : IssueKind::kWrongType,
         fmt::format("field '{}' is {}, not a finite number", field, shown(value)));
  return {};
}

std::optional<double> JsonFields::number(const char* field) const {
  const auto* value = find(field);
  if (!value) return {};
  bool as_text = false;
  const auto number = finite(*value, field, as_text);
  if (as_text) report_text(field);
  return number;
}

std::optional<std::string> JsonFields::text(const char* field) const {
  const auto* value = find(field);
  if (!value) return {};
  if (value->is_string() && marked_number(*value).empty()) {
    const auto& text = value->get_ref<const std::string&>();
    if (holds_mark(text)) {
      report(IssueKind::kWrongType,
             fmt::format("field '{}' is {}, which holds a NUL character", field, shown(*value)));
      return {};
    }
    if (!text.empty()) return text;
    report(IssueKind::kMissingField, fmt::format("field '{}' is empty text, but it is needed", field));
    return {};
  }
  report(IssueKind::kWrongType, fmt::format("field '{}' is {}, not text", field, shown(*value)));
  return {};
}

std::optional<std::string> JsonFields::name(const char* field) const {
  const auto& stated = value(field);
  const auto digits = marked_number(stated);
  if (digits.empty() && !stated.is_number()) return text(field);
  report(IssueKind::kOtherType,
         fmt::format("field '{}' is the number {}: read as text", field, shown(stated)));
  return digits.empty() ? stated.dump() : std::string(digits);
}

std::optional<bool> JsonFields::flag(const char* field) const {
  const auto* value = find(field);
  if (!value) return {};
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_number() && (*value == 0 || *value == 1)) return *value == 1;
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    if (text == "0" || text == "false" || text == "False") return false;
    if (text == "1" || text == "true" || text == "True") return true;
  }
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
  bool as_text = false;
  for (const auto& element : *value) {
    const auto number = finite(element, fmt::format("{}[{}]", field, numbers.size()), as_text);
    if (!number) return {};
    numbers.push_back(*number);
  }
  if (as_text) report_text(field);
  return numbers;
}

}  // namespace focus::data
