// The backbone families: everything that depends on a backbone's name is in its entry here. A new family is
// one file that makes an entry, and one line in backbone_families.cpp. Its ONNX export is above this floor,
// in export/parts/backbone.cpp, under the same family name.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/backbones/backbone.h"
#include "models/checkpoints/name_maps.h"
#include "models/checkpoints/tensor_shapes.h"

namespace focus::models {

/// Why tensors of a classifier have no place in a backbone.
inline constexpr const char* kClassifierLayer = "a detector has no use for a classifier's last layer";
inline constexpr const char* kStepCounter = "a counter of training steps";

/// One variant of a family.
struct BackboneVariant {
  std::string name;  ///< BackboneOptions::name
  std::function<std::shared_ptr<Backbone>(const BackboneOptions&)> make;
  /// Options it reads besides those that all read (name, frozen_stages, finest_stride), such as "width".
  std::vector<std::string> reads;
};

/// Backbones of one architecture.
struct BackboneFamily {
  std::string name;  ///< The name shown to users, such as "ResNet".
  std::vector<BackboneVariant> variants;
  /// Tensor names of files that hold such a backbone without a detector, by program. The step of averaged
  /// models and NameMap::backbone_only are added to each.
  std::vector<NameMap> sources;
  std::string usual_source;  ///< The program assumed for a file whose names fit no table.
  /// Renames such a backbone's tensors in files of Deformable DETR's family and DETR, where their names begin
  /// with `joined` ("backbone.0."). Null if those programs have no such backbone.
  std::function<NameSteps(const std::string& joined)> in_detectors;
  /// Tensors to drop that files under this project's names may hold besides the backbone's own.
  std::vector<NameRule> beside;
  /// Whether tensors, under this project's names, are of this family; if so, sets the options that their
  /// shapes determine. Throws Error naming the file if no variant has such shapes.
  std::function<bool(const TensorShapes&, BackboneOptions&)> tell;
};

/// The entries, each made in a file of its own.
BackboneFamily resnet_family();
BackboneFamily mobilenet_v2_family();
BackboneFamily swin_family();
BackboneFamily convnext_family();

/// All of them, in the order in which `model.backbone.name` lists their variants.
const std::vector<BackboneFamily>& backbone_families();

/// Names of all variants of all families.
std::vector<std::string> backbone_names();

/// The family that has a variant `name`. Throws UsageError that lists the names if there is none.
const BackboneFamily& family_of(const std::string& name);

/// The variant called `name`. Throws like family_of.
const BackboneVariant& find_backbone(const std::string& name);

/// Which backbones read an option, for messages: families whose variants all do, single variants of others.
std::string readers_of(const std::string& option);

/// Sets the options that the shapes of a file's tensors determine and leaves the others. Throws Error
/// naming the file for a backbone of a known family but an unknown size.
void tell_backbone(const TensorShapes& shapes, BackboneOptions& options);

/// Whether the numbers of blocks `found` in a file's stages fit `blocks`. A file may lack whole stages, so 0
/// fits any number.
bool stages_fit(const std::vector<int64_t>& found, const std::array<int64_t, 4>& blocks);

}  // namespace focus::models
