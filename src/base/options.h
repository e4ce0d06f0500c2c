// Options declared once: a plain struct's fields with documentation, range and default.
// The declaration serves YAML, key=value on the command line, the model file's metadata and the reference
// page.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

namespace focus {

/// What values an option accepts. The defaults accept everything of its type.
struct OptionRule {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {};  ///< For strings: the only values accepted, if not empty.
  std::string formerly = {};              ///< Its former name, which is still read from old files.
};

/// One option: a field of a struct, set and read as text. Lists are written "[1, 2, 3]" or "1,2,3".
class Option {
 public:
  using Target =
      std::variant<bool*, int64_t*, double*, std::string*, std::vector<int64_t>*, std::vector<double>*>;

  Option(std::string key, Target target, std::string doc, OptionRule rule);

  const std::string& key() const { return key_; }
  const std::string& doc() const { return doc_; }
  const OptionRule& rule() const { return rule_; }
  /// True for its key and for its former one.
  bool is_called(const std::string& key) const;
  std::string type_name() const;
  /// The values it takes, in words: "an integer, at least 1", "one of jpg, png".
  std::string accepted() const;
  nlohmann::json value() const;

  /// Parses and stores text. Throws UsageError that names source, key, what was found and what is accepted.
  void set(const std::string& text, const std::string& source);

 private:
  std::string key_;
  Target target_;
  std::string doc_;
  OptionRule rule_;
};

/// The options of one or more structs under dotted keys ("encoder.layers"). Holds pointers into those
/// structs, so it must not outlive them.
class OptionTable {
 public:
  /// Declares one field. Called from a struct's `void describe(OptionTable&)`.
  void add(const std::string& name, Option::Target target, std::string doc, OptionRule rule = {});

  /// Declares all fields of a sub-struct under "name.".
  template <typename Struct>
  void group(const std::string& name, Struct& options) {
    const std::string outer = prefix_;
    prefix_ += name + ".";
    options.describe(*this);
    prefix_ = outer;
  }

  const std::vector<Option>& options() const { return options_; }

  /// Sets one option. Throws UsageError; an unknown key names the nearest known one.
  void set(const std::string& key, const std::string& text, const std::string& source);

  /// Sets one option from "key=value".
  void set_assignment(const std::string& assignment);

  /// Sets options from a tree of objects whose leaves are values. `source` is named in errors.
  void set_json(const nlohmann::json& tree, const std::string& source);

  /// Sets options from a YAML file of nested maps. Throws Error naming file and line.
  void set_yaml_file(const std::filesystem::path& path);

  /// The same from the text of such a file. `source` is named in errors.
  void set_yaml(const std::string& text, const std::string& source);

  /// All values as nested objects: the inverse of set_json.
  nlohmann::json to_json() const;

 private:
  std::string prefix_;
  std::vector<Option> options_;
};

/// All values of one struct as nested objects.
template <typename Struct>
nlohmann::json options_to_json(Struct options) {
  OptionTable table;
  options.describe(table);
  return table.to_json();
}

/// The known word nearest to `word` by edit distance, or "" when none is near.
std::string nearest_word(const std::string& word, const std::vector<std::string>& known);

}  // namespace focus
