#include "report/eval_report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "data/image_store.h"
#include "eval/confusion.h"
#include "images/opencv/mat.h"
#include "report/html.h"
#include "viz/chart.h"
#include "viz/draw.h"

namespace focus::report {
namespace {

std::string shown(double value) {
  return value == eval::kNothingToCount ? "–" : fmt::format("{:.3f}", value);
}

std::string figure(const std::string& content, const std::string& caption) {
  if (content.empty()) return "";
  return "<figure>" + content + "<figcaption>" + escaped(caption) + "</figcaption></figure>\n";
}

std::string numbers_section(const eval::CocoMetrics& metrics) {
  std::vector<std::string> names{""}, values{"0 to 1"};
  for (const auto& [name, value] : metrics.numbers()) {
    names.push_back(name);
    values.push_back(shown(value));
  }
  return "<h2>COCO's numbers</h2>\n" + table({names, values});
}

std::string classes_section(const eval::CocoMetrics& metrics) {
  std::vector<std::vector<std::string>> rows{{"class", "boxes", "AP", "AP50"}};
  viz::BarChart chart{"AP by class", "AP", {""}, {}};
  auto classes = metrics.classes;
  std::stable_sort(classes.begin(), classes.end(), [](const auto& a, const auto& b) { return a.ap > b.ap; });
  for (const auto& one : classes) {
    rows.push_back({escaped(one.name), std::to_string(one.boxes), shown(one.ap), shown(one.ap50)});
    if (one.ap != eval::kNothingToCount) chart.rows.push_back({one.name, {one.ap}, 0, shown(one.ap)});
  }
  return "<h2>Classes</h2>\n" +
         figure(chart.rows.empty() ? "" : viz::to_svg(chart), "mean over IoU 0.50 to 0.95") + table(rows);
}

/// A cell shaded by its share of its row.
std::string shaded(int64_t count, int64_t of) {
  const double share = of > 0 ? static_cast<double>(count) / static_cast<double>(of) : 0;
  return fmt::format("<span style=\"display:block;background:rgba(0,114,178,{:.2f})\">{}</span>", 0.6 * share,
                     count);
}

std::string confusion_section(const eval::Confusion& confusion, const std::vector<data::Category>& categories,
                              double threshold) {
  std::vector<std::vector<std::string>> rows{{"ground truth, found as"}};
  for (const auto& category : categories) rows.front().push_back(escaped(category.name));
  rows.front().emplace_back("missed");
  for (int64_t truth = 0; truth <= confusion.classes; ++truth) {
    int64_t all = 0;
    for (int64_t answer = 0; answer <= confusion.classes; ++answer) all += confusion.at(truth, answer);
    rows.push_back(
        {truth < confusion.classes ? escaped(categories[static_cast<size_t>(truth)].name) : "nothing"});
    for (int64_t answer = 0; answer <= confusion.classes; ++answer) {
      const bool corner = truth == confusion.classes && answer == truth;
      rows.back().push_back(corner ? "" : shaded(confusion.at(truth, answer), all));
    }
  }
  return fmt::format(
      "<h2>Confusions</h2>\n<p>Boxes by the class they were found as, with scores from {:g} and IoU from 0.5 "
      "on.</p>\n{}",
      threshold, table(rows));
}

/// The image with its ground truth beside the image with its detections.
cv::Mat side_by_side(const images::Image& image, const data::AnnotationStore& store, int64_t index,
                     std::span<const eval::BoxDetection> detections, double threshold) {
  constexpr int kCell = 480;
  std::map<int64_t, int64_t> label_of;
  for (size_t i = 0; i < store.categories().size(); ++i)
    label_of[store.categories()[i].id] = static_cast<int64_t>(i);
  std::vector<viz::DrawnBox> truth, found;
  for (const auto& box : store.annotations(index)) {
    truth.push_back({box.box(), store.categories()[static_cast<size_t>(box.label)].name, 1, box.label});
  }
  for (const auto& d : detections) {
    const auto label = label_of.find(d.category_id);
    if (d.image_id != store.image(index).id || d.score < threshold || label == label_of.end()) continue;
    found.push_back(
        {d.box(), store.categories()[static_cast<size_t>(label->second)].name, d.score, label->second});
  }
  cv::Mat left = images::copy_of(image), right = images::copy_of(image);
  viz::draw_boxes(left, truth, viz::kGroundTruthStyle);
  viz::draw_boxes(right, found);
  const cv::Mat both[] = {left, right};
  const int height = std::max(1, cvRound(static_cast<double>(image.height()) * kCell / image.width()));
  return viz::contact_sheet(both, 2, {kCell, std::min(height, 2 * kCell)});
}

std::string worst_section(const EvalReport& report, const data::AnnotationStore& store,
                          std::span<const eval::BoxDetection> detections, const eval::Confusion& confusion) {
  auto fates = confusion.images;
  std::stable_sort(fates.begin(), fates.end(),
                   [](const auto& a, const auto& b) { return a.errors() > b.errors(); });
  std::string text;
  for (const auto& fate : fates) {
    if (report.worst <= 0 || fate.errors() == 0) break;
    if (&fate - fates.data() >= report.worst) break;
    const auto& name = store.image(fate.index).file_name;
    const auto caption =
        fmt::format("{}: {} found, {} false negatives, {} of another class, {} false positives", name,
                    fate.found, fate.false_negatives, fate.mistaken, fate.false_positives);
    try {
      const auto image = data::ImageStore(store.image_dir(), store.orientation()).read(name);
      text += figure(embedded(side_by_side(image, store, fate.index, detections, report.threshold), caption),
                     caption);
    } catch (const Error& error) {
      text += "<p>" + escaped(error.what()) + "</p>\n";
    }
  }
  if (text.empty()) return "";
  return "<h2>Images with most errors</h2>\n<p>Left: ground truth. Right: detections.</p>\n" + text;
}

}  // namespace

std::string precision_recall_svg(const eval::CocoMetrics& metrics) {
  constexpr int kAll = 0, kAt50 = 0;
  constexpr size_t kMostClasses = 7;
  viz::LineChart chart{"Precision and recall at IoU 0.5", "recall", "precision", {}};
  std::vector<double> sums(eval::kRecallPoints);
  int64_t counted = 0;
  std::vector<viz::LineChart::Line> lines;
  for (int64_t label = 0; label < metrics.curves.classes(); ++label) {
    if (metrics.curves.precision(kAt50, 0, label, kAll) == eval::kNothingToCount) continue;
    ++counted;
    viz::LineChart::Line line{metrics.classes[static_cast<size_t>(label)].name, {}};
    for (int point = 0; point < eval::kRecallPoints; ++point) {
      const double precision = metrics.curves.precision(kAt50, point, label, kAll);
      sums[static_cast<size_t>(point)] += precision;
      if (point % 2 == 0) line.points.push_back({point / 100.0, precision});
    }
    lines.push_back(std::move(line));
  }
  if (counted == 0) return "";
  viz::LineChart::Line mean{"all classes", {}};
  for (int point = 0; point < eval::kRecallPoints; point += 2) {
    mean.points.push_back({point / 100.0, sums[static_cast<size_t>(point)] / static_cast<double>(counted)});
  }
  chart.lines.push_back(std::move(mean));
  if (lines.size() <= kMostClasses) std::move(lines.begin(), lines.end(), std::back_inserter(chart.lines));
  return viz::to_svg(chart);
}

std::string training_svg(const std::filesystem::path& log) {
  constexpr uint64_t kMostBytes = uint64_t{256} << 20;
  std::istringstream lines(read_file(log, kMostBytes));
  viz::LineChart chart{
      "AP on the validation split while training", "epoch", "AP", {{"AP", {}}, {"AP50", {}}}};
  for (std::string line; std::getline(lines, line);) {
    const auto entry = parse_json(line, log.string());
    if (entry.value("kind", "") != "eval") continue;
    for (auto& curve : chart.lines) {
      if (!entry.contains(curve.name) || !entry[curve.name].is_number()) continue;
      // Epochs count from 0 in the log; the chart shows completed epochs.
      curve.points.push_back({entry.value("epoch", 0.0) + 1, entry[curve.name].get<double>()});
    }
  }
  const bool any =
      std::any_of(chart.lines.begin(), chart.lines.end(), [](const auto& l) { return !l.points.empty(); });
  return any ? viz::to_svg(chart) : "";
}

std::string eval_report_html(const EvalReport& report, const data::AnnotationStore& store,
                             std::span<const eval::BoxDetection> detections,
                             const eval::CocoMetrics& metrics) {
  const auto confusion = eval::confusion_of(store, detections, report.threshold);
  std::string body = "<p>" + escaped(report.about) + "</p>\n" + numbers_section(metrics);
  body += "<h2>Precision and recall</h2>\n" +
          figure(precision_recall_svg(metrics), "precision made monotonic, as in COCO's metric");
  body += classes_section(metrics);
  body += confusion_section(confusion, store.categories(), report.threshold);
  if (!report.log.empty()) {
    const auto curves = training_svg(report.log);
    if (!curves.empty()) body += "<h2>Training</h2>\n" + figure(curves, report.log.string());
  }
  body += worst_section(report, store, detections, confusion);
  return page(report.title, body);
}

}  // namespace focus::report
