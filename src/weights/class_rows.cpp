#include "weights/class_rows.h"

#include <algorithm>

#include "base/error.h"

namespace focus::weights {
namespace {

bool has_class_rows(const std::string& name) {
  return name.rfind("class_embed.", 0) == 0 || name == "label_enc.weight";
}

bool same_names(const std::vector<data::Category>& a, const std::vector<data::Category>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.name == y.name; });
}

/// For each class of `to`, the row of the class with the same name in `from`, or -1.
std::vector<int64_t> rows_by_name(const std::vector<data::Category>& from,
                                  const std::vector<data::Category>& to) {
  std::map<std::string, int64_t> row;
  for (size_t i = 0; i < from.size(); ++i) row.emplace(from[i].name, static_cast<int64_t>(i));
  std::vector<int64_t> rows;
  for (const auto& category : to) {
    const auto found = row.find(category.name);
    rows.push_back(found == row.end() ? -1 : found->second);
  }
  return rows;
}

}  // namespace

std::string fit_class_rows(models::StateDict& tensors, const models::StateDict& fresh,
                           const std::vector<data::Category>& from, const std::vector<data::Category>& to) {
  const auto head = tensors.find("class_embed.0.bias");
  if (head == tensors.end() || head->second.dim() != 1) return "";
  const auto wanted = static_cast<int64_t>(to.size());
  // Rows after the classes, such as DETR's "no object".
  const auto own_head = fresh.find("class_embed.0.bias");
  const int64_t extra = own_head == fresh.end() ? 0 : own_head->second.size(0) - wanted;
  const int64_t classes = head->second.size(0) - extra;
  if (const auto labels = tensors.find("label_enc.weight");
      labels != tensors.end() && labels->second.dim() == 2 && labels->second.size(0) > classes) {
    labels->second = labels->second.slice(0, 0, classes);
  }
  const bool named = static_cast<int64_t>(from.size()) == classes;
  if (named ? same_names(from, to) : classes == wanted) return "";

  const auto rows = named ? rows_by_name(from, to) : std::vector<int64_t>(to.size(), -1);
  for (auto& [name, tensor] : tensors) {
    const auto own = fresh.find(name);
    if (!has_class_rows(name) || own == fresh.end() || tensor.dim() == 0) continue;
    auto fitted = own->second.detach().clone();
    // Tensors of another shape are left as they are, to be refused later by name.
    const int64_t behind = name == "label_enc.weight" ? 0 : extra;
    if (fitted.dim() != tensor.dim() || fitted.size(0) != wanted + behind) continue;
    if (tensor.size(0) < classes + behind) continue;
    if (tensor.dim() == 2 && fitted.size(1) != tensor.size(1)) continue;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] >= 0) fitted[static_cast<int64_t>(i)].copy_(tensor[rows[i]]);
    }
    if (behind > 0) fitted.slice(0, wanted).copy_(tensor.slice(0, classes, classes + behind));
    tensor = fitted;
  }
  const auto kept = std::count_if(rows.begin(), rows.end(), [](int64_t row) { return row >= 0; });
  if (!named) {
    return fmt::format("class heads: the file has {} classes without names; all {} start at random", classes,
                       wanted);
  }
  return fmt::format("class heads: of {} classes, {} keep the file's weights by name, {} start at random",
                     wanted, kept, wanted - kept);
}

}  // namespace focus::weights
