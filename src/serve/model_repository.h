// The models a server answers with, which come, change and go while it runs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "detector/placement.h"
#include "serve/served_model.h"

namespace focus::serve {

/// What became of a model.
struct ModelChange {
  enum class What { kLoaded, kReloaded, kDropped, kFailed };
  What what = What::kLoaded;
  std::string name;     ///< may be empty for a folder that cannot be read
  std::string message;  ///< a line for the log: the file, and what happened or is wrong with it
};

/// Thread-safe; find and list never wait for a model that is being loaded.
class ModelRepository {
 public:
  using Models = std::vector<ServedModelPointer>;

  /// Loads all models.
  /// @param sources each NAME=FILE, a FILE, whose model is called as the file without its extension, or a
  ///   folder, each of whose *.safetensors is a model; folders are looked through again by scan(). The first
  ///   is the default; in a folder, the alphabetically first.
  /// Throws UsageError for names that cannot be part of an address (letters, digits and -._~ can) and for two
  /// of one name, and Error as load_model does for a file named; a file of a folder that cannot be loaded is
  /// told in `changes`, unless none can.
  explicit ModelRepository(const std::vector<std::string>& sources, const detector::Placement& placement = {},
                           std::vector<ModelChange>* changes = nullptr);

  ~ModelRepository();
  ModelRepository(const ModelRepository&) = delete;
  ModelRepository& operator=(const ModelRepository&) = delete;

  /// The model of that name; none: null.
  ServedModelPointer find(const std::string& name) const;
  /// The first; null only while folders have none.
  ServedModelPointer first() const;
  /// All, the default first.
  Models list() const;

  /// Loads what was written since: files that changed, and those that are new in a folder; drops what
  /// vanished from a folder. What cannot be loaded is told once, and the model before it stays; what is still
  /// being written is left for the next time. Takes as long as loading does: call it from a thread of its own
  /// (model_watcher.h).
  std::vector<ModelChange> scan();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::serve
