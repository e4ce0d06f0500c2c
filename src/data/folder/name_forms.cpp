#include "data/folder/name_forms.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#ifdef FOCUS_DETR_UTF8PROC
#include <utf8proc.h>
#endif

namespace focus::data {
namespace {

bool is_ascii(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string in_small_ascii(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c);
  });
  return name;
}

#ifdef FOCUS_DETR_UTF8PROC
std::string mapped(const std::string& name, int options) {
  utf8proc_uint8_t* out = nullptr;
  const auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
                   static_cast<utf8proc_ssize_t>(name.size()), &out, static_cast<utf8proc_option_t>(options));
  std::string result =
      length < 0 ? name : std::string(reinterpret_cast<const char*>(out), static_cast<size_t>(length));
  std::free(out);
  return result;
}
#endif

}  // namespace

bool knows_unicode_forms() {
#ifdef FOCUS_DETR_UTF8PROC
  return true;
#else
  return false;
#endif
}

std::string composed_name(const std::string& name) {
  if (is_ascii(name)) return name;
#ifdef FOCUS_DETR_UTF8PROC
  return mapped(name, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
#else
  return name;
#endif
}

std::string folded_name(const std::string& name) {
  if (is_ascii(name)) return in_small_ascii(name);
#ifdef FOCUS_DETR_UTF8PROC
  return mapped(name, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
#else
  return in_small_ascii(name);
#endif
}

std::string alike_name(const std::string& name) {
  const std::filesystem::path path(name);
  return composed_name(path.stem().string()) + in_small_ascii(path.extension().string());
}

std::string percent_decoded(std::string_view name) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const int letter = std::tolower(static_cast<unsigned char>(c));
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
  };
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool code =
        name[i] == '%' && i + 2 < name.size() && digit(name[i + 1]) >= 0 && digit(name[i + 2]) >= 0;
    out += code ? static_cast<char>(digit(name[i + 1]) * 16 + digit(name[i + 2])) : name[i];
    if (code) i += 2;
  }
  return out;
}

bool differ_in_encoding(const std::string& a, const std::string& b) {
  return composed_name(a) != composed_name(b) &&
         composed_name(percent_decoded(a)) == composed_name(percent_decoded(b));
}

}  // namespace focus::data
