#include "cli/benchmark_compare.h"

#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <ostream>

#include "base/console.h"
#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "cli/benchmark_sources.h"
#include "data/dataset_layout.h"
#include "models/checkpoints/state_dict.h"
#include "viz/chart.h"
#include "weights/summary.h"

namespace focus::cli {
namespace {

std::vector<benchmark::CountedSize> sizes_of(const CompareArguments& arguments,
                                             const images::Preprocess& preprocess) {
  if (arguments.data.empty()) return arguments.sizes;
  return benchmark::image_sizes(*data::load_split(arguments.data, arguments.split), preprocess);
}

benchmark::LedgerRow measure_source(const BenchmarkSource& source, const CompareArguments& arguments) {
  const auto loaded = source.load();
  const images::Preprocess preprocess(loaded.info.preprocess);
  const auto sizes = sizes_of(arguments, preprocess);
  if (sizes.empty()) fail("{}: split '{}' has no images", arguments.data, arguments.split);
  const int64_t parameters = weights::parameter_count(models::state_dict(*loaded.model));
  auto what = arguments.what;
  what.keep_ratio = loaded.model->keep_ratio();
  what.quantisation = loaded.info.calibration;
  std::vector<nn::ImageSize> shapes;
  shapes.reserve(sizes.size());
  for (const auto& size : sizes) shapes.push_back(size.size);
  auto row = benchmark::sum_up(
      benchmark::measure_sizes(*loaded.model, preprocess, what, shapes, arguments.effort), sizes);
  row.model = source.name;
  row.parameters = parameters;
  return row;
}

/// The model that ratios refer to: DINO if it is named, as in the papers; else the first.
size_t reference_of(const std::vector<BenchmarkSource>& sources) {
  for (size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].name == "dino" || sources[i].name == "dino_r50") return i;
  }
  return 0;
}

std::string chart_of(const std::vector<benchmark::LedgerRow>& rows, const std::string& about) {
  viz::BarChart chart{"Multiply-accumulates by part, " + about,
                      "10^9 multiply-accumulates per image",
                      benchmark::ledger_parts(),
                      {}};
  for (const auto& row : rows) {
    viz::BarChart::Row bar{row.model, {}, 0, ""};
    for (const auto& part : row.parts) bar.parts.push_back(1e-9 * part.macs);
    bar.note = fmt::format("{:.1f} GMACs, {:.0f} ms", 1e-9 * row.total.macs, 1e3 * row.total.seconds);
    chart.rows.push_back(std::move(bar));
  }
  return viz::to_svg(chart);
}

void write_if_named(const std::string& path, const std::string& text) {
  if (!path.empty()) write_atomically(path, [&](std::ostream& out) { out << text; });
}

}  // namespace

void run_compare(const CompareArguments& arguments) {
  std::vector<BenchmarkSource> sources;
  for (const auto& name : arguments.names) sources.push_back(compared_source(name, arguments.assignments));
  const size_t reference = reference_of(sources);
  const std::string about =
      arguments.data.empty()
          ? fmt::format("{}x{}", arguments.sizes.front().size.height, arguments.sizes.front().size.width)
          : "mean over the images of " + arguments.data + ", " + arguments.split;
  std::vector<benchmark::LedgerRow> rows;
  Progress progress("compare", static_cast<int64_t>(sources.size()));
  for (const auto& source : sources) {
    rows.push_back(measure_source(source, arguments));
    progress.update(static_cast<int64_t>(rows.size()), source.name);
  }
  progress.finish();
  const auto table = benchmark::ledger_markdown(rows, reference);
  print_result("\n{}, batch {}, {} thread{}, engine {}\n\n{}", about, arguments.what.batch,
               arguments.what.threads, arguments.what.threads == 1 ? "" : "s", arguments.what.engine, table);
  print_result(
      "\nmean milliseconds per image; 'choosing' is the scorer and the attention among fine-grained tokens, "
      "as a fraction of everything after the neck\n");
  write_if_named(arguments.markdown, table);
  write_if_named(arguments.csv, benchmark::ledger_csv(rows, reference));
  write_if_named(arguments.plot, chart_of(rows, about));
}

}  // namespace focus::cli
