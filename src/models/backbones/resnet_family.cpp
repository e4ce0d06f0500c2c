// The ResNets' entry among the backbone families.
#include "base/error.h"
#include "models/backbones/backbone_family.h"
#include "models/backbones/resnet.h"

namespace focus::models {
namespace {

const char* const kTraining = "training state, not part of the model";
const char* const kOtherDetector = "a part of another detector";

struct NamedResNet {
  const char* name;
  ResNetShape shape;
};
constexpr NamedResNet kResNets[] = {{"resnet18", {{2, 2, 2, 2}, false}},
                                    {"resnet34", {{3, 4, 6, 3}, false}},
                                    {"resnet50", {{3, 4, 6, 3}, true}},
                                    {"resnet101", {{3, 4, 23, 3}, true}}};

NameSteps torchvision_resnet_steps(const std::string& prefix) {
  const std::string to = "backbone.";
  return {{{"*.num_batches_tracked", "", kStepCounter},
           {prefix + "fc.*", "", kClassifierLayer},
           {prefix + "conv1.*", to + "stem.conv1.*"},
           {prefix + "bn1.*", to + "stem.conv1.norm.*"},
           {prefix + "layer1.*", to + "res2.*"},
           {prefix + "layer2.*", to + "res3.*"},
           {prefix + "layer3.*", to + "res4.*"},
           {prefix + "layer4.*", to + "res5.*"}},
          {{to + "res#.#.bn#.*", to + "res#.#.conv#.norm.*"},
           {to + "res#.#.downsample.0.*", to + "res#.#.shortcut.*"},
           {to + "res#.#.downsample.1.*", to + "res#.#.shortcut.norm.*"}},
          // A convolution's bias is the shift of its folded normalisation.
          {{to + "stem.conv1.bias", to + "stem.conv1.norm.bias", {}, true},
           {to + "res#.#.conv#.bias", to + "res#.#.conv#.norm.bias", {}, true},
           {to + "res#.#.shortcut.bias", to + "res#.#.shortcut.norm.bias", {}, true}}};
}

NameSteps detectron2_steps() {
  return {{{"*.num_batches_tracked", "", kStepCounter},
           {"backbone.fpn_*", "", kOtherDetector},
           {"proposal_generator.*", "", kOtherDetector},
           {"roi_heads.*", "", kOtherDetector},
           {"head.*", "", kOtherDetector},
           {"anchor_generator.*", "", kOtherDetector},
           {"pixel_mean", "", "preprocessing is an option here: preprocess.mean"},
           {"pixel_std", "", "preprocessing is an option here: preprocess.std"},
           {"fc.*", "", kClassifierLayer},
           {"linear.*", "", kClassifierLayer},
           {"stem.fc.*", "", kClassifierLayer},
           {"backbone.bottom_up.*", "backbone.*"},
           {"stem.*", "backbone.stem.*"},
           {"res#.*", "backbone.res#.*"}}};
}

NameSteps caffe2_steps() {
  std::vector<NameRule> rules{{"*_momentum", "", kTraining},
                              {"lr", "", kTraining},
                              {"model_iter", "", kTraining},
                              {"weight_order", "", kTraining},
                              {"fc1000_*", "", kClassifierLayer},
                              {"pred_*", "", kClassifierLayer},
                              {"conv1_b", "", "the convolution is normalised and has no bias of its own"},
                              {"conv1_w", "backbone.stem.conv1.weight"},
                              {"res_conv1_bn_s", "backbone.stem.conv1.norm.weight"},
                              {"res_conv1_bn_b", "backbone.stem.conv1.norm.bias"}};
  struct Branch {
    const char *theirs, *ours;
  };
  for (const Branch& branch : {Branch{"branch1", "shortcut"}, Branch{"branch2a", "conv1"},
                               Branch{"branch2b", "conv2"}, Branch{"branch2c", "conv3"}}) {
    const std::string theirs = std::string("res#_#_") + branch.theirs;
    const std::string ours = std::string("backbone.res#.#.") + branch.ours;
    rules.push_back({theirs + "_w", ours + ".weight"});
    rules.push_back({theirs + "_bn_s", ours + ".norm.weight"});
    rules.push_back({theirs + "_bn_b", ours + ".norm.bias"});
  }
  return {rules};
}

/// Converts a convolution of BGR images minus a mean to one of RGB images that are also divided by ImageNet's
/// standard deviations, preprocess.std's default: reorders the channels and multiplies each by its deviation.
void turn_stem_to_normalised_rgb(StateDict& tensors) {
  const auto stem = tensors.find("backbone.stem.conv1.weight");
  if (stem == tensors.end()) return;
  auto& weight = stem->second;
  if (weight.dim() != 4 || weight.size(1) != 3 || !weight.is_floating_point()) return;
  const auto deviation = at::tensor({58.395, 57.12, 57.375}, weight.options()).view({1, 3, 1, 1});
  weight = weight.flip(1) * deviation;
}

std::vector<NameMap> resnet_sources() {
  std::vector<NameMap> maps;
  maps.push_back({"detectron2-caffe2",
                  "detectron2's MSRA R-50.pkl and R-101.pkl",
                  {{"conv1_w", "res2_0_branch2a_w"}},
                  caffe2_steps()});
  maps.back().adapt = turn_stem_to_normalised_rgb;
  maps.back().notes = {
      "the first convolution is converted from BGR images to RGB images divided by preprocess.std",
      "these weights were trained with the stride in the 1x1 convolutions, but here it is in the 3x3: "
      "features differ until the weights are trained further"};
  maps.push_back({"detectron2",
                  "detectron2's ResNets",
                  {{"res2.0.conv1.weight"},
                   {"backbone.res2.0.conv1.weight"},
                   {"backbone.bottom_up.res2.0.conv1.weight"}},
                  detectron2_steps()});
  maps.back().notes = {
      "tensor names do not show whether such weights are for RGB (converted from torchvision) or for BGR "
      "images (detectron2's own detectors); RGB is assumed"};
  maps.push_back({"torchvision-resnet",
                  "torchvision's ResNets",
                  {{"layer1.0.conv1.weight"}},
                  torchvision_resnet_steps("")});
  return maps;
}

bool tell_resnet(const TensorShapes& shapes, BackboneOptions& options) {
  const std::string stem = "backbone.stem.conv1.weight";
  if (shapes.has(stem)) options.width = shapes.size(stem, 4, 0);
  if (!shapes.has("backbone.res2.0.conv1.weight")) return shapes.has(stem);
  const bool bottleneck = shapes.has("backbone.res2.0.conv3.weight");
  std::vector<int64_t> blocks;
  for (const char* stage : {"2", "3", "4", "5"}) {
    blocks.push_back(shapes.layers(std::string("backbone.res") + stage + "."));
  }
  for (const auto& [name, shape] : kResNets) {
    if (shape.bottleneck != bottleneck || !stages_fit(blocks, shape.blocks)) continue;
    options.name = name;
    return true;
  }
  fail("{}: the backbone has stages of {} {} blocks, which is no ResNet-18, 34, 50 or 101", shapes.path(),
       fmt::join(blocks, ", "), bottleneck ? "bottleneck" : "basic");
}

}  // namespace

BackboneFamily resnet_family() {
  BackboneFamily family;
  family.name = "ResNet";
  for (const auto& [name, shape] : kResNets) {
    std::vector<std::string> reads{"norm", "width"};
    if (shape.bottleneck) reads.push_back("dilated");
    family.variants.push_back(
        {name, [shape = shape](const auto& options) { return std::make_shared<ResNet>(shape, options); },
         reads});
  }
  family.sources = resnet_sources();
  family.usual_source = "torchvision-resnet";
  family.in_detectors = [](const std::string& joined) { return torchvision_resnet_steps(joined + "body."); };
  family.tell = tell_resnet;
  return family;
}

}  // namespace focus::models
