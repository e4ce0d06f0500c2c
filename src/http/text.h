// Letters, words and escapes in HTTP. ASCII only, whatever the locale.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace focus::http {

/// True if the texts are equal apart from the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);

/// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);

/// True for a token as in RFC 9110: a method, or the name of a field.
bool is_token(std::string_view text);

/// The value of a hexadecimal digit; -1 for everything else.
int hex_digit(char c);

/// True if the text has no control characters other than tabs.
bool is_plain_line(std::string_view text);

/// The words of a comma-separated list, trimmed; empty ones are left out.
std::vector<std::string_view> list_of(std::string_view text);

/// Decodes escapes such as "%41"; none if a '%' is not followed by two hexadecimal digits.
/// @param plus_is_space decode '+' as a space, as in forms and queries
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space = false);

/// The parameters of a query ("a=1&b=%20&c") in the order sent. Throws HttpError 400 for an invalid escape,
/// or too many parameters.
Parameters parse_query(std::string_view query);

/// "form-data; name=\"a\"; filename*=UTF-8''b": a value and its parameters. Value and names are in lower
/// case.
struct ParametrisedValue {
  std::string value;
  Parameters parameters;

  std::optional<std::string> find(std::string_view name) const;
};
/// None if the text does not have this form. In quotes, \" and \\ stand for " and \; before any other
/// character a backslash stands for itself, as browsers send it.
std::optional<ParametrisedValue> parse_parametrised(std::string_view text);

}  // namespace focus::http
