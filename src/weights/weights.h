// Weights of any program, under this project's names.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "detector/model_file.h"
#include "models/backbones/backbone_weights.h"
#include "models/checkpoints/name_maps.h"

namespace focus::weights {

/// A file of weights, read and renamed.
struct Weights {
  std::string path;
  std::string format;  ///< Of the file, as io/weights_file.h calls it.
  std::string key;     ///< Where in the file they were, "model"; empty if it has no such keys.
  std::string source;  ///< The table of models/name_maps.h whose names it has.
  models::StateDict tensors;
  /// Tensors that have no place, under their old names, and why.
  std::map<std::string, std::string> dropped;
  std::map<std::string, std::vector<std::string>> sources;  ///< The names in the file of each of the tensors.
  /// Tensors of the file whose numbers are not read, under their old names, and what they are.
  std::map<std::string, std::string> unread;
  int64_t file_tensors = 0;                 ///< Tensors of the file, with those that are dropped or not read.
  std::vector<std::string> notes;           ///< What a person should know about weights of this source.
  std::optional<detector::ModelInfo> info;  ///< What the file says about itself, if it does.
  std::vector<data::Category> categories;   ///< Its classes: the file's own, or COCO's; empty if unknown.

  bool backbone_only() const { return models::name_map(source).backbone_only; }
  /// The classes the file's heads have, counted by their rows; 0 if there is no class head.
  int64_t classes() const;
};

/// Reads `path` and renames its tensors by the table called `from`, or by the one its names fit if that is
/// empty. `key` says where in it the state dict is (io/weights_file.h). Classes are COCO's if the file names
/// none and has as many: 80, or 91 numbered by id. Throws Error naming the file if no table fits.
Weights load_weights(const std::filesystem::path& path, const std::string& from = "",
                     const std::string& key = "");

/// What became of weights that were copied into a model. Nothing is left out silently.
struct FillReport {
  std::vector<std::string> fresh;     ///< Tensors of the model the file lacks: they start at random.
  std::vector<std::string> unplaced;  ///< Tensors of the file the model lacks.
  std::map<std::string, std::string>
      dropped;          ///< Tensors of relatives that the model has no part for, and why.
  std::string classes;  ///< One line if the classes differ, else empty.
  int64_t taken = 0;    ///< Tensors of the file that have a place in the model, by their names in the file.
  int64_t backbone_taken = 0;    ///< Tensors of the model's backbone that the file fills...
  int64_t backbone_tensors = 0;  ///< ...of so many.
};

/// Copies weights into a model whose classes are `categories`. In class heads and label embeddings, the rows
/// of classes with the same name are kept and others start at random; without names, all start at random
/// unless there are as many. A tensor of another shape is an Error naming the file and the tensor, and so is
/// one that holds no weights: whole numbers, numbers that are not finite, numbers that are not read.
FillReport fill_model(models::Detector& model, const std::vector<data::Category>& categories,
                      const Weights& weights);

/// Throws Error if nothing of the file was taken, or less than half and `partly` does not allow it: half of
/// its tensors, or if it is of a backbone alone, of the backbone's. The message ends with `how`, what to say
/// to take it all the same.
void require_enough(const Weights& weights, const FillReport& report, bool partly, const std::string& how);

/// The same for weights that were copied into a backbone alone.
void require_enough(const models::BackboneReport& report, const std::string& path, bool partly,
                    const std::string& how);

/// The report for people, line by line: how many tensors of the file were taken, by whose names, the source
/// and its notes, the classes, and everything left over on either side.
std::vector<std::string> report_lines(const Weights& weights, const FillReport& report);

/// Names with their numbers merged, for people: "layers.#.norms.0.weight (6)"; one entry a form.
std::vector<std::string> by_form(const std::vector<std::string>& names);

}  // namespace focus::weights
