#include "io/state_dict.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "base/error.h"
#include "base/human.h"

namespace focus::io {
namespace {

/// The keys under which programs keep weights, in the order in which they are tried.
constexpr std::array<std::string_view, 26> kUsualKeys{"model",
                                                      "state_dict",
                                                      "model_state_dict",
                                                      "model_state",
                                                      "model_weights",
                                                      "ema",
                                                      "model_ema",
                                                      "ema_model",
                                                      "ema_state",
                                                      "ema_state_dict",
                                                      "state_dict_ema",
                                                      "model_ema_state_dict",
                                                      "ema_model_state_dict",
                                                      "ema_model_state",
                                                      "ema_weights",
                                                      "params",
                                                      "params_ema",
                                                      "net",
                                                      "network",
                                                      "weights",
                                                      "module",
                                                      "detector",
                                                      "student",
                                                      "teacher",
                                                      "checkpoint",
                                                      "state"};
constexpr int kMostKeys = 3;  // nested
/// Words in the other keys of weights, and words in the keys of other content with tensors.
constexpr std::array<std::string_view, 7> kWordsOfWeights{"model", "state", "weights", "params",
                                                          "ema",   "net",   "detector"};
constexpr std::array<std::string_view, 8> kWordsOfTraining{"optim",  "sched", "scaler", "loss",
                                                           "criter", "rng",   "grad",   "discr"};
constexpr int kMaxNesting = 32;
constexpr size_t kMaxRemark = 1 << 20;
constexpr size_t kMaxNameBytes = 64 << 20;  // all names together

std::string key_text(const Pickle& values, PickleRef key) {
  if (const auto text = values.string(key)) return std::string(*text);
  if (const auto number = values.integer(key)) return std::to_string(*number);
  return "<" + values.describe(key) + ">";
}

bool is_dict(const Pickle& values, PickleRef ref) { return values[ref].kind == PickleKind::kDict; }

bool has_own_tensors(const PickledFile& file, PickleRef dict) {
  const std::vector<PickleRef>& items = file.values()[dict].items;
  for (size_t i = 1; i < items.size(); i += 2) {
    if (file.is_tensor(items[i])) return true;
  }
  return false;
}

/// Whether tensors can be reached through dictionaries. Each dictionary is searched once.
bool has_tensors(const PickledFile& file, PickleRef dict) {
  std::vector<PickleRef> waiting{dict};
  std::vector<bool> seen(file.values().size());
  while (!waiting.empty()) {
    const PickleRef next = waiting.back();
    waiting.pop_back();
    if (seen[next] || !is_dict(file.values(), next)) continue;
    seen[next] = true;
    if (has_own_tensors(file, next)) return true;
    const std::vector<PickleRef>& items = file.values()[next].items;
    for (size_t i = 1; i < items.size(); i += 2) waiting.push_back(items[i]);
  }
  return false;
}

template <size_t N>
bool has_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](auto word) { return text.find(word) != std::string_view::npos; });
}

/// The key of the weights if it is none of the usual ones: that of the only dictionary with tensors that is
/// not training state, if its name suggests weights: "best_model_weights".
std::optional<PickleRef> unusual_key(const PickledFile& file, PickleRef dict) {
  const Pickle& values = file.values();
  const std::vector<PickleRef>& items = values[dict].items;
  std::optional<PickleRef> only;
  for (size_t i = 0; i < items.size(); i += 2) {
    if (!is_dict(values, items[i + 1])) continue;
    const auto key = values.string(items[i]);
    if (!key || has_one_of(*key, kWordsOfTraining) || !has_tensors(file, items[i + 1])) continue;
    if (only || !has_one_of(*key, kWordsOfWeights)) return std::nullopt;
    only = items[i];
  }
  return only;
}

std::string keys_of(const Pickle& values, PickleRef dict) {
  constexpr size_t kShown = 10;
  std::string text;
  const std::vector<PickleRef>& items = values[dict].items;
  for (size_t i = 0; i < items.size() && i < 2 * kShown; i += 2) {
    text += (i > 0 ? ", " : "") + in_quotes(key_text(values, items[i]));
  }
  return text.empty() ? "nothing" : items.size() > 2 * kShown ? text + " and others" : text;
}

