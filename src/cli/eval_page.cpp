#include "cli/eval_page.h"

#include <spdlog/fmt/fmt.h>

#include <ostream>

#include "base/files.h"
#include "base/paths.h"
#include "report/eval_report.h"

namespace focus::cli {

void write_eval_page(const EvalPage& page, const data::AnnotationStore& store,
                     std::span<const eval::BoxDetection> detections, const eval::CocoMetrics& metrics) {
  namespace fs = std::filesystem;
  report::EvalReport report;
  report.title = "Evaluation of " + fs::path(page.what).filename().string();
  report.about = fmt::format("{} on {}: {} images, {} detections", page.what, page.truth, store.size(),
                             detections.size());
  report.threshold = page.threshold;
  // A model that is still in the folder of its training has the training log beside it.
  const auto log = page.model.parent_path() / "metrics.jsonl";
  if (!page.model.empty() && is_there(log)) report.log = log;
  make_folder(page.folder);
  const auto html = report::eval_report_html(report, store, detections, metrics);
  write_atomically(page.folder / "index.html", [&](std::ostream& out) { out << html; });
}

}  // namespace focus::cli
