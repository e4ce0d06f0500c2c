#include "train/checkpoint.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "io/safetensors/safetensors.h"

namespace focus::train {
namespace {

constexpr const char* kFormat = "focus-detr checkpoint";
constexpr const char* kVersion = "1";
constexpr int64_t kMostCounted = int64_t{1} << 53;

nlohmann::json to_json(const Position& position) {
  return {{"epoch", position.epoch},         {"batch", position.batch},
          {"iteration", position.iteration}, {"batches", position.batches},
          {"skipped", position.skipped},     {"evaluation_due", position.evaluation_due},
          {"processes", position.processes}};
}

/// Reads fields of a checkpoint's metadata; every complaint names the file.
class Fields {
 public:
  Fields(std::string source, const io::TensorFile& file) : source_(std::move(source)), file_(file) {}

  const std::string& text(const std::string& key) const {
    const auto found = file_.metadata.find(key);
    if (found == file_.metadata.end()) {
      fail("{}: not a checkpoint of a training run: its metadata has no '{}'", source_, key);
    }
    return found->second;
  }

  nlohmann::json object(const std::string& key) const {
    auto tree = parse_json(text(key), source_ + ": metadata '" + key + "'");
    if (!tree.is_object()) fail("{}: metadata '{}' is not a JSON object", source_, key);
    return tree;
  }

  int64_t count(const nlohmann::json& tree, const char* key) const {
    const auto found = tree.find(key);
    if (found == tree.end() || !found->is_number_integer()) fail("{}: '{}' is not an integer", source_, key);
    // A number beyond int64 is stored unsigned and turns negative here.
    const auto value = found->get<int64_t>();
    if (value < 0 || value > kMostCounted)
      fail("{}: '{}' is {}, which no run reaches", source_, key, found->dump());
    return value;
  }

  bool flag(const nlohmann::json& tree, const char* key) const {
    const auto found = tree.find(key);
    if (found == tree.end() || !found->is_boolean()) fail("{}: '{}' is not true or false", source_, key);
    return found->get<bool>();
  }

 private:
  std::string source_;
  const io::TensorFile& file_;
};

}  // namespace

Position for_processes(const Position& position, int64_t processes, int64_t batches, int64_t accumulate) {
  Position moved = position;
  const int64_t batch = std::min(position.batch * position.processes / processes, batches);
  moved.batch = batch == batches ? batch : batch / accumulate * accumulate;
  moved.batches = batches;
  moved.processes = processes;
  const int64_t steps = (batches + accumulate - 1) / accumulate;
  moved.iteration = position.epoch * steps + (moved.batch + accumulate - 1) / accumulate;
  return moved;
}

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  io::TensorFile file;
  file.tensors = checkpoint.tensors;
  file.metadata = {{"format", kFormat},
                   {"version", kVersion},
                   {"position", to_json(checkpoint.position).dump()},
                   {"options", checkpoint.options.dump()}};
  if (checkpoint.best_metric) file.metadata["best_metric"] = nlohmann::json(*checkpoint.best_metric).dump();
  io::write_safetensors(path, file);
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  io::TensorFile file = io::read_safetensors(path);
  const Fields fields(path.string(), file);
  if (fields.text("format") != kFormat) {
    fail("{}: its format is '{}', a checkpoint's is '{}'", path.string(), fields.text("format"), kFormat);
  }
  if (fields.text("version") != kVersion) {
    fail("{}: checkpoint version {}, this program reads version {}", path.string(), fields.text("version"),
         kVersion);
  }
  Checkpoint checkpoint;
  const auto position = fields.object("position");
  checkpoint.position = {fields.count(position, "epoch"), fields.count(position, "batch"),
                         fields.count(position, "iteration"), fields.count(position, "batches"),
                         fields.count(position, "skipped"), fields.flag(position, "evaluation_due"),
                         // Runs of older versions had one.
                         position.contains("processes") ? fields.count(position, "processes") : 1};
  checkpoint.options = fields.object("options");
  if (file.metadata.contains("best_metric")) {
    const auto best = nlohmann::json::parse(file.metadata["best_metric"], nullptr, false);
    if (!best.is_number()) fail("{}: metadata 'best_metric' is not a number", path.string());
    checkpoint.best_metric = best.get<double>();
  }
  checkpoint.tensors = std::move(file.tensors);
  return checkpoint;
}

void CheckpointFolder::save(const Checkpoint& checkpoint) const {
  const auto next = folder_ / "next.checkpoint.safetensors";
  write_checkpoint(next, checkpoint);
  std::error_code error;
  if (std::filesystem::exists(last())) std::filesystem::rename(last(), previous(), error);
  if (!error) std::filesystem::rename(next, last(), error);
  if (error) fail("{}: cannot be renamed to {}: {}", next.string(), last().string(), error.message());
}

void CheckpointFolder::refuse_if_any() const {
  if (std::filesystem::exists(last()) || std::filesystem::exists(previous())) {
    fail_usage("{}: holds a run already; add --resume to continue it, or name another folder",
               folder_.string());
  }
}

std::optional<CheckpointFolder::Loaded> CheckpointFolder::load() const {
  std::string reason;
  if (std::filesystem::exists(last())) {
    try {
      return Loaded{read_checkpoint(last()), last(), ""};
    } catch (const Error& error) {
      reason = error.what();
    }
  } else if (!std::filesystem::exists(previous())) {
    return std::nullopt;
  } else {
    reason = last().string() + ": missing";
  }
  if (!std::filesystem::exists(previous())) fail("{}; there is no earlier checkpoint to go back to", reason);
  try {
    return Loaded{
        read_checkpoint(previous()), previous(),
        fmt::format("{}; continuing from the checkpoint before it, {}", reason, previous().string())};
  } catch (const Error& error) {
    fail("{}; nor can the checkpoint before it be used: {}", reason, error.what());
  }
}

}  // namespace focus::train
