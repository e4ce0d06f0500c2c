#include "viz/chart.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace focus::viz {
namespace {

// Okabe and Ito's colours, which people with any colour vision can tell apart.
constexpr const char* kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                    "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f"};
constexpr double kCharacter = 6.6;  // Approximate mean width in 12 px text, for most fonts.
constexpr double kRowHeight = 30, kBarHeight = 18, kTitleHeight = 34, kLegendHeight = 22, kAxisHeight = 46;

const char* colour(size_t i) { return kColours[i % std::size(kColours)]; }

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '"') {
      result += "&quot;";
    } else {
      result += c;
    }
  }
  return result;
}

double width_of(const std::string& text) { return kCharacter * static_cast<double>(text.size()); }

/// Maps numbers to the pixels of an axis.
struct Axis {
  double low = 0, high = 1;  ///< numbers
  double from = 0, to = 1;   ///< pixels
  double at(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

Axis axis_over(double low, double high, double from, double to) {
  if (!(high > low)) {
    const double margin = low == 0 ? 1 : std::abs(low) / 10;
    low -= margin;
    high += margin;
  }
  return {low, high, from, to};
}

class Svg {
 public:
  void text(double x, double y, const std::string& what, const char* anchor = "start",
            const std::string& more = "") {
    body_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, anchor,
                         more, escaped(what));
  }
  void line(double x1, double y1, double x2, double y2, const std::string& style) {
    body_ += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1, x2,
                         y2, style);
  }
  void box(double x, double y, double width, double height, const char* fill) {
    body_ += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n",
                         x, y, width, height, fill);
  }
  void raw(const std::string& element) { body_ += element; }

  void legend(const std::vector<std::string>& names, double x, double y) {
    for (size_t i = 0; i < names.size(); ++i) {
      box(x, y - 10, 12, 12, colour(i));
      text(x + 17, y, names[i]);
      x += 17 + width_of(names[i]) + 16;
    }
  }

  std::string document(double width, double height) const {
    return fmt::format(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 "
               "{0:.0f} {1:.0f}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n<rect "
               "width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
               width, height) +
           body_ + "</svg>\n";
  }

 private:
  std::string body_;
};

constexpr const char* kGrid = "stroke=\"#ddd\"";
constexpr const char* kFrame = "stroke=\"#555\"";
constexpr const char* kTitleStyle = " font-size=\"15\" font-weight=\"bold\"";

std::string tick_text(double value) { return fmt::format("{:g}", std::abs(value) < 1e-12 ? 0.0 : value); }

bool drawable(const LineChart::Point& point) { return std::isfinite(point.x) && std::isfinite(point.y); }

double error_of(double error) { return std::isfinite(error) ? std::abs(error) : 0; }

/// The smallest and largest of the numbers added.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

}  // namespace

std::vector<double> round_ticks(double low, double high, int count) {
  std::vector<double> ticks;
  const double span = high - low;
  if (!(span > 0) || !std::isfinite(span) || count < 1) return ticks;
  const double power = std::pow(10.0, std::floor(std::log10(span / count)));
  double step = power;
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    step = factor * power;
    if (span / step <= count) break;
  }
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * span; ++i)
    ticks.push_back(i * step);
  return ticks;
}

