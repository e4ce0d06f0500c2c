#include "report/eval_report.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "eval/coco_evaluator.h"
#include "images/test_images.h"
#include "report/html.h"
#include "support/temporary_folder.h"

namespace focus::report {
namespace {

size_t count(const std::string& text, const std::string& what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

/// Three images on disk with a box each; the second is found as the other class, the third is not found.
struct Evaluated {
  Evaluated() {
    for (int64_t i = 0; i < 3; ++i) {
      const auto name = std::to_string(i) + ".png";
      test::write_image_file(folder.path() / name, test::noise(60, 80));
      images.push_back({10 + i, name, {60, 80}});
      data::Annotation box;
      box.id = i + 1;
      box.x = box.y = 10;
      box.width = box.height = 30;
      box.area = 900;
      boxes.push_back({box});
    }
    store = std::make_unique<data::AnnotationStore>(std::vector<data::Category>{{1, "cat <&>"}, {2, "dog"}},
                                                    images, boxes, folder.path());
    detections = {{10, 1, 10, 10, 30, 30, 0.9}, {11, 2, 10, 10, 30, 30, 0.8}};
    metrics = eval::evaluate(*store, detections);
  }
  std::string html(EvalReport report = {}) const {
    report.title = "A <title>";
    return eval_report_html(report, *store, detections, metrics);
  }

  test::TemporaryFolder folder;
  std::vector<data::ImageRecord> images;
  std::vector<std::vector<data::Annotation>> boxes;
  std::unique_ptr<data::AnnotationStore> store;
  std::vector<eval::BoxDetection> detections;
  eval::CocoMetrics metrics;
};

TEST(EvalReport, IsOnePageThatLoadsNothing) {
  const Evaluated evaluated;
  const auto html = evaluated.html();
  EXPECT_EQ(html.rfind("<!doctype html>", 0), 0U);
  EXPECT_EQ(count(html, "src=\""), count(html, "src=\"data:image/jpeg;base64,"));
  EXPECT_EQ(count(html, "href="), 0U);
  EXPECT_EQ(count(html, "<script"), 0U);
  EXPECT_EQ(count(html, "<svg "), 2U) << "curves and bars";
}

TEST(EvalReport, ShowsNumbersConfusionsAndTheWorstImagesFirst) {
  const Evaluated evaluated;
  const auto html = evaluated.html();
  EXPECT_NE(html.find(">AP50<"), std::string::npos);
  EXPECT_NE(html.find("cat &lt;&amp;&gt;"), std::string::npos) << "names are text";
  EXPECT_EQ(html.find("cat <&>"), std::string::npos);
  EXPECT_NE(html.find("A &lt;title&gt;"), std::string::npos);
  EXPECT_EQ(count(html, "<img "), 2U) << "the first image went right";
  EXPECT_NE(html.find("1.png: 0 found, 0 false negatives, 1 of another class, 0 false positives"),
            std::string::npos);
  EXPECT_NE(html.find("2.png: 0 found, 1 false negatives, 0 of another class, 0 false positives"),
            std::string::npos);
  EvalReport few;
  few.worst = 1;
  EXPECT_EQ(count(evaluated.html(few), "<img "), 1U);
  few.worst = 0;
  EXPECT_EQ(count(evaluated.html(few), "<img "), 0U);
}

TEST(EvalReport, AMissingImageIsNamedInItsPlace) {
  const Evaluated evaluated;
  std::filesystem::remove(evaluated.folder.path() / "1.png");
  const auto html = evaluated.html();
  EXPECT_EQ(count(html, "<img "), 1U);
  EXPECT_NE(html.find("1.png: no such image"), std::string::npos);
}

TEST(EvalReport, TrainingCurvesComeFromTheLog) {
  const test::TemporaryFolder folder;
  const auto log = folder.path() / "metrics.jsonl";
  std::ofstream(log) << R"({"kind":"train","epoch":0,"loss":3})"
                     << "\n"
                     << R"({"kind":"eval","epoch":0,"AP":0.1,"AP50":0.3})"
                     << "\n"
                     << R"({"kind":"eval","epoch":1,"AP":0.2,"AP50":0.4})"
                     << "\n";
  EXPECT_EQ(count(training_svg(log), "<circle "), 4U);
  std::ofstream(log) << "";
  EXPECT_EQ(training_svg(log), "");
  std::ofstream(log) << "no json\n";
  EXPECT_THROW(training_svg(log), Error);
}

TEST(EvalReport, WithoutBoxesThereAreNoCurves) {
  const data::AnnotationStore store({{1, "cat"}}, {{1, "a.png", {10, 10}}}, {{}}, "");
  const auto metrics = eval::evaluate(store, {});
  EXPECT_EQ(precision_recall_svg(metrics), "");
  EXPECT_NE(eval_report_html({}, store, {}, metrics).find("–"), std::string::npos);
}

TEST(Html, TextIsEscaped) { EXPECT_EQ(escaped("<a href='x'>&\""), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;"); }

}  // namespace
}  // namespace focus::report
