#include "train/metrics_log.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/files.h"

namespace focus::train {
namespace {

constexpr uint64_t kLargestLog = uint64_t{1} << 31;

/// Whether a line belongs to the part of the run that is continued.
bool is_kept(const std::string& line, int64_t iteration, bool evaluation_due) {
  const auto entry = nlohmann::json::parse(line, nullptr, false);
  if (!entry.is_object()) return false;
  const auto at = entry.find("iteration"), kind = entry.find("kind");
  if (at == entry.end() || !at->is_number_integer() || kind == entry.end()) return false;
  const bool redone = evaluation_due && *kind == "eval";
  return at->get<int64_t>() < iteration || (at->get<int64_t>() == iteration && !redone);
}

/// Leaves in the log only what comes before `iteration`.
std::filesystem::path shortened(const std::filesystem::path& path, int64_t iteration, bool evaluation_due) {
  std::string kept;
  if (iteration > 0 && std::filesystem::exists(path)) {
    std::istringstream old(read_file(path, kLargestLog));
    for (std::string line; std::getline(old, line);) {
      if (is_kept(line, iteration, evaluation_due)) kept += line + "\n";
    }
  }
  write_atomically(path, [&](std::ostream& out) { out << kept; });
  return path;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& folder, int64_t iteration, bool evaluation_due)
    : lines_(shortened(folder / "metrics.jsonl", iteration, evaluation_due), GrowingFile::Start::kAppend),
      events_(folder) {}

void MetricsLog::write(const std::string& kind, int64_t epoch, int64_t iteration, const Metrics& metrics) {
  nlohmann::ordered_json entry = {{"kind", kind}, {"epoch", epoch}, {"iteration", iteration}};
  for (const auto& [name, value] : metrics) entry[name] = value;
  lines_.append(entry.dump() + "\n");
  for (const auto& [name, value] : metrics)
    events_.scalar(fmt::format("{}/{}", kind, name), value, iteration);
  flush();
}

void MetricsLog::flush() {
  lines_.flush();
  events_.flush();
}

}  // namespace focus::train
