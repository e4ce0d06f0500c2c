#include "weights/weights.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/human.h"
#include "data/coco/coco_categories.h"
#include "io/weights_file.h"
#include "models/architectures.h"
#include "models/backbones/backbone_weights.h"
#include "weights/class_rows.h"

namespace focus::weights {
namespace {

/// A few names of the file, so that the user sees what it is.
std::string some_names(const models::StateDict& tensors) {
  std::string text;
  int count = 0;
  for (const auto& entry : tensors) {
    if (++count > 3) break;
    text += (text.empty() ? "" : ", ") + in_quotes(entry.first);
  }
  return text;
}

/// The table for the names in a file: `from` if given, that of a model file, or else recognised.
const models::NameMap& map_of(const io::WeightsFile& file, const Weights& weights, const std::string& from) {
  const std::string& path = weights.path;
  if (file.tensors.empty() && !file.unread.empty()) {
    const auto& [name, what] = *file.unread.begin();
    fail(
        "{}: none of its {} tensors can be read as weights: {}, for example, is {}; save the model in "
        "float32, float16 or bfloat16",
        path, file.unread.size(), in_quotes(name), what);
  }
  if (!from.empty()) return models::name_map(from);
  if (weights.info) return models::name_map("detrex");
  auto named = file.tensors;
  for (const auto& entry : file.unread) named.emplace(entry.first, at::Tensor());
  if (const auto* map = models::recognise_names(named)) return *map;
  if (file.tensors.empty()) fail("{}: there are no tensors in this file", path);
  std::vector<std::string> known;
  for (const auto& map : models::name_maps()) known.push_back(map.name);
  fail(
      "{}: its {} tensors have names of no known program, such as {}; name the program with --from "
      "({})",
      path, file.tensors.size(), some_names(file.tensors), fmt::join(known, ", "));
}

/// A few tensors of the file that have no place, so that the user sees what is there.
std::string names_without_place(const Weights& weights, const FillReport& report) {
  models::StateDict names;
  for (const auto& name : report.unplaced) {
    const auto source = weights.sources.find(name);
    names.emplace(source == weights.sources.end() ? name : source->second.front(), at::Tensor());
  }
  for (const auto& dropped : {weights.dropped, report.dropped}) {
    if (!names.empty()) break;
    for (const auto& entry : dropped) names.emplace(entry.first, at::Tensor());
  }
  return some_names(names);
}

/// Counts the file's tensors that have a place. `sources`: the names in Weights::tensors that each came from.
void count_taken(const models::Detector& model, const Weights& weights,
                 const std::map<std::string, std::vector<std::string>>& sources, FillReport& report) {
  const std::set<std::string> unplaced(report.unplaced.begin(), report.unplaced.end());
  for (const auto& [name, froms] : sources) {
    if (unplaced.count(name) > 0) continue;
    for (const auto& from : froms) {
      const auto names = weights.sources.find(from);
      report.taken += names == weights.sources.end() ? 1 : static_cast<int64_t>(names->second.size());
    }
  }
  const auto of_backbone = [](const std::string& name) { return name.rfind("backbone.", 0) == 0; };
  for (const auto& entry : models::state_dict(model)) report.backbone_tensors += of_backbone(entry.first);
  report.backbone_taken =
      report.backbone_tensors - std::count_if(report.fresh.begin(), report.fresh.end(), of_backbone);
}

void require_half_of_backbone(const std::string& path, int64_t taken, int64_t tensors, bool partly,
                              const std::string& how) {
  if (partly || 2 * taken >= tensors) return;
  fail("{}: only {} of the backbone's {} tensors are in it, and the others would start at random; {}", path,
       taken, tensors, how);
}

}  // namespace

int64_t Weights::classes() const {
  const auto head = tensors.find("class_embed.0.bias");
  if (head == tensors.end() || head->second.dim() != 1) return 0;
  return head->second.size(0) - models::find_architecture(models::architecture_of(tensors)).extra_logits();
}

Weights load_weights(const std::filesystem::path& path, const std::string& from, const std::string& key) {
  auto file = io::read_weights(path, key);
  Weights weights;
  weights.path = path.string();
  weights.format = file.format;
  weights.key = file.key;
  weights.info = detector::find_model_info(file.metadata, weights.path);
  const auto& map = map_of(file, weights, from);
  weights.source = map.name;
  weights.notes = map.notes;
  auto renamed = models::rename_tensors(map, file.tensors, weights.path);
  weights.tensors = std::move(renamed.tensors);
  weights.dropped = std::move(renamed.dropped);
  weights.sources = std::move(renamed.sources);
  weights.unread = std::move(file.unread);
  weights.file_tensors = static_cast<int64_t>(file.tensors.size() + weights.unread.size());
  for (const auto& [name, what] : weights.unread) weights.dropped[name] = "not read: " + what;
  for (const auto& entry : file.skipped) weights.dropped[entry] = "not a tensor";
  if (weights.info) {
    weights.categories = weights.info->categories;
  } else if (weights.classes() == 80) {
    weights.categories = data::coco_categories();
  } else if (weights.classes() == 91) {
    weights.categories = data::coco_categories_by_id();
  }
  return weights;
}

FillReport fill_model(models::Detector& model, const std::vector<data::Category>& categories,
                      const Weights& weights) {
  auto [tensors, dropped, sources] = models::fit_names(model.options(), weights.tensors, weights.path);
  FillReport report;
  report.dropped = std::move(dropped);
  models::check_weights(model, tensors, weights.path);
  report.classes = fit_class_rows(tensors, models::state_dict(model), weights.categories, categories);
  const auto loaded = models::give_state_dict(model, models::StateDict(tensors), weights.path);
  report.unplaced = loaded.unexpected;
  for (const auto& name : loaded.missing) {
    if (!models::is_folded_away(name, tensors)) report.fresh.push_back(name);
  }
  models::refuse_unread(models::name_map(weights.source), weights.unread, report.fresh, weights.path);
  count_taken(model, weights, sources, report);
  return report;
}

void require_enough(const Weights& weights, const FillReport& report, bool partly, const std::string& how) {
  if (report.taken == 0) {
    fail(
        "{}: none of its {} tensors is taken: as names of {}, {} and the like have no place in this model; "
        "is it another network, or are the names another program's?",
        weights.path, weights.file_tensors, weights.source, names_without_place(weights, report));
  }
  if (weights.backbone_only()) {
    require_half_of_backbone(weights.path, report.backbone_taken, report.backbone_tensors, partly, how);
  } else if (!partly && 2 * report.taken < weights.file_tensors) {
    fail(
        "{}: only {} of its {} tensors are taken, by the names of {}, and the rest of the model would start "
        "at random; {}",
        weights.path, report.taken, weights.file_tensors, weights.source, how);
  }
}

void require_enough(const models::BackboneReport& report, const std::string& path, bool partly,
                    const std::string& how) {
  if (report.taken == 0) {
    fail("{}: none of the backbone's {} tensors is in it, by the names of {}; is it another network?", path,
         report.tensors, report.source);
  }
  require_half_of_backbone(path, report.taken, report.tensors, partly, how);
}

std::vector<std::string> report_lines(const Weights& weights, const FillReport& report) {
  std::vector<std::string> lines{fmt::format(
      "{}: {} of {} tensors taken{} ({}{}), names of {}: {}", weights.path, report.taken,
      weights.file_tensors,
      weights.backbone_only()
          ? fmt::format(", {} of the backbone's {}", report.backbone_taken, report.backbone_tensors)
          : "",
      weights.format, weights.key.empty() ? "" : ", under " + in_quotes(weights.key), weights.source,
      models::name_map(weights.source).about)};
  for (const auto& note : weights.notes) lines.push_back("note: " + note);
  if (!report.classes.empty()) lines.push_back(report.classes);
  const auto list = [&](const std::string& head, const std::vector<std::string>& names) {
    if (names.empty()) return;
    lines.push_back(fmt::format("{} tensors {}", names.size(), head));
    for (const auto& form : by_form(names)) lines.push_back("  " + form);
  };
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const auto& [name, reason] : weights.dropped) by_reason[reason].push_back(name);
  for (const auto& [name, reason] : report.dropped) by_reason[reason].push_back(name);
  for (const auto& [reason, names] : by_reason) list("of the file are left out (" + reason + "):", names);
  list("of the file have no place in the model:", report.unplaced);
  list("of the model are not in the file and start at random:", report.fresh);
  return lines;
}

std::vector<std::string> by_form(const std::vector<std::string>& names) {
  std::map<std::string, std::pair<std::string, int>> forms;
  for (const auto& name : names) {
    std::string form;
    for (const char c : name) {
      const bool digit = c >= '0' && c <= '9';
      if (!digit) form += c;
      if (digit && (form.empty() || form.back() != '#')) form += '#';
    }
    auto& entry = forms.emplace(form, std::pair(name, 0)).first->second;
    ++entry.second;
  }
  std::vector<std::string> lines;
  lines.reserve(forms.size());
  for (const auto& [form, entry] : forms) {
    lines.push_back(entry.second == 1 ? entry.first : fmt::format("{} ({})", form, entry.second));
  }
  return lines;
}

}  // namespace focus::weights