std::string to_svg(const LineChart& chart) {
  constexpr double kWidth = 640, kHeight = 400, kLeft = 70, kRight = 24;
  Range xs, ys;
  std::vector<std::string> names;
  for (const auto& line : chart.lines) {
    names.push_back(line.name);
    for (const auto& point : line.points) {
      if (!drawable(point)) continue;
      xs.add(point.x);
      ys.add(point.y - error_of(point.error));
      ys.add(point.y + error_of(point.error));
    }
  }
  if (xs.high < xs.low) throw std::invalid_argument("the chart has no points");
  const bool with_legend = names.size() > 1 || !names.front().empty();
  const double top = kTitleHeight + (with_legend ? kLegendHeight : 0), bottom = kHeight - kAxisHeight;
  const double margin = 0.06 * (ys.high - ys.low);
  const auto x = axis_over(xs.low, xs.high, kLeft + 12, kWidth - kRight - 12);
  const auto y = axis_over(ys.low - margin, ys.high + margin, bottom, top);

  Svg svg;
  svg.text(kLeft, 22, chart.title, "start", kTitleStyle);
  if (with_legend) svg.legend(names, kLeft, kTitleHeight + 10);
  for (const double tick : round_ticks(y.low, y.high, 7)) {
    svg.line(kLeft, y.at(tick), kWidth - kRight, y.at(tick), kGrid);
    svg.text(kLeft - 8, y.at(tick) + 4, tick_text(tick), "end");
  }
  for (const double tick : round_ticks(x.low, x.high, 9)) {
    svg.line(x.at(tick), bottom, x.at(tick), bottom + 5, kFrame);
    svg.text(x.at(tick), bottom + 18, tick_text(tick), "middle");
  }
  svg.line(kLeft, bottom, kWidth - kRight, bottom, kFrame);
  svg.line(kLeft, top, kLeft, bottom, kFrame);
  svg.text((kLeft + kWidth - kRight) / 2, kHeight - 8, chart.x_label, "middle");
  svg.text(0, 0, chart.y_label, "middle",
           fmt::format(" transform=\"translate(16 {:.1f}) rotate(-90)\"", (top + bottom) / 2));
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    const auto stroke = fmt::format("stroke=\"{}\" stroke-width=\"2\"", colour(i));
    std::string path;
    for (const auto& point : chart.lines[i].points) {
      if (!drawable(point)) continue;
      const double px = x.at(point.x), py = y.at(point.y);
      path += fmt::format("{:.1f},{:.1f} ", px, py);
      svg.raw(
          fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>\n", px, py, colour(i)));
      const double error = error_of(point.error);
      if (error > 0) svg.line(px, y.at(point.y - error), px, y.at(point.y + error), stroke);
    }
    svg.raw(fmt::format("<polyline points=\"{}\" fill=\"none\" {}/>\n", path, stroke));
  }
  return svg.document(kWidth, kHeight);
}

std::string to_svg(const BarChart& chart) {
  constexpr double kBars = 460, kRight = 30;
  if (chart.rows.empty() || chart.series.empty()) throw std::invalid_argument("the chart has no bars");
  double left = 40, longest = 0, notes = 0;
  for (const auto& row : chart.rows) {
    if (row.parts.size() != chart.series.size())
      throw std::invalid_argument("a bar has other parts than the series");
    left = std::max(left, width_of(row.name) + 24);
    notes = std::max(notes, width_of(row.note) + 8);
    double length = error_of(row.error);
    for (const double part : row.parts) length += std::isfinite(part) ? std::max(0.0, part) : 0;
    longest = std::max(longest, length);
  }
  const bool with_legend = chart.series.size() > 1 || !chart.series.front().empty();
  const double top = kTitleHeight + (with_legend ? kLegendHeight : 0);
  const double bottom = top + kRowHeight * static_cast<double>(chart.rows.size());
  const auto x = axis_over(0, longest, left, left + kBars);

  Svg svg;
  svg.text(12, 22, chart.title, "start", kTitleStyle);
  if (with_legend) svg.legend(chart.series, 12, kTitleHeight + 10);
  for (const double tick : round_ticks(x.low, x.high, 8)) {
    svg.line(x.at(tick), top, x.at(tick), bottom, kGrid);
    svg.text(x.at(tick), bottom + 16, tick_text(tick), "middle");
  }
  svg.text(left + kBars / 2, bottom + 36, chart.x_label, "middle");
  for (size_t r = 0; r < chart.rows.size(); ++r) {
    const auto& row = chart.rows[r];
    const double y = top + kRowHeight * static_cast<double>(r), middle = y + kRowHeight / 2;
    svg.text(left - 10, middle + 4, row.name, "end");
    double end = 0;
    for (size_t s = 0; s < row.parts.size(); ++s) {
      if (!std::isfinite(row.parts[s]) || row.parts[s] <= 0) continue;
      svg.box(x.at(end), middle - kBarHeight / 2, x.at(end + row.parts[s]) - x.at(end), kBarHeight,
              colour(s));
      end += row.parts[s];
    }
    const double error = error_of(row.error);
    if (error > 0)
      svg.line(x.at(end - error), middle, x.at(end + error), middle, "stroke=\"#222\" stroke-width=\"2\"");
    svg.text(x.at(end + error) + 7, middle + 4, row.note);
  }
  svg.line(left, top, left, bottom, kFrame);
  double legend = 12;
  for (const auto& name : chart.series) legend += 33 + width_of(name);
  const double width = std::max({left + kBars + notes + kRight, legend, 1.3 * width_of(chart.title) + 24});
  return svg.document(width, bottom + kAxisHeight);
}

}  // namespace focus::viz
