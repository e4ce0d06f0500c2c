#include "base/options.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/numbers.h"
#include "base/yaml.h"

namespace focus {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool parse(const std::string& text, bool& out) {
  std::string word = text;
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  if (word == "true" || word == "yes" || word == "on" || word == "1") return out = true, true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return out = false, true;
  return false;
}

bool parse(const std::string& text, int64_t& out) {
  const auto value = integer_of(text);
  if (value) out = *value;
  return value.has_value();
}

bool parse(const std::string& text, double& out) {
  const auto value = real_of(text);
  if (value) out = *value;
  return value.has_value();
}

bool parse(const std::string& text, std::string& out) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  out = quoted ? text.substr(1, text.size() - 2) : text;
  return true;
}

/// The entries of "[1, 2, 3]" or "1,2,3".
std::vector<std::string> entries_of(const std::string& text) {
  std::string body = text;
  if (body.size() >= 2 && body.front() == '[' && body.back() == ']') body = body.substr(1, body.size() - 2);
  std::vector<std::string> entries;
  for (size_t begin = 0; begin < body.size();) {
    const size_t comma = std::min(body.find(',', begin), body.size());
    entries.push_back(trimmed(body.substr(begin, comma - begin)));
    begin = comma + 1;
  }
  return entries;
}

template <typename T>
bool parse(const std::string& text, std::vector<T>& out) {
  std::vector<T> values;
  for (const auto& entry : entries_of(text)) {
    T value{};
    if (!parse(entry, value)) return false;
    values.push_back(value);
  }
  out = std::move(values);
  return true;
}

/// Why `text` is not of the field's type; empty if that is obvious.
std::string reason(const std::string&, bool) { return ""; }
std::string reason(const std::string&, const std::string&) { return ""; }
std::string reason(const std::string& text, int64_t) {
  return is_beyond_range(text, true) ? "this is out of range" : why_no_number(text, true);
}
std::string reason(const std::string& text, double) {
  return is_beyond_range(text, false) ? "this is out of range" : why_no_number(text, false);
}
template <typename T>
std::string reason(const std::string& text, const std::vector<T>&) {
  for (const auto& entry : entries_of(text)) {
    T value{};
    if (parse(entry, value)) continue;
    const auto why = reason(entry, value);
    return why.empty() ? "" : fmt::format("in '{}', {}", entry, why);
  }
  return "";
}

bool within(double value, const OptionRule& rule) { return value >= rule.min && value <= rule.max; }
bool is_accepted(bool, const OptionRule&) { return true; }
bool is_accepted(int64_t value, const OptionRule& rule) { return within(static_cast<double>(value), rule); }
bool is_accepted(double value, const OptionRule& rule) { return within(value, rule); }
bool is_accepted(const std::string& value, const OptionRule& rule) {
  return rule.choices.empty() ||
         std::find(rule.choices.begin(), rule.choices.end(), value) != rule.choices.end();
}
template <typename T>
bool is_accepted(const std::vector<T>& values, const OptionRule& rule) {
  return std::all_of(values.begin(), values.end(), [&](T v) { return is_accepted(v, rule); });
}

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string leaf_text(const nlohmann::json& leaf) {
  if (leaf.is_string()) return leaf.get<std::string>();
  if (!leaf.is_array()) return leaf.dump();
  std::string text;
  for (const auto& entry : leaf) text += (text.empty() ? "" : ",") + leaf_text(entry);
  return "[" + text + "]";
}

/// A value of a configuration as text; lists as "[1,2]".
std::string leaf_text(const YAML::Node& leaf) {
  if (leaf.IsScalar()) return leaf.Scalar();
  if (!leaf.IsSequence()) return leaf.IsMap() ? "{...}" : "";
  std::string text;
  for (const auto& entry : leaf) text += (text.empty() ? "" : ",") + leaf_text(entry);
  return "[" + text + "]";
}

/// Sets the options in a tree of maps, each at most once.
class YamlOptions {
 public:
  YamlOptions(OptionTable& table, const std::string& source) : table_(table), source_(source) {}

  void set_all(const YAML::Node& map, const std::string& prefix) {
    for (const auto& entry : map) {
      const std::string key = prefix + entry.first.as<std::string>();
      const YAML::Node& value = entry.second;
      if (value.IsMap() && value.size() > 0) {
        set_all(value, key + ".");
      } else if (!((value.IsNull() || value.IsMap()) && is_group(key))) {  // All may be commented out.
        set(key, value);
      }
    }
  }

 private:
  // "train: {epochs: 3}" and "train.epochs: 3" are two ways to say the same.
  void set(const std::string& key, const YAML::Node& value) {
    const int line = value.Mark().line + 1;
    const auto [first, fresh] = lines_.emplace(key, line);
    if (!fresh) {
      const auto [least, most] = std::minmax(first->second, line);
      const auto places =
          least == most ? fmt::format("line {}", least) : fmt::format("lines {} and {}", least, most);
      fail("{}: option '{}' is set twice, in {}; keep one of them", source_, key, places);
    }
    table_.set(key, leaf_text(value), source_);
  }

