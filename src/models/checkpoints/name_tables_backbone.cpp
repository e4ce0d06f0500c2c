// Tables of classifiers' weights: torchvision, detectron2, Swin.
#include "models/checkpoints/name_tables.h"

namespace focus::models {
namespace {

const char* const kClassifier = "a detector has no use for a classifier's last layer";
const char* const kCounter = "a counter of training steps";
const char* const kTraining = "state of the training, not of the model";
const char* const kOtherDetector = "a part of another detector";

}  // namespace

std::vector<std::vector<NameRule>> torchvision_resnet_steps(const std::string& prefix) {
  const std::string to = "backbone.";
  return {{{"*.num_batches_tracked", "", kCounter},
           {prefix + "fc.*", "", kClassifier},
           {prefix + "conv1.*", to + "stem.conv1.*"},
           {prefix + "bn1.*", to + "stem.conv1.norm.*"},
           {prefix + "layer1.*", to + "res2.*"},
           {prefix + "layer2.*", to + "res3.*"},
           {prefix + "layer3.*", to + "res4.*"},
           {prefix + "layer4.*", to + "res5.*"}},
          {{to + "res#.#.bn#.*", to + "res#.#.conv#.norm.*"},
           {to + "res#.#.downsample.0.*", to + "res#.#.shortcut.*"},
           {to + "res#.#.downsample.1.*", to + "res#.#.shortcut.norm.*"}},
          // A bias left on a convolution is its folded normalisation's shift.
          {{to + "stem.conv1.bias", to + "stem.conv1.norm.bias", {}, true},
           {to + "res#.#.conv#.bias", to + "res#.#.conv#.norm.bias", {}, true},
           {to + "res#.#.shortcut.bias", to + "res#.#.shortcut.norm.bias", {}, true}}};
}

std::vector<std::vector<NameRule>> torchvision_mobilenet_steps() {
  return {{{"*.num_batches_tracked", "", kCounter},
           {"classifier.*", "", kClassifier},
           // The bias of a convolution is its folded normalisation's shift, which has the next index. The
           // first block does not expand, so its projection and normalisation come one index earlier.
           {"features.#.0.bias", "features.#.1.bias"},
           {"features.#.conv.#.0.bias", "features.#.conv.#.1.bias"},
           {"features.1.conv.1.bias", "features.1.conv.2.bias"},
           {"features.1.conv.2.bias", "features.1.conv.2.bias"},
           {"features.#.conv.2.bias", "features.#.conv.3.bias"}},
          {{"features.*", "backbone.features.*"}}};
}

std::vector<std::vector<NameRule>> swin_steps(const std::string& prefix) {
  const std::string to = "backbone.";
  return {{{"*.relative_position_index", "", "worked out from the window's size"},
           {"*.attn_mask", "", "worked out from the image's size"},
           {prefix + "head.*", "", kClassifier},
           {prefix + "norm.*", "", kClassifier},
           {prefix + "patch_embed.*", to + "patch_embed.*"},
           {prefix + "layers.*", to + "layers.*"},
           {prefix + "norm#.*", to + "norm#.*"}}};
}

std::vector<std::vector<NameRule>> timm_swin_steps() {
  std::vector<NameRule> moved;
  for (int stage = 0; stage < 3; ++stage) {
    moved.push_back({"layers." + std::to_string(stage + 1) + ".downsample.*",
                     "backbone.layers." + std::to_string(stage) + ".downsample.*"});
  }
  // With features_only each stage is a module of its own.
  std::vector<std::vector<NameRule>> steps{{{"layers_#.*", "layers.#.*", {}, true}}, moved};
  for (const auto& step : swin_steps("")) steps.push_back(step);
  return steps;
}

std::vector<std::vector<NameRule>> detectron2_steps() {
  return {{{"*.num_batches_tracked", "", kCounter},
           {"backbone.fpn_*", "", kOtherDetector},
           {"proposal_generator.*", "", kOtherDetector},
           {"roi_heads.*", "", kOtherDetector},
           {"head.*", "", kOtherDetector},
           {"anchor_generator.*", "", kOtherDetector},
           {"pixel_mean", "", "preprocessing is an option here: preprocess.mean"},
           {"pixel_std", "", "preprocessing is an option here: preprocess.std"},
           {"fc.*", "", kClassifier},
           {"linear.*", "", kClassifier},
           {"stem.fc.*", "", kClassifier},
           {"backbone.bottom_up.*", "backbone.*"},
           {"stem.*", "backbone.stem.*"},
           {"res#.*", "backbone.res#.*"}}};
}

std::vector<std::vector<NameRule>> caffe2_steps() {
  std::vector<NameRule> rules{{"*_momentum", "", kTraining},
                              {"lr", "", kTraining},
                              {"model_iter", "", kTraining},
                              {"weight_order", "", kTraining},
                              {"fc1000_*", "", kClassifier},
                              {"pred_*", "", kClassifier},
                              {"conv1_b", "", "the convolution is normalised; it has no bias of its own"},
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

}  // namespace focus::models
