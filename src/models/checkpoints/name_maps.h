// The names other programs give to weights, as tables: one table per program, one line per form of name.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "models/checkpoints/state_dict.h"

namespace focus::models {

/// One line of a table. In a pattern `#` stands for a number, `%` for a number above that of the decoder's
/// layers, `*` (once, with only plain text behind it) for any text; in a replacement, `#` and `*` stand for
/// what they matched, in order. `@` is the number of decoder layers: the index of the two-stage heads.
struct NameRule {
  std::string pattern;
  std::string replacement;
  std::string reason = {};  ///< The reason why such a tensor has no place here; empty if it has one.
  bool only_read = false;   ///< Another name of a tensor, or an old one: what is written has the usual one.
};

/// Rules in the order in which they are applied: see NameMap.
using NameSteps = std::vector<std::vector<NameRule>>;

/// Several steps, one list after the other.
NameSteps joined(std::initializer_list<NameSteps> lists);

/// The table of one program. Its steps are applied one after the other; in each, the first line whose pattern
/// fits the whole name counts. A name no line fits stays as it is.
struct NameMap {
  std::string name;   ///< What `--from` takes.
  std::string about;  ///< The program that uses these names.
  /// Patterns that each fit some name of such a file; one such list for each form in which files come.
  std::vector<std::vector<std::string>> signs;
  NameSteps steps;
  bool backbone_only = false;  ///< Weights of a classifier: they have a place in the backbone alone.
  /// Brings tensors, by then under this project's names, into this project's form. Null: they have it.
  std::function<void(StateDict&)> adapt = {};
  std::vector<std::string> notes = {};  ///< Notes for users of such weights.
};

/// All tables, in the order in which they are tried.
const std::vector<NameMap>& name_maps();

/// The table called `name`. Throws UsageError that lists the tables if there is none.
const NameMap& name_map(const std::string& name);

/// The first table of which all signs of a form are among the tensors' names, or null.
const NameMap* recognise_names(const StateDict& tensors);

/// True if `pattern` of a rule fits the whole of `name`; `decoder_layers` is what `@` stands for.
bool name_fits(const std::string& pattern, const std::string& name, int64_t decoder_layers = 0);

/// What a table says about one name.
struct NewName {
  std::string name;    ///< Empty if the tensor has no place.
  std::string reason;  ///< Why it has none.
};
NewName new_name(const NameMap& map, const std::string& name, int64_t decoder_layers);

/// The name a program gives to a tensor of this project: new_name backwards.
std::string old_name(const NameMap& map, const std::string& name);

/// Tensors under this project's names.
struct RenamedTensors {
  StateDict tensors;
  std::map<std::string, std::string> dropped;  ///< Tensors without a place, under their old names, and why.
  std::map<std::string, std::vector<std::string>> sources;  ///< The old names of each of the tensors.
};

/// Renames a whole file and brings its tensors into this project's form (NameMap::adapt). Throws Error naming
/// `source` and both names if two tensors that are one here differ.
RenamedTensors rename_tensors(const NameMap& map, const StateDict& tensors, const std::string& source);

/// Throws Error naming `source` if a tensor that the model needs, one of `missing` by its name here, is in
/// the file but `unread`: under its name there, and what its numbers are (io/weights_file.h).
void refuse_unread(const NameMap& map, const std::map<std::string, std::string>& unread,
                   const std::vector<std::string>& missing, const std::string& source);

/// Decoder layers that `tensors` have, counted by their names.
int64_t count_layers(const StateDict& tensors, const std::string& prefix);

}  // namespace focus::models
