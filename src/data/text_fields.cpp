#include "data/text_fields.h"

namespace focus::data {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

void for_each_line(std::string_view text, const std::function<void(size_t, std::string_view)>& line) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const auto content = trimmed(text.substr(0, end));
    if (!content.empty()) line(number, content);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> fields_of(std::string_view line) {
  constexpr std::string_view kBetween = " \t\r";
  std::vector<std::string_view> fields;
  for (size_t at = line.find_first_not_of(kBetween); at != std::string_view::npos;) {
    const size_t end = line.find_first_of(kBetween, at);
    fields.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kBetween, end);
  }
  return fields;
}

}  // namespace focus::data
