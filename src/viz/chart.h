// Charts as SVG, which every browser shows, with their numbers as text.
#pragma once

#include <string>
#include <vector>

namespace focus::viz {

/// Lines through points, with whiskers where a point has an error.
struct LineChart {
  struct Point {
    double x = 0, y = 0;
    double error = 0;  ///< half the whisker's length; 0: none
  };
  struct Line {
    std::string name;
    std::vector<Point> points;  ///< in the order in which they are joined
  };
  std::string title, x_label, y_label;
  std::vector<Line> lines;
};

/// One horizontal bar per row, with one part per series.
struct BarChart {
  struct Row {
    std::string name;
    std::vector<double> parts;  ///< one per series, from the left; at least 0
    double error = 0;           ///< half the length of the whisker at the bar's end; 0: none
    std::string note;           ///< written to the right of the bar
  };
  std::string title, x_label;
  std::vector<std::string> series;  ///< names; no legend if the only one is empty
  std::vector<Row> rows;
};

/// An SVG document. Values that are not finite are left out. Throws std::invalid_argument if there is nothing
/// to draw or if a row has another number of parts than there are series.
std::string to_svg(const LineChart& chart);
std::string to_svg(const BarChart& chart);

/// About `count` round numbers (1, 2 or 5 times a power of ten apart) that lie within [low, high].
std::vector<double> round_ticks(double low, double high, int count);

}  // namespace focus::viz
