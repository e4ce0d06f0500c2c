// Letters, words and escapes of HTTP's texts. ASCII alone, whatever the locale.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace focus::http {

/// True if the texts differ at most in the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);

/// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);

/// True for what RFC 9110 calls a token: a method, a field's name.
bool is_token(std::string_view text);

/// The value of a hexadecimal digit; -1 for everything else.
int hex_digit(char c);

/// True without control characters other than tabs.
bool is_plain_line(std::string_view text);

/// The words of a list with commas, trimmed; empty ones are left out.
std::vector<std::string_view> list_of(std::string_view text);

/// Bytes that "%41" and its like stand for; none if there is a '%' without two hexadecimal digits behind it.
/// @param plus_is_space as in forms and queries
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space = false);

/// The parameters of a query ("a=1&b=%20&c") in the order sent. Throws HttpError 400 for a bad escape, or too many.
Parameters parse_query(std::string_view query);

/// "form-data; name=\"a\"; filename*=UTF-8''b": the value in front, and its parameters. Names in lower case.
struct ParametrisedValue {
  std::string value;
  Parameters parameters;

  std::optional<std::string> find(std::string_view name) const;
};
/// None if it is not written as such values are. In quotes, \" and \\ stand for " and \; a backslash in front
/// of anything else is one, as browsers send it.
std::optional<ParametrisedValue> parse_parametrised(std::string_view text);

}  // namespace focus::http
