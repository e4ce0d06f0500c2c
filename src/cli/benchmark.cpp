// focus-detr benchmark: how fast models run, and where their time goes.
#include <ATen/Context.h>
#include <torch/version.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <ostream>

#include "base/console.h"
#include "base/error.h"
#include "base/files.h"
#include "base/machine.h"
#include "base/threads.h"
#include "base/version.h"
#include "benchmark/benchmark_report.h"
#include "benchmark/keep_search.h"
#include "cli/benchmark_compare.h"
#include "cli/benchmark_sources.h"
#include "cli/commands.h"
#include "cli/config_arguments.h"
#include "cli/keep_option.h"
#include "cli/size_argument.h"
#include "ops/cpu/isa.h"

namespace focus::cli {
namespace {

struct BenchmarkArguments {
  std::vector<std::string> models;
  ConfigArguments config;
  std::vector<std::string> sizes{"800x1333"};
  std::vector<int64_t> batches{1};
  std::vector<int> threads{physical_cores()};
  std::vector<std::string> engines{"prepared"};
  std::vector<double> keeps;
  benchmark::BenchmarkEffort effort;
  std::optional<double> target_ms;
  bool profile = false;
  std::string csv, jsonl;
  CompareArguments compare;
};

benchmark::BenchmarkMachine this_machine() {
  return {.cpu = cpu_name(),
          .isa = std::string(ops::name_of(ops::active_isa())),
          .physical_cores = physical_cores(),
          .libtorch = TORCH_VERSION,
          .version = std::string(project_version()),
          .commit = std::string(git_commit()),
          .time = utc_time()};
}

/// Prints rows as they come, and keeps the files up to date with them.
class BenchmarkReport {
 public:
  explicit BenchmarkReport(const BenchmarkArguments& arguments) : arguments_(arguments) {
    print_result("{}, {} physical cores, {} kernels; LibTorch {}; focus-detr {} ({})\n", machine_.cpu,
                 machine_.physical_cores, machine_.isa, machine_.libtorch, machine_.version, machine_.commit);
    for (const int threads : arguments.threads) {
      if (peaks_.count(threads) > 0) continue;
      peaks_[threads] = benchmark::peak_gflops(threads);
      print_result("peak {:.1f} GFLOP/s on {} thread{} (float32 product of 2048 x 2048 matrices)\n",
                   peaks_[threads], threads, threads == 1 ? "" : "s");
    }
    print_result("\n{}", benchmark::table_header());
    std::fflush(stdout);
  }

  void add(const benchmark::BenchmarkRow& row) {
    if (rows_.empty()) first_fps_ = row.frames_per_second();
    const double peak = row.device_peak_gflops > 0 ? row.device_peak_gflops : peaks_.at(row.what.threads);
    const benchmark::ComparedRow compared{row, peak, row.frames_per_second() / first_fps_};
    rows_.push_back(benchmark::row_json(compared, machine_));
    print_result("{}", benchmark::table_line(compared));
    if (arguments_.profile) print_result("\n{}\n", benchmark::profile_text(row));
    if (!row.replay_failure.empty()) {
      print_note(
          "note: the forward pass could not be recorded on the GPU; its kernels were launched one by one: {}",
          row.replay_failure);
    }
    std::fflush(stdout);
    if (!arguments_.csv.empty()) {
      write_atomically(arguments_.csv, [&](std::ostream& out) { out << benchmark::rows_csv(rows_); });
    }
    if (!arguments_.jsonl.empty()) {
      write_atomically(arguments_.jsonl, [&](std::ostream& out) {
        for (const auto& line : rows_) out << line.dump() << '\n';
      });
    }
  }

