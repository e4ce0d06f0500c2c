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
  std::string format;  ///< Of the file, as named in io/weights_file.h.
  std::string key;     ///< The key they had in the file, such as "model"; empty if none.
  std::string source;  ///< The table of names that fits it (models/checkpoints/name_maps.h).
  models::StateDict tensors;
  /// Tensors that have no place, by their old names, and why.
  std::map<std::string, std::string> dropped;
  std::map<std::string, std::vector<std::string>> sources;  ///< The names in the file of each tensor.
  /// Tensors of the file that are not read because of their type, by their old names, and that type.
  std::map<std::string, std::string> unread;
  int64_t file_tensors = 0;                 ///< Tensors of the file, also those dropped or not read.
  std::vector<std::string> notes;           ///< Notes for the user on weights of this source.
  std::optional<detector::ModelInfo> info;  ///< What the file says about itself, if it does.
  std::vector<data::Category> categories;   ///< Its classes: the file's own, or COCO's; empty if unknown.

  bool backbone_only() const { return models::name_map(source).backbone_only; }
  /// The number of classes, by the rows of the file's class heads; 0 if there is no class head.
  int64_t classes() const;
};

/// Reads `path` and renames its tensors by the table called `from` or, if that is empty, by the one that fits
/// its names. `key` is the key of the state dict in it (io/weights_file.h). Classes are COCO's if the file
/// names none and has as many: 80, or 91 numbered by id. Throws Error naming the file if no table fits.
Weights load_weights(const std::filesystem::path& path, const std::string& from = "",
                     const std::string& key = "");

/// The result of copying weights into a model. Nothing is left out silently.
struct FillReport {
  std::vector<std::string> fresh;     ///< Tensors of the model that the file lacks: they start at random.
  std::vector<std::string> unplaced;  ///< Tensors of the file that the model lacks.
  std::map<std::string, std::string>
      dropped;          ///< Tensors for parts of related models that this one lacks, and why.
  std::string classes;  ///< One line if the classes differ, else empty.
  int64_t taken = 0;    ///< Tensors of the file that have a place in the model, by their names in the file.
  int64_t backbone_taken = 0;    ///< Tensors of the model's backbone that the file fills...
  int64_t backbone_tensors = 0;  ///< ...of this many.
};

/// Copies weights into a model whose classes are `categories`. In class heads and label embeddings, the rows
/// of classes with the same name are kept and others start at random; without names, all start at random
/// unless there are as many. Throws Error naming the file and the tensor for one of another shape and for one
/// that cannot be weights: integers, numbers that are not finite, types that are not read.
FillReport fill_model(models::Detector& model, const std::vector<data::Category>& categories,
                      const Weights& weights);

/// Throws Error if nothing of the file was taken, or less than half and `partly` does not allow it: half of
/// its tensors or, if it is only of a backbone, of the backbone's. The message ends with `how`, which says
/// how to take it nevertheless.
void require_enough(const Weights& weights, const FillReport& report, bool partly, const std::string& how);

/// The same for weights that were copied only into a backbone.
void require_enough(const models::BackboneReport& report, const std::string& path, bool partly,
                    const std::string& how);

/// The report for people, line by line: how many tensors of the file were taken and by which program's names,
/// the notes, the classes, and everything left over on either side.
std::vector<std::string> report_lines(const Weights& weights, const FillReport& report);

/// Names with their numbers replaced, for people: "layers.#.norms.#.weight (6)"; one entry per form.
std::vector<std::string> by_form(const std::vector<std::string>& names);

}  // namespace focus::weights
