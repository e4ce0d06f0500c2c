// Export targets: what is written for a runtime or server, and what it requires of the graph.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "export/proof/proved_model.h"

namespace focus::exporter {

/// A target of `export --target`. Each is an entry of export_targets.
class ExportTarget {
 public:
  virtual ~ExportTarget() = default;

  /// Its name in the option: "onnx".
  virtual const char* name() const = 0;
  /// What it writes, in a few words for the help.
  virtual const char* help() const = 0;

  /// Checks that the target supports the output path and the options, before anything is computed. Throws
  /// Error, or UsageError for options.
  virtual void check(const detector::LoadedModel& loaded, const OnnxOptions& options,
                     const std::filesystem::path& out) const = 0;

  /// Writes what the target needs, including the ONNX file `model`, to `out`: a file or a new folder,
  /// depending on the target. Returns the path of the ONNX file.
  virtual std::filesystem::path write(const std::string& model, const detector::LoadedModel& loaded,
                                      const OnnxOptions& options, const std::filesystem::path& out) const = 0;

  /// Notes for users who run the model there, one line each.
  virtual std::vector<std::string> notes(const std::filesystem::path& /*out*/) const { return {}; }
};

/// All targets, the default one first.
std::span<const ExportTarget* const> export_targets();

/// The target of this name. For any other name throws UsageError, which lists the targets.
const ExportTarget& export_target(const std::string& name);

/// The result of an export.
struct Exported {
  ProofReport proof;
  std::filesystem::path file;  ///< The ONNX file.
};

/// Builds the graph of a model, proves it in ONNX Runtime if there is one, and then lets `target` write it.
/// Throws Error if ONNX Runtime rejects the graph or its results differ from those of this program, and as
/// the target does.
Exported export_model(const ExportTarget& target, const detector::LoadedModel& loaded,
                      const OnnxOptions& options, const ProofRequest& proof,
                      const std::filesystem::path& out);

}  // namespace focus::exporter
