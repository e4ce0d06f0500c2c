#include "report/html.h"

#include <spdlog/fmt/fmt.h>

#include "base/base64.h"
#include "images/opencv/encode.h"

namespace focus::report {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 2.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: .25rem .6rem; text-align: right; }
th:first-child { text-align: left; }
thead th { background: var(--soft); }
img, svg { max-width: 100%; height: auto; }
figure { margin: 1.5rem 0; }
figcaption { color: #888; }
)";

}  // namespace

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string page(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n<h1>{0}</h1>\n{2}</html>\n",
      escaped(title), kStyle, body);
}

std::string embedded(const cv::Mat& image, const std::string& description) {
  constexpr int kQuality = 85;
  const auto bytes = images::encode_image(image, ".jpg", "an image of the page", kQuality);
  return fmt::format("<img alt=\"{}\" src=\"data:image/jpeg;base64,{}\">", escaped(description),
                     to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::string text = "<div class=\"wide\"><table>\n";
  for (size_t r = 0; r < rows.size(); ++r) {
    text += r == 0 ? "<thead><tr>" : "<tr>";
    for (size_t c = 0; c < rows[r].size(); ++c) {
      const char* tag = r == 0 || c == 0 ? "th" : "td";
      text += fmt::format("<{0}>{1}</{0}>", tag, rows[r][c]);
    }
    text += r == 0 ? "</tr></thead>\n" : "</tr>\n";
  }
  return text + "</table></div>\n";
}

}  // namespace focus::report
