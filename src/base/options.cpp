#include "base/options.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/files.h"

namespace focus {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool parse(const std::string& text, bool& out) {
  if (text == "true" || text == "yes" || text == "on" || text == "1") return out = true, true;
  if (text == "false" || text == "no" || text == "off" || text == "0") return out = false, true;
  return false;
}

bool parse(const std::string& text, int64_t& out) {
  char* end = nullptr;
  errno = 0;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || errno == ERANGE) return false;
  out = value;
  return true;
}

bool parse(const std::string& text, double& out) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || std::isnan(value)) return false;
  out = value;
  return true;
}

bool parse(const std::string& text, std::string& out) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  out = quoted ? text.substr(1, text.size() - 2) : text;
  return true;
}

template <typename T>
bool parse(const std::string& text, std::vector<T>& out) {
  std::string body = text;
  if (body.size() >= 2 && body.front() == '[' && body.back() == ']') body = body.substr(1, body.size() - 2);
  std::vector<T> values;
  for (size_t begin = 0; begin < body.size();) {
    const size_t comma = std::min(body.find(',', begin), body.size());
    T value{};
    if (!parse(trimmed(body.substr(begin, comma - begin)), value)) return false;
    values.push_back(value);
    begin = comma + 1;
  }
  out = std::move(values);
  return true;
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

nlohmann::json yaml_to_json(const YAML::Node& node) {
  if (node.IsMap()) {
    auto tree = nlohmann::json::object();
    for (const auto& entry : node) tree[entry.first.as<std::string>()] = yaml_to_json(entry.second);
    return tree;
  }
  if (node.IsSequence()) {
    auto list = nlohmann::json::array();
    for (const auto& entry : node) list.push_back(yaml_to_json(entry));
    return list;
  }
  return node.IsScalar() ? nlohmann::json(node.Scalar()) : nlohmann::json("");
}

std::string leaf_text(const nlohmann::json& leaf) {
  if (leaf.is_string()) return leaf.get<std::string>();
  if (!leaf.is_array()) return leaf.dump();
  std::string text;
  for (const auto& entry : leaf) text += (text.empty() ? "" : ",") + leaf_text(entry);
  return "[" + text + "]";
}

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

nlohmann::json Option::value() const {
  return std::visit([](auto* field) { return nlohmann::json(*field); }, target_);
}

void Option::set(const std::string& text, const std::string& source) {
  std::visit(
      [&](auto* field) {
        auto value = *field;
        if (!parse(trimmed(text), value) || !is_accepted(value, rule_)) {
          fail_usage("{}: option '{}' is '{}'; it takes {}", source, key_, text, accepted());
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
    if (option.key() == key) return option.set(text, source);
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
  // An explicit stack: a file from a stranger may nest deeper than a recursion should follow.
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
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsNull()) set_json(yaml_to_json(root), source);
  } catch (const YAML::Exception& error) {
    fail("{}: not valid YAML: {}", source, error.what());
  }
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
