#include "models/checkpoints/name_maps.h"

#include <algorithm>

#include "base/error.h"
#include "base/human.h"
#include "base/numbers.h"
#include "base/options.h"
#include "models/checkpoints/name_tables.h"

namespace focus::models {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What the placeholders of a pattern matched.
struct Match {
  std::vector<std::string> numbers;
  std::string rest;
};

/// Not a regular expression: std::regex recurses, and an untrusted file may hold names of any length.
bool match(const std::string& pattern, const std::string& name, int64_t last, Match& found) {
  size_t at = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '*') {
      const std::string tail = pattern.substr(i + 1);
      if (name.size() < at + tail.size() || name.compare(name.size() - tail.size(), tail.size(), tail) != 0) {
        return false;
      }
      found.rest = name.substr(at, name.size() - tail.size() - at);
      return true;
    }
    if (c == '#' || c == '%' || c == '@') {
      const size_t begin = at;
      while (at < name.size() && is_digit(name[at]) && at - begin < 6) ++at;
      if (at == begin) return false;
      const std::string digits = name.substr(begin, at - begin);
      const auto number = parse_number<int64_t>(digits).value();
      if (c == '%' && number <= last) return false;
      if (c == '@' && number != last) return false;
      if (c != '@') found.numbers.push_back(digits);
      continue;
    }
    if (at >= name.size() || name[at] != c) return false;
    ++at;
  }
  return at == name.size();
}

std::string replaced(const std::string& replacement, const Match& found, int64_t last) {
  std::string name;
  size_t number = 0;
  for (const char c : replacement) {
    if (c == '#') {
      name += found.numbers.at(number++);
    } else if (c == '*') {
      name += found.rest;
    } else if (c == '@') {
      name += std::to_string(last);
    } else {
      name += c;
    }
  }
  return name;
}

/// Whether values are equal, NaNs counting as equal: a tensor shared under two names may hold NaNs.
bool same_values(const at::Tensor& a, const at::Tensor& b) {
  if (a.is_same(b) || (a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() && a.equal(b)))
    return true;
  if (a.sizes() != b.sizes() || !a.is_floating_point() || !b.is_floating_point()) return false;
  return at::allclose(a.to(at::kDouble), b.to(at::kDouble), 0, 0, /*equal_nan=*/true);
}

}  // namespace

NameSteps joined(std::initializer_list<NameSteps> lists) {
  NameSteps all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

const std::vector<NameMap>& name_maps() {
  static const std::vector<NameMap> maps = make_name_tables();
  return maps;
}

const NameMap& name_map(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& map : name_maps()) {
    if (map.name == name) return map;
    known.push_back(map.name);
  }
  const auto nearest = nearest_word(name, known);
  fail_usage("--from {} is not known{}; it takes {}", in_quotes(name),
             nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest), fmt::join(known, ", "));
}

bool name_fits(const std::string& pattern, const std::string& name, int64_t decoder_layers) {
  Match found;
  return match(pattern, name, decoder_layers, found);
}

const NameMap* recognise_names(const StateDict& tensors) {
  const auto has = [&](const std::string& sign) {
    return std::any_of(tensors.begin(), tensors.end(),
                       [&](const auto& entry) { return name_fits(sign, entry.first); });
  };
  for (const auto& map : name_maps()) {
    for (const auto& form : map.signs) {
      if (std::all_of(form.begin(), form.end(), has)) return &map;
    }
  }
  return nullptr;
}

NewName new_name(const NameMap& map, const std::string& name, int64_t decoder_layers) {
  NewName result{name, {}};
  for (const auto& step : map.steps) {
    for (const auto& rule : step) {
      Match found;
      if (!match(rule.pattern, result.name, decoder_layers, found)) continue;
      if (!rule.reason.empty()) return {"", rule.reason};
      result.name = replaced(rule.replacement, found, decoder_layers);
      break;
    }
  }
  return result;
}

std::string old_name(const NameMap& map, const std::string& name) {
  std::string result = name;
  for (auto step = map.steps.rbegin(); step != map.steps.rend(); ++step) {
    // The most specific form wins: "conv1.norm.*" before "conv1.*".
    const NameRule* best = nullptr;
    Match best_match;
    for (const auto& rule : *step) {
      Match found;
      if (!rule.reason.empty() || rule.only_read) continue;
      if (best && best->replacement.size() >= rule.replacement.size()) continue;
      if (match(rule.replacement, result, 0, found)) best = &rule, best_match = found;
    }
    if (best) result = replaced(best->pattern, best_match, 0);
  }
  return result;
}

RenamedTensors rename_tensors(const NameMap& map, const StateDict& tensors, const std::string& source) {
  const int64_t layers = count_layers(tensors, "transformer.decoder.layers.");
  RenamedTensors renamed;
  for (const auto& [name, tensor] : tensors) {
    const auto to = new_name(map, name, layers);
    if (to.name.empty()) {
      renamed.dropped[name] = to.reason;
      continue;
    }
    auto& names = renamed.sources[to.name];
    names.push_back(name);
    if (names.size() == 1) {
      renamed.tensors[to.name] = tensor;
    } else if (!same_values(renamed.tensors.at(to.name), tensor)) {
      fail("{}: tensors {} and {} are one in this model ({}) but differ in the file; is it of another model?",
           source, in_quotes(names.front()), in_quotes(name), in_quotes(to.name));
    }
  }
  if (map.adapt) map.adapt(renamed.tensors);
  return renamed;
}

void refuse_unread(const NameMap& map, const std::map<std::string, std::string>& unread,
                   const std::vector<std::string>& missing, const std::string& source) {
  for (const auto& [name, what] : unread) {
    const auto place = new_name(map, name, 0).name;
    if (std::find(missing.begin(), missing.end(), place) == missing.end()) continue;
    fail("{}: tensor {} is {}, which is not read as weights; save the model in float32, float16 or bfloat16",
         source, in_quotes(name), what);
  }
}

int64_t count_layers(const StateDict& tensors, const std::string& prefix) {
  int64_t layers = 0;
  for (auto it = tensors.lower_bound(prefix); it != tensors.end() && it->first.rfind(prefix, 0) == 0; ++it) {
    Match found;
    if (match(prefix + "#.*", it->first, 0, found)) {
      layers = std::max(layers, parse_number<int64_t>(found.numbers.front()).value() + 1);
    }
  }
  return layers;
}

}  // namespace focus::models
