// Where an exported model is to run: what is written there, and what the place asks of the graph.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "export/proof/proved_model.h"

namespace focus::exporter {

/// A kind of export, as `export --target` names it. Each is an entry of export_targets.
class ExportTarget {
 public:
  virtual ~ExportTarget() = default;

  /// As the option names it: "onnx".
  virtual const char* name() const = 0;
  /// What is written, in a few words for the help.
  virtual const char* help() const = 0;

  /// Refuses a place, a name or choices that the target cannot take, before anything is computed. Throws Error, or
  /// UsageError for options.
  virtual void check(const detector::LoadedModel& loaded, const OnnxOptions& options,
                     const std::filesystem::path& out) const = 0;

  /// Writes what the target needs, the ONNX file `model` among it, to `out`, a file or a new folder as the target
  /// has it. Returns where the ONNX file is.
  virtual std::filesystem::path write(const std::string& model, const detector::LoadedModel& loaded,
                                      const OnnxOptions& options, const std::filesystem::path& out) const = 0;

  /// What whoever runs the model there has to know, a line each.
  virtual std::vector<std::string> notes(const std::filesystem::path& /*out*/) const { return {}; }
};

/// All targets, the default one first.
std::span<const ExportTarget* const> export_targets();

/// The target of this name. Throws UsageError, naming those there are, for any other.
const ExportTarget& export_target(const std::string& name);

/// What was written.
struct Exported {
  ProofReport proof;
  std::filesystem::path file;  ///< The ONNX file.
};

/// Builds the graph of a model, proves it in ONNX Runtime if there is one, and lets `target` write it; nothing is
/// written before it was proved. Throws Error if ONNX Runtime refuses the graph or finds something else than this
/// program, and as the target does.
Exported export_model(const ExportTarget& target, const detector::LoadedModel& loaded,
                      const OnnxOptions& options, const ProofRequest& proof,
                      const std::filesystem::path& out);

}  // namespace focus::exporter
