#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "benchmark/ledger.h"

namespace focus::benchmark {
namespace {

using Table = std::vector<std::vector<std::string>>;

std::string number(double value, int digits) { return fmt::format("{:.{}f}", value, digits); }

std::string percent(double part, double whole) {
  return number(whole > 0 ? 100 * part / whole : 0, 1) + " %";
}

/// Rows of cells as Markdown; the first row names the columns. Numbers are aligned to the right.
std::string markdown(const Table& table) {
  std::vector<size_t> widths(table.front().size(), 3);
  for (const auto& row : table) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (size_t r = 0; r < table.size(); ++r) {
    for (size_t i = 0; i < widths.size(); ++i) {
      text += i == 0 ? fmt::format("| {:<{}} |", table[r][i], widths[i])
                     : fmt::format(" {:>{}} |", table[r][i], widths[i]);
    }
    text += "\n";
    if (r > 0) continue;
    for (size_t i = 0; i < widths.size(); ++i) {
      text += (i == 0 ? "|" : "") + std::string(widths[i] + 1, '-') + (i == 0 ? "-|" : ":|");
    }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string ledger_markdown(const std::vector<LedgerRow>& rows, size_t reference) {
  const auto& base = rows.at(reference);
  Table table{{"model", "M parameters", "GMACs"}};
  auto& names = table.front();
  for (const auto& part : ledger_parts()) names.push_back(part);
  const auto& model = base.model;
  for (const auto& name :
       {std::string("MACs/") + model, std::string("ms"), std::string("FPS"), "FPS/" + model,
        std::string("encoder ms"), std::string("decoder ms"), std::string("RSS MiB"),
        std::string("choosing MACs"), std::string("choosing time")}) {
    names.push_back(name);
  }
  for (const auto& row : rows) {
    std::vector<std::string> cells{row.model, number(1e-6 * static_cast<double>(row.parameters), 1),
                                   number(1e-9 * row.total.macs, 1)};
    for (const auto& part : row.parts) cells.push_back(number(1e-9 * part.macs, 1));
    const auto transformer = row.transformer();
    cells.push_back(number(row.total.macs / base.total.macs, 3));
    cells.push_back(number(1e3 * row.total.seconds, 0));
    cells.push_back(number(row.frames_per_second(), 2));
    cells.push_back(number(row.frames_per_second() / base.frames_per_second(), 2));
    cells.push_back(number(1e3 * row.parts[3].seconds, 0));
    cells.push_back(number(1e3 * row.parts[4].seconds, 0));
    cells.push_back(std::to_string(row.peak_rss_bytes >> 20));
    cells.push_back(row.choosing.macs > 0 ? percent(row.choosing.macs, transformer.macs) : "-");
    cells.push_back(row.choosing.macs > 0 ? percent(row.choosing.seconds, transformer.seconds) : "-");
    table.push_back(std::move(cells));
  }
  return markdown(table);
}

std::string ledger_csv(const std::vector<LedgerRow>& rows, size_t reference) {
  const auto& base = rows.at(reference);
  std::string text = "model,engine,parameters,gmacs";
  for (const auto& part : ledger_parts()) text += "," + part + "_gmacs";
  text += ",ms";
  for (const auto& part : ledger_parts()) text += "," + part + "_ms";
  text += ",fps,times_as_fast,share_of_macs,peak_rss_bytes,choosing_gmacs,choosing_ms\n";
  for (const auto& row : rows) {
    text += fmt::format("\"{}\",{},{},{}", row.model, row.engine, row.parameters, 1e-9 * row.total.macs);
    for (const auto& part : row.parts) text += fmt::format(",{}", 1e-9 * part.macs);
    text += fmt::format(",{}", 1e3 * row.total.seconds);
    for (const auto& part : row.parts) text += fmt::format(",{}", 1e3 * part.seconds);
    text += fmt::format(",{},{},{},{},{},{}\n", row.frames_per_second(),
                        row.frames_per_second() / base.frames_per_second(), row.total.macs / base.total.macs,
                        row.peak_rss_bytes, 1e-9 * row.choosing.macs, 1e3 * row.choosing.seconds);
  }
  return text;
}

}  // namespace focus::benchmark
