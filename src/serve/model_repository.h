// The models of a server, which can be added, changed and removed while it runs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "detector/placement.h"
#include "serve/served_model.h"

namespace focus::serve {

/// A change of a model.
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
  /// @param sources each is NAME=FILE, a FILE (the model's name is the file name without its extension), or a
  ///   folder, in which each *.safetensors is a model; scan() searches folders again. The first model is the
  ///   default; in a folder, the alphabetically first.
  /// @param changes receives the models loaded from folders, and the files of folders that cannot be loaded
  /// Throws UsageError for names that cannot be part of a URL (letters, digits and -._~ can) and for two
  /// models with the same name; Error as load_model does for a named file, and if no model of all folders can
  /// be loaded.
  explicit ModelRepository(const std::vector<std::string>& sources, const detector::Placement& placement = {},
                           std::vector<ModelChange>* changes = nullptr);

  ~ModelRepository();
  ModelRepository(const ModelRepository&) = delete;
  ModelRepository& operator=(const ModelRepository&) = delete;

  /// The model of that name; null if there is none.
  ServedModelPointer find(const std::string& name) const;
  /// The default model; null only while folders have no model.
  ServedModelPointer first() const;
  /// All models, the default first.
  Models list() const;

  /// Loads files that changed and those that are new in a folder; drops models whose files have gone from a
  /// folder. A file that cannot be loaded is reported once, and the previous model stays; a file that is
  /// still being written is left for the next scan. Loading takes time: call this on a thread of its own
  /// (model_watcher.h).
  std::vector<ModelChange> scan();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace focus::serve