  bool is_group(const std::string& key) const {
    const auto& options = table_.options();
    return std::any_of(options.begin(), options.end(),
                       [&](const Option& option) { return option.key().starts_with(key + "."); });
  }

  OptionTable& table_;
  const std::string& source_;
  std::map<std::string, int> lines_;
};

}  // namespace

Option::Option(std::string key, Target target, std::string doc, OptionRule rule)
    : key_(std::move(key)), target_(target), doc_(std::move(doc)), rule_(std::move(rule)) {}

std::string Option::type_name() const {
  static const char* names[] = {"true or false", "an integer",         "a number",
                                "text",          "a list of integers", "a list of numbers"};
  return names[target_.index()];
}

std::string Option::accepted() const {
  if (!rule_.choices.empty()) return fmt::format("one of {}", fmt::join(rule_.choices, ", "));
  std::string text = type_name();
  if (std::isfinite(rule_.min)) text += fmt::format(", at least {}", rule_.min);
  if (std::isfinite(rule_.max)) text += fmt::format(", at most {}", rule_.max);
  return text;
}

bool Option::is_called(const std::string& key) const {
  if (key == key_) return true;
  const auto group = key_.rfind('.') + 1;
  return !rule_.formerly.empty() && key.compare(0, group, key_, 0, group) == 0 &&
         key.substr(group) == rule_.formerly;
}

nlohmann::json Option::value() const {
  return std::visit([](auto* field) { return nlohmann::json(*field); }, target_);
}

void Option::set(const std::string& text, const std::string& source) {
  std::visit(
      [&](auto* field) {
        auto value = *field;
        const bool is_of_type = parse(trimmed(text), value);
        if (!is_of_type || !is_accepted(value, rule_)) {
          const std::string why = is_of_type ? "" : reason(trimmed(text), value);
          fail_usage("{}: option '{}' is '{}'; it takes {}{}{}", source, key_, text, accepted(),
                     why.empty() ? "" : ": ", why);
        }
        *field = std::move(value);
      },
      target_);
}

void OptionTable::add(const std::string& name, Option::Target target, std::string doc, OptionRule rule) {
  options_.emplace_back(prefix_ + name, target, std::move(doc), std::move(rule));
}

void OptionTable::set(const std::string& key, const std::string& text, const std::string& source) {
  for (auto& option : options_) {
    if (option.is_called(key)) return option.set(text, source);
  }
  std::vector<std::string> known;
  for (const auto& option : options_) known.push_back(option.key());
  const std::string near = nearest_word(key, known);
  fail_usage("{}: unknown option '{}'{}", source, key, near.empty() ? "" : "; did you mean '" + near + "'?");
}

void OptionTable::set_assignment(const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    fail_usage("command line: '{}' is not an option; write key=value", assignment);
  }
  set(trimmed(assignment.substr(0, equals)), assignment.substr(equals + 1), "command line");
}

void OptionTable::set_json(const nlohmann::json& tree, const std::string& source) {
  if (!tree.is_object()) fail_usage("{}: expected options as key: value, found {}", source, tree.type_name());
  // An explicit stack: an untrusted file may nest deeper than a recursion should follow.
  std::vector<std::pair<std::string, const nlohmann::json*>> pending{{"", &tree}};
  while (!pending.empty()) {
    const auto [prefix, node] = pending.back();
    pending.pop_back();
    for (const auto& [name, child] : node->items()) {
      if (child.is_object()) {
        pending.emplace_back(prefix + name + ".", &child);
      } else {
        set(prefix + name, leaf_text(child), source);
      }
    }
  }
}

void OptionTable::set_yaml_file(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) fail("{}: no such configuration file", path.string());
  constexpr uint64_t kMostBytes = 1 << 20;
  set_yaml(read_file(path, kMostBytes), path.string());
}

void OptionTable::set_yaml(const std::string& text, const std::string& source) {
  const YAML::Node root = parse_yaml(text, source);
  if (root.IsNull()) return;
  if (!root.IsMap()) {
    fail_usage("{}: expected options as key: value, found {}", source, root.IsSequence() ? "a list" : "text");
  }
  YamlOptions(*this, source).set_all(root, "");
}

nlohmann::json OptionTable::to_json() const {
  auto tree = nlohmann::json::object();
  for (const auto& option : options_) {
    nlohmann::json* node = &tree;
    std::string rest = option.key();
    for (auto dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
      node = &(*node)[rest.substr(0, dot)];
      rest = rest.substr(dot + 1);
    }
    (*node)[rest] = option.value();
  }
  return tree;
}

std::string nearest_word(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = std::max<size_t>(3, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    // The last part alone counts too: "layers" is near "encoder.layers".
    const auto dot = candidate.rfind('.');
    const std::string tail = dot == std::string::npos ? candidate : candidate.substr(dot + 1);
    const size_t distance =
        std::min(edit_distance(word, candidate), edit_distance(word, tail) + (tail == candidate ? 0 : 1));
    if (distance < best_distance) best_distance = distance, best = candidate;
  }
  return best;
}

}  // namespace focus
