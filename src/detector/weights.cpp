#include "detector/weights.h"

#include "base/error.h"
#include "base/human.h"
#include "data/coco_categories.h"
#include "detector/class_rows.h"
#include "io/weights_file.h"
#include "models/architectures.h"
#include "models/backbone_weights.h"

namespace focus::detector {
namespace {

/// A few names of the file, so that a person sees what it is.
std::string some_names(const models::StateDict& tensors) {
  std::string text;
  int count = 0;
  for (const auto& entry : tensors) {
    if (++count > 3) break;
    text += (text.empty() ? "" : ", ") + in_quotes(entry.first);
  }
  return text;
}

/// The names in a file: those said by `from`, those of a model file, or else recognised.
const models::NameMap& map_of(const io::WeightsFile& file, const Weights& weights, const std::string& from) {
  const std::string& path = weights.path;
  if (!from.empty()) return models::name_map(from);
  if (weights.info) return models::name_map("detrex");
  if (const auto* map = models::recognise_names(file.tensors)) return *map;
  if (file.tensors.empty()) fail("{}: there are no tensors in this file", path);
  std::vector<std::string> known;
  for (const auto& map : models::name_maps()) known.push_back(map.name);
  fail(
      "{}: {} tensors whose names are of no program known here, such as {}; say whose they are with --from "
      "({})",
      path, file.tensors.size(), some_names(file.tensors), fmt::join(known, ", "));
}

}  // namespace

int64_t Weights::classes() const {
  const auto head = tensors.find("class_embed.0.bias");
  if (head == tensors.end() || head->second.dim() != 1) return 0;
  // DETR has a row more, of "no object".
  return head->second.size(0) - (models::architecture_of(tensors) == "detr" ? 1 : 0);
}

Weights load_weights(const std::filesystem::path& path, const std::string& from) {
  auto file = io::read_weights(path);
  Weights weights;
  weights.path = path.string();
  weights.format = file.format;
  weights.info = find_model_info(file.metadata, weights.path);
  const auto& map = map_of(file, weights, from);
  weights.source = map.name;
  weights.notes = map.notes;
  auto renamed = models::rename_tensors(map, file.tensors, weights.path);
  weights.tensors = std::move(renamed.tensors);
  weights.dropped = std::move(renamed.dropped);
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
  auto [tensors, dropped] = models::fit_names(model.options(), weights.tensors, weights.path);
  FillReport report;
  report.dropped = std::move(dropped);
  report.classes = fit_class_rows(tensors, models::state_dict(model), weights.categories, categories);
  const auto loaded = models::give_state_dict(model, models::StateDict(tensors), weights.path);
  report.unplaced = loaded.unexpected;
  for (const auto& name : loaded.missing) {
    if (!models::is_folded_away(name, tensors)) report.fresh.push_back(name);
  }
  return report;
}

std::vector<std::string> report_lines(const Weights& weights, const FillReport& report) {
  std::vector<std::string> lines{fmt::format("{}: {} tensors ({}), names of {}: {}", weights.path,
                                             weights.tensors.size(), weights.format, weights.source,
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

}  // namespace focus::detector
