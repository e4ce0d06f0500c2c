#include "benchmark/benchmark_report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace focus::benchmark {
namespace {

/// Widths suit the longest usual values; longer ones push the rest of their line to the right.
constexpr const char* kColumns =
    "{:<18} {:>10} {:>5} {:>7} {:<10} {:>5} {:>9} {:>17} {:>7} {:>8} {:>8} {:>6} {:>6} {:>9}";

double share_of_peak(const ComparedRow& compared) {
  return compared.peak_gflops > 0 ? compared.row.gflops() / compared.peak_gflops : 0;
}

/// CSV as in RFC 4180: a quote inside quotes is doubled.
std::string csv_cell(const nlohmann::ordered_json& value) {
  if (!value.is_string()) return value.dump();
  std::string text = "\"";
  for (const char c : value.get_ref<const std::string&>()) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + "\"";
}

}  // namespace

std::string table_header() {
  std::string line =
      fmt::format(fmt::runtime(kColumns), "model", "size", "batch", "threads", "engine", "keep", "median ms",
                  "min..p90 ms", "FPS", "GMACs", "GFLOP/s", "peak", "ratio", "RSS MiB");
  for (const auto& stage : benchmark_stages()) line += fmt::format(" {:>11}", stage);
  return line + "\n";
}

std::string table_line(const ComparedRow& compared) {
  const auto& row = compared.row;
  const auto& what = row.what;
  std::string line =
      fmt::format(fmt::runtime(kColumns), row.model, fmt::format("{}x{}", what.size.height, what.size.width),
                  what.batch, what.threads, what.engine, fmt::format("{:g}", what.keep_ratio),
                  fmt::format("{:.1f}", 1e3 * row.latency.median),
                  fmt::format("{:.1f}..{:.1f}", 1e3 * row.latency.least, 1e3 * row.latency.p90),
                  fmt::format("{:.2f}", row.frames_per_second()),
                  fmt::format("{:.2f}", 1e-9 * static_cast<double>(row.macs)),
                  fmt::format("{:.1f}", row.gflops()), fmt::format("{:.0f}%", 100 * share_of_peak(compared)),
                  fmt::format("{:.2f}", compared.times_first), row.peak_rss_bytes >> 20);
  for (const auto& stage : benchmark_stages())
    line += fmt::format(" {:>11.1f}", 1e3 * row.stage_seconds(stage));
  return line + "\n";
}

std::string profile_text(const BenchmarkRow& row) {
  std::string text = fmt::format("{:<24} {:>6} {:>10} {:>7} {:>9} {:>8}\n", "span", "calls", "ms", "share",
                                 "GMACs", "GFLOP/s");
  double whole = 0;
  for (const auto& span : row.spans) {
    if (span.path.find('/') == std::string::npos) whole += span.seconds;
  }
  for (const auto& span : row.spans) {
    const auto depth = static_cast<size_t>(std::count(span.path.begin(), span.path.end(), '/'));
    const auto macs = static_cast<double>(span.macs);
    text += fmt::format("{:<24} {:>6} {:>10.2f} {:>6.1f}% {:>9.3f} {:>8.1f}\n",
                        std::string(2 * depth, ' ') + span.path.substr(span.path.rfind('/') + 1), span.calls,
                        1e3 * span.seconds, whole > 0 ? 100 * span.seconds / whole : 0, 1e-9 * macs,
                        span.seconds > 0 ? 2e-9 * macs / span.seconds : 0);
  }
  return text;
}

nlohmann::ordered_json row_json(const ComparedRow& compared, const BenchmarkMachine& machine) {
  const auto& row = compared.row;
  const auto& what = row.what;
  nlohmann::ordered_json json = {{"model", row.model},
                                 {"height", what.size.height},
                                 {"width", what.size.width},
                                 {"batch", what.batch},
                                 {"threads", what.threads},
                                 {"engine", what.engine},
                                 {"keep_ratio", what.keep_ratio},
                                 {"runs", row.runs},
                                 {"median_ms", 1e3 * row.latency.median},
                                 {"min_ms", 1e3 * row.latency.least},
                                 {"p90_ms", 1e3 * row.latency.p90},
                                 {"device_ms", 1e3 * row.device_seconds},
                                 {"fps", row.frames_per_second()},
                                 {"gmacs", 1e-9 * static_cast<double>(row.macs)},
                                 {"gflops", row.gflops()},
                                 {"peak_gflops", compared.peak_gflops},
                                 {"share_of_peak", share_of_peak(compared)},
                                 {"ratio", compared.times_first},
                                 {"peak_rss_bytes", row.peak_rss_bytes}};
  for (const auto& stage : benchmark_stages()) json[stage + "_ms"] = 1e3 * row.stage_seconds(stage);
  json["cpu"] = machine.cpu;
  json["isa"] = machine.isa;
  json["physical_cores"] = machine.physical_cores;
  json["libtorch"] = machine.libtorch;
  json["version"] = machine.version;
  json["commit"] = machine.commit;
  json["time"] = machine.time;
  json["spans"] = nlohmann::ordered_json::array();
  for (const auto& span : row.spans) {
    json["spans"].push_back(
        {{"path", span.path}, {"calls", span.calls}, {"ms", 1e3 * span.seconds}, {"macs", span.macs}});
  }
  return json;
}

std::string rows_csv(const std::vector<nlohmann::ordered_json>& rows) {
  std::string names, lines;
  for (const auto& row : rows) {
    std::string line;
    for (const auto& [name, value] : row.items()) {
      if (value.is_array()) continue;
      if (&row == &rows.front()) names += (names.empty() ? "" : ",") + name;
      line += (line.empty() ? "" : ",") + csv_cell(value);
    }
    lines += line + "\n";
  }
  return names + "\n" + lines;
}

}  // namespace focus::benchmark