 private:
  const BenchmarkArguments& arguments_;
  benchmark::BenchmarkMachine machine_ = this_machine();
  std::map<int, double> peaks_;
  std::vector<nlohmann::ordered_json> rows_;
  double first_fps_ = 0;
};

/// The cases to measure for each model; the keep ratio is set later.
std::vector<benchmark::BenchmarkCase> cases_of(const BenchmarkArguments& arguments) {
  std::vector<benchmark::BenchmarkCase> cases;
  for (const auto& size : arguments.sizes) {
    for (const int64_t batch : arguments.batches) {
      for (const int threads : arguments.threads) {
        for (const auto& engine : arguments.engines) {
          cases.push_back(
              {parse_size(size), batch, threads, std::string(benchmark::find_engine(engine).name), 0, {}});
        }
      }
    }
  }
  return cases;
}

double measure_into(BenchmarkReport& report, const BenchmarkSource& source, benchmark::BenchmarkCase what,
                    const std::optional<double>& keep, const benchmark::BenchmarkEffort& effort) {
  const auto loaded = source.load();
  what.keep_ratio = keep.value_or(loaded.model->keep_ratio());
  what.quantisation = loaded.info.calibration;
  auto row = benchmark::measure(*loaded.model, images::Preprocess(loaded.info.preprocess), what, effort);
  row.model = source.name;
  report.add(row);
  return 1e3 * row.latency.median;
}

/// Searches for the largest keep ratio that meets the target and prints it. Returns whether there is one.
bool search(BenchmarkReport& report, const BenchmarkSource& source, const benchmark::BenchmarkCase& what,
            const BenchmarkArguments& arguments) {
  const double target = *arguments.target_ms;
  const auto found = benchmark::search_keep_ratio(
      target, [&](double keep) { return measure_into(report, source, what, keep, arguments.effort); });
  print_result("\n{} at {}x{}, batch {}, threads {}, engine {}:\n  keep  median ms\n", source.name,
               what.size.height, what.size.width, what.batch, what.threads, what.engine);
  for (const auto& point : found.points) {
    print_result("  {:.2f}  {:>9.1f}{}\n", point.keep_ratio, point.milliseconds,
                 point.milliseconds <= target ? "" : "  too slow");
  }
  if (found.best) {
    print_result("the largest keep ratio within {:g} ms is {:.2f} ({:.1f} ms)\n\n", target,
                 found.best->keep_ratio, found.best->milliseconds);
  } else {
    print_result("no keep ratio meets {:g} ms: even {:.2f} takes {:.1f} ms\n\n", target,
                 found.points.front().keep_ratio, found.points.front().milliseconds);
  }
  std::fflush(stdout);
  return found.best.has_value();
}

/// The arguments of --compare with those it shares with a plain benchmark: one case for all models.
CompareArguments compare_arguments(const BenchmarkArguments& arguments) {
  if (arguments.batches.size() > 1 || arguments.threads.size() > 1 || arguments.engines.size() > 1) {
    fail_usage("benchmark --compare: give one --batch, one --threads and one --engine, the same for all");
  }
  auto compare = arguments.compare;
  compare.assignments = arguments.config.assignments;
  for (const auto& size : arguments.sizes) compare.sizes.push_back({parse_size(size), 1});
  if (compare.sizes.size() > 1)
    fail_usage("benchmark --compare: give one --size, or --data for a mean over sizes");
  compare.what = cases_of(arguments).front();
  compare.effort = arguments.effort;
  compare.csv = arguments.csv;
  return compare;
}

void run_benchmark(const BenchmarkArguments& arguments) {
  if (!arguments.compare.names.empty()) return run_compare(compare_arguments(arguments));
  const auto sources = benchmark_sources(arguments.models, arguments.config);
  const auto cases = cases_of(arguments);
  for (const auto& source : sources)
    source.load();  // A model that does not load fails before anything is measured.
  std::vector<std::optional<double>> keeps(arguments.keeps.begin(), arguments.keeps.end());
  if (keeps.empty()) keeps.push_back(std::nullopt);

  BenchmarkReport report(arguments);
  int missed = 0;
  for (const auto& source : sources) {
    for (const auto& what : cases) {
      if (arguments.target_ms) {
        missed += search(report, source, what, arguments) ? 0 : 1;
        continue;
      }
      for (const auto& keep : keeps) measure_into(report, source, what, keep, arguments.effort);
    }
  }
  if (missed > 0) {
    fail("no keep ratio meets {:g} ms in {} of {} searches", *arguments.target_ms, missed,
         sources.size() * cases.size());
  }
}

}  // namespace

void add_benchmark(CLI::App& app) {
  CLI::App* subcommand =
      app.add_subcommand("benchmark", "Measure how fast models run, and where their time goes.");
  auto a = std::make_shared<BenchmarkArguments>();
  std::string engines;
  for (const auto& engine : benchmark::engines()) {
    engines += fmt::format("{}{}: {}", engines.empty() ? "" : "; ", engine.name, engine.what);
  }
  // One value per occurrence of an option, or it would take the key=value arguments that follow.
  const auto repeatable = [&](const std::string& name, auto& values, const std::string& help) {
    return subcommand->add_option(name, values, help + " Repeatable.")->allow_extra_args(false);
  };
  auto* model = repeatable(
      "--model", a->models,
      "Model file. Without one: the model of --config, by default the paper's, with random weights.");
  repeatable("--size", a->sizes, "Height x width of images.")->capture_default_str();
  repeatable("--batch", a->batches, "Images per batch.")->check(CLI::Range(1, 4096))->capture_default_str();
  repeatable("--threads", a->threads, "Threads; by default one per physical core.")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  repeatable("--engine", a->engines, "How the model is run. " + engines + ".")->capture_default_str();
  auto* keep = repeatable("--keep", a->keeps, kKeepHelp)
                   ->check(CLI::Range(models::FocusOptions::kLeastKeepRatio, 1.0));
  auto* target =
      subcommand
          ->add_option("--target-ms", a->target_ms,
                       "Find the largest --keep whose median time is at most this many milliseconds.")
          ->check(CLI::PositiveNumber)
          ->excludes(keep);
  subcommand->add_option("--repeat", a->effort.repeat, "Measured runs per row.")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  subcommand->add_option("--warmup", a->effort.warmup, "Runs before them that are not measured.")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  subcommand
      ->add_option("--max-seconds", a->effort.max_seconds,
                   "Seconds per row after which no further run starts; one run is always measured.")
      ->check(CLI::PositiveNumber);
  auto* profile = subcommand->add_flag("--profile", a->profile, "Print all spans of each row's median run.");
  subcommand->add_option("--csv", a->csv, "Write the rows to this file as CSV.");
  auto* jsonl =
      subcommand->add_option("--jsonl", a->jsonl, "Write the rows to this file, one JSON object per line.");
  a->config.add_to(*subcommand);
  auto* compare =
      subcommand
          ->add_option(
              "--compare", a->compare.names,
              "Compare the cost of models by part. Names, separated by commas: architectures (focus-detr, "
              "dino, ...: their ResNet-50 configurations), names or files of configurations, model files. "
              "Ratios are relative to dino if it is named, else to the first.")
          ->delimiter(',')
          ->allow_extra_args(false);
  for (auto* other : {model, keep, target, profile, jsonl, subcommand->get_option("--config")})
    compare->excludes(other);
  const auto for_compare = [&](const std::string& name, std::string& value, const std::string& help) {
    subcommand->add_option(name, value, "--compare: " + help)->needs(compare);
  };
  for_compare("--data", a->compare.data,
              "use the mean over the sizes of this data set's images, instead of --size.");
  for_compare("--split", a->compare.split, "split of --data.");
  for_compare("--markdown", a->compare.markdown, "write the table to this file.");
  for_compare("--plot", a->compare.plot, "write a chart to this SVG file.");
  subcommand->callback([a] { run_benchmark(*a); });
}

}  // namespace focus::cli