PickleRef find_by_key(const Pickle& values, PickleRef root, const std::string& key,
                      const std::string& source) {
  // A key may itself contain dots, so the whole remaining key is tried first.
  PickleRef at = root;
  std::string_view rest = key;
  while (!rest.empty()) {
    size_t length = rest.size();
    std::optional<PickleRef> found = values.find(at, rest);
    if (!found) {
      length = rest.find('.');
      if (length != std::string_view::npos) found = values.find(at, rest.substr(0, length));
    }
    if (!found) {
      fail("{}: has no {} under the key {}; it has {}", source, in_quotes(rest), in_quotes(key),
           is_dict(values, at) ? keys_of(values, at) : values.describe(at));
    }
    at = *found;
    rest.remove_prefix(std::min(rest.size(), length + 1));
  }
  if (!is_dict(values, at)) {
    fail("{}: key {} is not a dictionary of tensors but {}", source, in_quotes(key), values.describe(at));
  }
  return at;
}

bool is_utf8(const std::string& text) {
  try {
    return !nlohmann::json(text).dump().empty();
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

struct Folder {
  PickleRef dict;
  std::string prefix;
  int depth;
};

}  // namespace

PickleRef find_state_dict(const PickledFile& file, const std::string& key, const std::string& source,
                          std::string& found_under) {
  const Pickle& values = file.values();
  PickleRef at = values.root();
  if (!is_dict(values, at)) {
    fail("{}: is not a dictionary of tensors but {}; save the model's state_dict()", source,
         values.describe(at));
  }
  if (!key.empty()) at = find_by_key(values, at, key, source);
  found_under = key;
  for (int level = 0; level < kMostKeys; ++level) {
    if (has_own_tensors(file, at) && (level > 0 || !key.empty())) break;
    std::string_view chosen;
    for (const auto usual : kUsualKeys) {
      const auto found = values.find(at, usual);
      if (!found || !is_dict(values, *found) || !has_tensors(file, *found)) continue;
      chosen = usual;
      break;
    }
    if (chosen.empty() && !has_own_tensors(file, at)) {
      if (const auto key = unusual_key(file, at)) chosen = *values.string(*key);
    }
    if (chosen.empty()) break;
    at = *values.find(at, chosen);
    found_under += (found_under.empty() ? "" : ".") + std::string(chosen);
  }
  if (!has_tensors(file, at)) {
    fail("{}: there are no tensors in {}; it has {}", source, key.empty() ? "it" : in_quotes(key),
         keys_of(values, at));
  }
  return at;
}

void read_state_dict(PickledFile& file, PickleRef dict, const std::string& source, WeightsFile& weights) {
  const Pickle& values = file.values();
  std::vector<Folder> waiting{{dict, "", 0}};
  // Dictionaries that contain the same others can name more tensors than there are values.
  size_t names = 0, name_bytes = 0;
  while (!waiting.empty()) {
    const Folder folder = std::move(waiting.back());
    waiting.pop_back();
    if (folder.depth > kMaxNesting) {
      fail("{}: its dictionaries are nested more than {} deep at {}", source, kMaxNesting,
           in_quotes(folder.prefix));
    }
    const std::vector<PickleRef>& items = values[folder.dict].items;
    for (size_t i = 0; i < items.size(); i += 2) {
      if (++names > values.size()) fail("{}: its dictionaries contain one another", source);
      const std::string name = folder.prefix + key_text(values, items[i]);
      name_bytes += name.size();
      if (name_bytes > kMaxNameBytes) {
        fail("{}: its names take more than {}", source, human_bytes(kMaxNameBytes));
      }
      const PickleRef value = items[i + 1];
      if (is_dict(values, value)) {
        waiting.push_back({value, name + ".", folder.depth + 1});
      } else if (file.is_tensor(value)) {
        const std::string what = file.unread(value, name);
        if (what.empty()) {
          weights.tensors.insert_or_assign(name, file.tensor(value, name));
        } else {
          weights.unread.insert_or_assign(name, what);
        }
      } else {
        weights.skipped.push_back(name + " (" + values.describe(value) + ")");
      }
    }
  }
}

void read_remarks(const Pickle& values, PickleRef state_dict, WeightsFile& weights) {
  if (state_dict == values.root() || !is_dict(values, values.root())) return;
  const std::vector<PickleRef>& items = values[values.root()].items;
  for (size_t i = 0; i < items.size(); i += 2) {
    const auto key = values.string(items[i]);
    const PickleValue& value = values[items[i + 1]];
    if (!key || key->size() > kMaxRemark) continue;
    std::string text;
    if (value.kind == PickleKind::kString) {
      const uint64_t bytes = value.far ? value.far_bytes : value.text.size();
      if (bytes > kMaxRemark) continue;
      text.resize(bytes);
      if (!values.read_text(items[i + 1], text.data(), bytes)) continue;
    } else if (value.kind == PickleKind::kInt) {
      text = std::to_string(value.number);
    } else if (value.kind == PickleKind::kFloat) {
      text = fmt::format("{}", value.real);
    } else if (value.kind == PickleKind::kBool) {
      text = value.number != 0 ? "true" : "false";
    } else {
      continue;
    }
    std::string name(*key);
    if (is_utf8(name) && is_utf8(text)) weights.metadata.insert_or_assign(std::move(name), std::move(text));
  }
}

namespace {

/// Modules that are only wrappers, by the names under which they keep the wrapped module: torch.compile,
/// DataParallel, DistributedDataParallel and AveragedModel, FullyShardedDataParallel, activation
/// checkpointing, Lightning Fabric.
constexpr std::array<std::string_view, 5> kWrappers{"_orig_mod", "module", "_fsdp_wrapped_module",
                                                    "_checkpoint_wrapped_module", "_forward_module"};

/// Names that the modules of training programs have for the detector in them.
constexpr std::array<std::string_view, 8> kOuterModules{"model",     "net",     "network", "detector",
                                                        "ema_model", "student", "teacher", "online_model"};

template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The counter of averaged weights lies beside the averaged model.
bool is_beside_the_model(std::string_view name) { return name == "n_averaged"; }

/// The outer modules that all names begin with: "model.", "model.net.", or "".
std::string outer_prefix(const std::vector<std::string>& names) {
  std::string prefix;
  for (;;) {
    std::string next;
    for (const auto& name : names) {
      if (is_beside_the_model(name)) continue;
      const size_t dot = name.find('.', prefix.size());
      if (dot == std::string::npos) return prefix;
      if (next.empty()) next = name.substr(0, dot + 1);
      if (name.compare(0, next.size(), next) != 0) return prefix;
    }
    if (next.empty()) return prefix;
    const std::string_view last = std::string_view(next).substr(prefix.size());
    if (!is_one_of(last.substr(0, last.size() - 1), kOuterModules)) return prefix;
    prefix = next;
  }
}

}  // namespace

std::string plain_name(const std::string& name) {
  std::string plain;
  size_t begin = 0;
  for (size_t dot; (dot = name.find('.', begin)) != std::string::npos; begin = dot + 1) {
    const auto part = std::string_view(name).substr(begin, dot - begin);
    if (!is_one_of(part, kWrappers)) plain.append(part).append(".");
  }
  return plain.append(name, begin);
}

void use_plain_names(WeightsFile& weights) {
  std::vector<std::string> names;
  const auto collect = [&](const auto& entries) {
    for (const auto& entry : entries) names.push_back(plain_name(entry.first));
  };
  collect(weights.tensors);
  collect(weights.unread);
  const std::string outer = outer_prefix(names);
  std::map<std::string, int> uses;
  for (auto& name : names) {
    if (name.compare(0, outer.size(), outer) == 0) name.erase(0, outer.size());
    ++uses[name];
  }
  auto plain = names.begin();
  const auto rename = [&](auto& entries) {
    std::remove_reference_t<decltype(entries)> renamed;
    for (auto& [name, value] : entries) {
      const std::string& to = *plain++;
      renamed.insert_or_assign(uses.at(to) == 1 ? to : name, std::move(value));
    }
    entries = std::move(renamed);
  };
  rename(weights.tensors);
  rename(weights.unread);
}

void check_total(const WeightsFile& weights, uint64_t content_bytes, const std::string& source) {
  constexpr uint64_t kRatio = 16, kSlack = 64 << 20;
  uint64_t total = 0;
  for (const auto& [name, tensor] : weights.tensors) {
    if (__builtin_add_overflow(total, tensor.nbytes(), &total) || total > kRatio * content_bytes + kSlack) {
      fail("{}: tensor {} makes all tensors together larger than {} times the file's content", source,
           in_quotes(name), kRatio);
    }
  }
}

}  // namespace focus::io
