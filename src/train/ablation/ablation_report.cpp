#include "train/ablation/ablation_report.h"

#include <spdlog/fmt/fmt.h>

namespace focus::train {
namespace {

std::string cell(const AblationRow& row, const std::string& metric) {
  if (row.runs.empty()) return "-";
  const auto spread = spread_of(row, metric);
  if (row.runs.size() < 2) return fmt::format("{:.3f}", spread.mean);
  return fmt::format("{:.3f} ± {:.3f}", spread.mean, spread.deviation);
}

/// The seeds of a variant differ in what the scorer chooses, but not in how much.
std::string gmacs_cell(const AblationRow& row, double AblationRun::*gmacs) {
  return row.runs.empty() ? "-" : fmt::format("{:.3f}", row.runs.front().*gmacs);
}

}  // namespace

Spread spread_of(const AblationRow& row, const std::string& metric) {
  std::vector<double> values;
  for (const auto& run : row.runs) values.push_back(run.metrics.at(metric));
  return focus::spread_of(values);
}

std::string ablation_markdown(const AblationResult& result) {
  std::string text;
  for (const auto& study : result.studies) {
    text += fmt::format("{}## {}\n\n", text.empty() ? "" : "\n", study.study);
    text += "| variant | seeds | AP | AP50 | AP75 | encoder GMACs | GMACs |\n|---|---|---|---|---|---|---|\n";
    for (const auto& row : study.rows) {
      text += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", row.variant.label, row.runs.size(),
                          cell(row, "AP"), cell(row, "AP50"), cell(row, "AP75"),
                          gmacs_cell(row, &AblationRun::encoder_gmacs), gmacs_cell(row, &AblationRun::gmacs));
    }
  }
  return text;
}

std::string ablation_csv(const AblationResult& result) {
  std::string names, lines;
  for (const auto& study : result.studies) {
    for (const auto& row : study.rows) {
      for (size_t i = 0; i < row.runs.size(); ++i) {
        const auto& run = row.runs[i];
        if (names.empty()) {
          names = "study,variant,run,gmacs,encoder_gmacs";
          for (const auto& [name, value] : run.metrics) names += "," + name;
          names += "\n";
        }
        lines +=
            fmt::format("{},{},{},{},{}", study.study, row.variant.label, i, run.gmacs, run.encoder_gmacs);
        for (const auto& [name, value] : run.metrics) lines += fmt::format(",{}", value);
        lines += "\n";
      }
    }
  }
  return names + lines;
}

}  // namespace focus::train
