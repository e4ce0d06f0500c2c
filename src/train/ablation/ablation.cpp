#include "train/ablation/ablation.h"

#include <algorithm>
#include <optional>
#include <ostream>
#include <set>

#include "base/console.h"
#include "base/error.h"
#include "base/files.h"
#include "base/folder_lock.h"
#include "base/human.h"
#include "base/json.h"
#include "base/profile.h"
#include "data/dataset_layout.h"
#include "detector/model_file.h"
#include "eval/coco_evaluator.h"
#include "eval/model_evaluation.h"

namespace focus::train {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kResult = "result.json";
constexpr uint64_t kMostResultBytes = 1 << 20;

/// One training: a variant with a seed.
struct Job {
  fs::path folder;
  std::string name;
  RunOptions options;
};

double macs_of(const Profile& profile, const std::string& path) {
  for (const auto& span : profile.spans()) {
    if (span.path == path) return static_cast<double>(span.macs);
  }
  return 0;
}

/// Measures the model a run has ended with.
AblationRun measure_run(const Job& job, const std::shared_ptr<const data::AnnotationStore>& store) {
  const auto loaded = detector::load_model(job.folder / "last.safetensors");
  eval::ModelEvaluationOptions evaluation;
  evaluation.batch_size = job.options.train.batch_size;
  evaluation.workers = job.options.loader.workers;
  Profile profile;
  std::vector<eval::BoxDetection> detections;
  {
    const ProfileRecording recording(profile);
    detections =
        eval::detect_all(*loaded.model, loaded.info.preprocess,
                         eval::join_classes(loaded.info.categories, store->categories()), store, evaluation);
  }
  const double images = 1e9 * static_cast<double>(store->size());
  AblationRun run;
  run.metrics = eval::evaluate(*store, detections).numbers();
  run.gmacs = static_cast<double>(profile.macs()) / images;
  run.encoder_gmacs = macs_of(profile, "encoder") / images;
  return run;
}

void write_result(const Job& job, const AblationRun& run, const std::string& split) {
  const json result = {{"options", options_to_json(job.options)},
                       {"split", split},
                       {"metrics", run.metrics},
                       {"gmacs", run.gmacs},
                       {"encoder_gmacs", run.encoder_gmacs}};
  write_atomically(job.folder / kResult, [&](std::ostream& file) { file << result.dump(2) << '\n'; });
  // They only serve to continue, and take three times the model's size.
  for (const char* name : {"last.checkpoint.safetensors", "previous.checkpoint.safetensors"}) {
    fs::remove(job.folder / name);
  }
}

/// The first option, by its dotted key, in which two trees differ; empty if they do not.
std::string first_difference(const json& saved, const json& now) {
  for (const auto& [key, before, after] : json_differences(saved, now)) {
    // A choice that was once true or false: its results stay those of the same run.
    const bool same = (before == "true" || before == "false") && after == '"' + before + '"';
    if (!same) return key;
  }
  return "";
}

/// The result of a run that is done; none if it is not.
std::optional<AblationRun> read_result(const Job& job, const std::string& split) {
  const auto path = job.folder / kResult;
  if (!fs::exists(path)) return std::nullopt;
  const auto result = parse_json(read_file(path, kMostResultBytes), path.string());
  try {
    const auto differs =
        result.at("split") != split
            ? std::string("--split")
            : first_difference(run_options_as_of_today(result.at("options")), options_to_json(job.options));
    if (!differs.empty()) {
      fail("{}: this run was made with another {}; name the same, or another --out", path.string(), differs);
    }
    return AblationRun{result.at("metrics"), result.at("gmacs"), result.at("encoder_gmacs")};
  } catch (const json::exception& error) {
    fail("{}: not a result of ablate: {}; delete the file to make that run again", path.string(),
         error.what());
  }
}

/// All jobs, the first seed of every variant first; a folder once.
std::vector<Job> jobs_of(const RunOptions& base, const AblationOptions& options, const fs::path& out,
                         const AblationResult& result) {
  std::vector<Job> jobs;
  std::set<fs::path> known;
  for (int64_t i = 0; i < options.seeds; ++i) {
    for (const auto& study : result.studies) {
      for (const auto& row : study.rows) {
        Job job;
        job.options = base;
        job.options.model = row.variant.model;
        job.options.train.seed = base.train.seed + i;
        const auto seed = std::to_string(job.options.train.seed);
        job.folder = out / row.variant.folder / ("seed" + seed);
        job.name = row.variant.folder + ", seed " + seed;
        if (known.insert(job.folder).second) jobs.push_back(std::move(job));
      }
    }
  }
  return jobs;
}

void add_run(AblationResult& result, const Job& job, const AblationRun& run) {
  const auto variant = job.folder.parent_path().filename().string();
  for (auto& study : result.studies) {
    for (auto& row : study.rows) {
      if (row.variant.folder == variant) row.runs.push_back(run);
    }
  }
}

/// Whether a study may start in `out`, whose lock is held.
bool holds_nothing(const fs::path& out) {
  if (!fs::exists(out)) return true;
  return fs::is_directory(out) && std::all_of(fs::directory_iterator(out), {}, [](const auto& entry) {
           return entry.path().filename() == FolderLock::kFileName;
         });
}

}  // namespace

AblationResult run_ablation(const RunOptions& base, const AblationOptions& options, const fs::path& dataset,
                            const fs::path& out, const std::function<void(const AblationResult&)>& on_run) {
  std::optional<FolderLock> lock;
  if (fs::is_directory(out)) lock.emplace(out);
  const auto reading = data::reading_of(base.loader);
  const auto store = data::load_split(dataset, options.split, reading);
  const auto classes = data::load_split(dataset, base.train_split, reading)->categories();
  const auto join = eval::require_joined(classes, store->categories(), "split " + in_quotes(base.train_split),
                                         "split " + in_quotes(options.split));
  for (const auto& line :
       join.notes("split " + in_quotes(base.train_split), "split " + in_quotes(options.split))) {
    print_note("warning: {}", line);
  }
  AblationResult result;
  RunOptions as_trained = base;
  as_trained.model.classes = static_cast<int64_t>(classes.size());
  for (const auto& study : options.studies) {
    result.studies.push_back({study, {}});
    for (auto& variant : study_variants(study, as_trained.model)) {
      variant.model.validate();
      result.studies.back().rows.push_back({std::move(variant), {}});
    }
  }
  if (!options.resume && !holds_nothing(out)) {
    fail_usage("{} is not empty; continue with --resume, or name another --out", out.string());
  }
  const auto jobs = jobs_of(as_trained, options, out, result);
  std::vector<const Job*> open;
  for (const auto& job : jobs) {
    if (const auto run = read_result(job, options.split)) {
      add_run(result, job, *run);
    } else {
      open.push_back(&job);
    }
  }
  if (!lock) {
    make_folder(out);
    lock.emplace(out);
  }
  on_run(result);
  for (size_t i = 0; i < open.size(); ++i) {
    const Job& job = *open[i];
    print_note("ablate: {} ({} of {})", job.name, jobs.size() - open.size() + i + 1, jobs.size());
    const auto trained = run_training(job.options, dataset, job.folder, /*resume=*/true);
    if (trained.reason != StopReason::kFinished) return result;
    const auto run = measure_run(job, store);
    write_result(job, run, options.split);
    add_run(result, job, run);
    on_run(result);
  }
  result.finished = true;
  return result;
}

}  // namespace focus::train
