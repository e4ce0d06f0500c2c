#include "viz/text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <opencv2/imgproc.hpp>

#include "base/console.h"
#include "viz/code_points.h"

#ifdef FOCUS_DETR_FONTS
#include "viz/fonts/glyphs.h"
#endif

namespace focus::viz {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

void say_once(const std::string& text, const char* why) {
  static std::once_flag said;
  std::call_once(said, [&] {
    print_note("warning: '{}' cannot be drawn completely, and some of its characters become '?': {}", text,
               why);
  });
}

#ifdef FOCUS_DETR_FONTS
/// The text with '?' for characters that no font has.
std::u32string drawable(const std::string& text) {
  std::u32string characters = code_points(text);
  for (char32_t& c : characters) {
    if (Glyphs::of_system().has(c)) continue;
    say_once(text,
             "no font of this system has them; install some, for instance fonts-dejavu-core and "
             "fonts-wqy-microhei, or fonts-noto-core and fonts-noto-cjk");
    c = U'?';
  }
  return characters;
}

/// False for ASCII, and if no font of the system has even a '?': then OpenCV's letters are used.
bool by_fonts(const std::string& text) { return !is_ascii(text) && Glyphs::of_system().has(U'?'); }
#else
bool by_fonts(const std::string&) { return false; }
#endif

/// The text as far as OpenCV's letters can show it.
std::string in_ascii(const std::string& text) {
  if (is_ascii(text)) return text;
#ifdef FOCUS_DETR_FONTS
  say_once(text, "this system has no fonts; install fonts-dejavu-core and fonts-wqy-microhei");
#else
  say_once(text, "this program was built without FreeType and fontconfig");
#endif
  std::string result;
  for (const char32_t c : code_points(text)) result += c < 0x80 ? static_cast<char>(c) : '?';
  return result;
}

}  // namespace

TextExtent measure_text(const std::string& text, const TextStyle& style) {
#ifdef FOCUS_DETR_FONTS
  if (by_fonts(text)) return Glyphs::of_system().measure(drawable(text), style.scale);
#endif
  int below = 0;
  const cv::Size size = cv::getTextSize(in_ascii(text), kFont, style.scale, style.line, &below);
  // OpenCV reserves more room below the baseline than its letters need.
  return {size.width, size.height, below / 2};
}

void draw_text(cv::Mat& image, const std::string& text, cv::Point start, const TextStyle& style,
               const cv::Scalar& ink) {
#ifdef FOCUS_DETR_FONTS
  if (by_fonts(text)) return Glyphs::of_system().draw(image, drawable(text), start, style.scale, ink);
#endif
  cv::putText(image, in_ascii(text), start, kFont, style.scale, ink, style.line, cv::LINE_AA);
}

}  // namespace focus::viz
