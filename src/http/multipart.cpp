#include "http/multipart.h"

#include <algorithm>

#include "http/text.h"

namespace focus::http {
namespace {

// More than browsers and curl send.
constexpr size_t kMaxPartHeadBytes = size_t{16} << 10;
constexpr size_t kMaxBoundary = 70;

bool is_boundary(std::string_view boundary) {
  if (boundary.empty() || boundary.size() > kMaxBoundary || boundary.back() == ' ') return false;
  return std::all_of(boundary.begin(), boundary.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

std::string utf8_of_latin1(std::string_view text) {
  std::string converted;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      converted += c;
    } else {
      converted += static_cast<char>(0xc0 | (byte >> 6));
      converted += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return converted;
}

/// The text of "UTF-8''%e2%82%ac" (RFC 8187).
std::string extended_value(std::string_view value) {
  const size_t first = value.find('\'');
  const size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second != std::string_view::npos) {
    const auto charset = value.substr(0, first);
    const auto text = percent_decoded(value.substr(second + 1));
    if (text && same_word(charset, "utf-8")) return *text;
    if (text && same_word(charset, "iso-8859-1")) return utf8_of_latin1(*text);
  }
  fail_http(400, "the form has '{}', which is not of the form UTF-8''text with %-escapes", value);
}

/// Browsers and curl escape only the characters that would end a quoted text.
std::string unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const auto escape = text.substr(0, 3);
    char meant = text.front();
    size_t length = 3;
    if (escape == "%22") {
      meant = '"';
    } else if (same_word(escape, "%0d")) {
      meant = '\r';
    } else if (same_word(escape, "%0a")) {
      meant = '\n';
    } else {
      length = 1;
    }
    plain += meant;
    text.remove_prefix(length);
  }
  return plain;
}

/// A parameter in its plain or extended form; the extended one is preferred, as it states its character set.
std::optional<std::string> parameter_of(const ParametrisedValue& disposition, const std::string& name) {
  if (const auto extended = disposition.find(name + "*")) return extended_value(*extended);
  if (const auto plain = disposition.find(name)) return unescaped(*plain);
  return std::nullopt;
}

/// Parses the head of part `number`; lines that begin with a blank continue the line before.
Part read_part_head(std::string_view head, size_t number) {
  std::vector<std::pair<std::string_view, std::string>> fields;
  while (!head.empty()) {
    const size_t end = std::min(head.find("\r\n"), head.size());
    const auto line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    if (!line.empty() && (line.front() == ' ' || line.front() == '\t')) {
      if (fields.empty()) fail_http(400, "part {} of the form begins with a continued line", number);
      fields.back().second += " ";
      fields.back().second += trimmed(line);
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(trimmed(line.substr(0, colon)))) {
      fail_http(400, "part {} of the form has a line without a field's name: '{}'", number,
                line.substr(0, 80));
    }
    fields.emplace_back(trimmed(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
  }

  Part part;
  bool named = false;
  for (const auto& [name, value] : fields) {
    if (same_word(name, "content-type")) part.type = value;
    if (same_word(name, "content-transfer-encoding") && !same_word(value, "binary") &&
        !same_word(value, "8bit") && !same_word(value, "7bit")) {
      fail_http(400, "part {} of the form is encoded as {}; send its bytes as they are", number, value);
    }
    if (!same_word(name, "content-disposition")) continue;
    const auto disposition = parse_parametrised(value);
    if (!disposition || disposition->value != "form-data") {
      fail_http(400, "part {} of the form has 'Content-Disposition: {}'; it must be form-data; name=\"...\"",
                number, value);
    }
    if (auto field_name = parameter_of(*disposition, "name")) {
      part.name = std::move(*field_name);
      named = true;
    }
    part.file_name = parameter_of(*disposition, "filename");
  }
  if (!named)
    fail_http(400, "part {} of the form has no name; it needs Content-Disposition: form-data; name=\"...\"",
              number);
  return part;
}

/// Finds the lines that begin with "--boundary".
class Delimiters {
 public:
  Delimiters(std::string_view body, const std::string& boundary) : body_(body), mark_("\r\n--" + boundary) {}

  struct Found {
    size_t begin = 0;  ///< of the line end before it, which belongs to the delimiter
    size_t end = 0;    ///< after its own line end
    bool is_last = false;
  };
  /// The first complete delimiter at or after `from`; none if there is none.
  std::optional<Found> next(size_t from) const {
    // The first delimiter of the body needs no line end before it.
    if (from == 0 && body_.substr(0, mark_.size() - 2) == std::string_view(mark_).substr(2)) {
      if (auto found = complete(0, mark_.size() - 2)) return found;
    }
    for (size_t at = body_.find(mark_, from); at != std::string_view::npos; at = body_.find(mark_, at + 2)) {
      if (auto found = complete(at, at + mark_.size())) return found;
    }
    return std::nullopt;
  }

 private:
  /// None if the line goes on, and so only begins like a delimiter.
  std::optional<Found> complete(size_t begin, size_t at) const {
    if (body_.substr(at, 2) == "--") return Found{begin, at + 2, true};
    while (at < body_.size() && (body_[at] == ' ' || body_[at] == '\t'))
      ++at;  // Mail gateways may add padding.
    if (body_.substr(at, 2) == "\r\n") return Found{begin, at + 2, false};
    return std::nullopt;
  }

  std::string_view body_;
  std::string mark_;
};

}  // namespace

std::optional<std::string> form_boundary(std::string_view content_type) {
  const auto type = trimmed(content_type.substr(0, content_type.find(';')));
  if (!same_word(type, "multipart/form-data")) return std::nullopt;
  const auto parsed = parse_parametrised(content_type);
  auto boundary = parsed ? parsed->find("boundary") : std::nullopt;
  if (!boundary || !is_boundary(*boundary)) {
    fail_http(
        400,
        "'Content-Type: {}' has no boundary of 1 to {} characters; do not set it yourself, let your client "
        "set it",
        content_type.substr(0, 200), kMaxBoundary);
  }
  return boundary;
}

std::vector<Part> read_form(std::string_view body, const std::string& boundary, size_t max_parts) {
  const Delimiters delimiters(body, boundary);
  auto delimiter = delimiters.next(0);
  if (!delimiter)
    fail_http(400, "the form has no line '--{}', the boundary that its Content-Type names", boundary);
  std::vector<Part> parts;
  while (!delimiter->is_last) {
    const size_t number = parts.size() + 1;
    if (number > max_parts) fail_http(413, "the form has more than {} parts", max_parts);
    const size_t begin = delimiter->end;
    // The line end before a delimiter may also be the one that ends an empty head.
    const auto next = delimiters.next(begin - 2);
    if (!next)
      fail_http(400, "the form is truncated in part {}: its end, '--{}--', is missing", number, boundary);

    const bool bare = body.substr(begin, 2) == "\r\n";
    const size_t head_end = bare ? begin : body.find("\r\n\r\n", begin);
    const size_t content = head_end + (bare ? 2 : 4);
    if (head_end == std::string_view::npos || content > next->begin + 2 || next->begin < begin) {
      fail_http(400, "part {} of the form has no empty line after its fields", number);
    }
    if (head_end - begin > kMaxPartHeadBytes) {
      fail_http(400, "part {} of the form has more than {} bytes of fields", number, kMaxPartHeadBytes);
    }
    auto part = read_part_head(body.substr(begin, head_end - begin), number);
    // An empty part may share its line end with the delimiter's.
    part.content = content > next->begin ? std::string_view() : body.substr(content, next->begin - content);
    parts.push_back(std::move(part));
    delimiter = next;
  }
  return parts;
}

}  // namespace focus::http
