// The names that other programs give to weights, as tables: one table per program, one line per form of name.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "models/checkpoints/state_dict.h"

namespace focus::models {

/// One line of a table. In a pattern `#` stands for a number, `%` for a number greater than the number of
/// decoder layers, `*` (once, followed only by plain text) for any text; in a replacement, `#` and `*` stand
/// for what they matched, in order. `@` is the number of decoder layers, the index of the two-stage heads.
struct NameRule {
  std::string pattern;
  std::string replacement;
  std::string reason = {};  ///< Why such a tensor is dropped; empty if it is kept.
  bool only_read = false;   ///< An alias or an old name, never used for writing.
};

/// Rules in the order in which they are applied: see NameMap.
using NameSteps = std::vector<std::vector<NameRule>>;

/// Several steps, one list after the other.
NameSteps joined(std::initializer_list<NameSteps> lists);

/// The table of one program. Its steps are applied one after the other; in each, the first line whose pattern
/// fits the whole name applies. A name that no line fits stays as it is.
struct NameMap {
  std::string name;   ///< The value for `--from`.
  std::string about;  ///< The program that uses these names.
  /// Patterns by which such a file is recognised, each of which must fit one of its names; one list per form
  /// of file.
  std::vector<std::vector<std::string>> signs;
  NameSteps steps;
  bool backbone_only = false;  ///< Weights of a classifier, which only the backbone can use.
  /// Converts tensors, already renamed to this project's names, to its form. Null: not needed.
  std::function<void(StateDict&)> adapt = {};
  std::vector<std::string> notes = {};  ///< Notes for users of such weights.
};

/// All tables, in the order in which they are tried.
const std::vector<NameMap>& name_maps();

/// The table called `name`. Throws UsageError that lists the tables if there is none.
const NameMap& name_map(const std::string& name);

/// The first table that has a form whose signs all fit names of the tensors, or null.
const NameMap* recognise_names(const StateDict& tensors);

/// True if `pattern` of a rule fits the whole of `name`; `decoder_layers` is what `@` stands for.
bool name_fits(const std::string& pattern, const std::string& name, int64_t decoder_layers = 0);

/// What a table says about one name.
struct NewName {
  std::string name;    ///< Empty if the tensor is dropped.
  std::string reason;  ///< Why it is dropped.
};
NewName new_name(const NameMap& map, const std::string& name, int64_t decoder_layers);

/// The name a program gives to a tensor of this project: the inverse of new_name.
std::string old_name(const NameMap& map, const std::string& name);

/// Tensors under this project's names.
struct RenamedTensors {
  StateDict tensors;
  std::map<std::string, std::string> dropped;  ///< Tensors that are dropped, by their old names, and why.
  std::map<std::string, std::vector<std::string>> sources;  ///< The old names of each of the tensors.
};

/// Renames all tensors of a file and converts them to this project's form (NameMap::adapt). Throws Error
/// naming `source` and both tensors if two that are one here differ.
RenamedTensors rename_tensors(const NameMap& map, const StateDict& tensors, const std::string& source);

/// Throws Error naming `source` if a tensor that the model needs is in the file but was not read.
/// @param unread  such tensors by their names in the file, and the type of their values (io/weights_file.h)
/// @param missing names, here, of the tensors that the model still needs
void refuse_unread(const NameMap& map, const std::map<std::string, std::string>& unread,
                   const std::vector<std::string>& missing, const std::string& source);

/// The number of layers whose tensors' names begin with `prefix` and an index.
int64_t count_layers(const StateDict& tensors, const std::string& prefix);

}  // namespace focus::models
