#include <algorithm>

#include "base/error.h"
#include "models/backbones/backbone_family.h"

namespace focus::models {

const std::vector<BackboneFamily>& backbone_families() {
  static const std::vector<BackboneFamily> families{resnet_family(), mobilenet_v2_family(), swin_family(),
                                                    convnext_family()};
  return families;
}

std::vector<std::string> backbone_names() {
  std::vector<std::string> names;
  for (const auto& family : backbone_families()) {
    for (const auto& variant : family.variants) names.push_back(variant.name);
  }
  return names;
}

const BackboneFamily& family_of(const std::string& name) {
  for (const auto& family : backbone_families()) {
    for (const auto& variant : family.variants) {
      if (variant.name == name) return family;
    }
  }
  fail_usage("there is no backbone '{}'; there are {}", name, fmt::join(backbone_names(), ", "));
}

const BackboneVariant& find_backbone(const std::string& name) {
  const auto& variants = family_of(name).variants;
  return *std::find_if(variants.begin(), variants.end(),
                       [&](const BackboneVariant& variant) { return variant.name == name; });
}

std::string readers_of(const std::string& option) {
  std::vector<std::string> readers;
  for (const auto& family : backbone_families()) {
    std::vector<std::string> names;
    for (const auto& variant : family.variants) {
      const auto& reads = variant.reads;
      if (std::find(reads.begin(), reads.end(), option) != reads.end()) names.push_back(variant.name);
    }
    if (names.size() == family.variants.size()) names = {family.name};
    readers.insert(readers.end(), names.begin(), names.end());
  }
  return fmt::format("{}", fmt::join(readers, ", "));
}

void tell_backbone(const TensorShapes& shapes, BackboneOptions& options) {
  for (const auto& family : backbone_families()) {
    if (family.tell(shapes, options)) return;
  }
}

bool stages_fit(const std::vector<int64_t>& found, const std::array<int64_t, 4>& blocks) {
  return std::equal(found.begin(), found.end(), blocks.begin(), blocks.end(),
                    [](int64_t in_file, int64_t wanted) { return in_file == 0 || in_file == wanted; });
}

std::shared_ptr<Backbone> make_backbone(const BackboneOptions& options) {
  return find_backbone(options.name).make(options);
}

void freeze(torch::nn::Module& part) {
  for (auto& parameter : part.parameters()) parameter.set_requires_grad(false);
}

}  // namespace focus::models
