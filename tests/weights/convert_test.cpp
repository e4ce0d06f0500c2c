#include "weights/convert.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/coco/coco_categories.h"
#include "io/safetensors/safetensors.h"
#include "models/backbones/backbone_family.h"
#include "models/tiny_model.h"
#include "nn/initialise.h"
#include "support/temporary_folder.h"
#include "weights/derive_options.h"
#include "weights/weights_diff.h"

namespace focus::test {
namespace {

std::vector<data::Category> classes(std::initializer_list<const char*> names) {
  std::vector<data::Category> list;
  for (const auto* name : names) list.push_back({static_cast<int64_t>(list.size()) + 5, name});
  return list;
}

/// A file of bare tensors, as another program writes them.
class Convert : public testing::Test {
 protected:
  Convert() {
    tensors = models::with_reference_aliases(models::state_dict(*tiny_model()), 2, 2);
    // Heads are not told by shapes; the cascade has one number a layer.
    request.configure = [](models::DetectorOptions& options, images::PreprocessOptions&) {
      options.transformer.heads = 4;
      options.focus.cascade = {1.0, 0.5};
    };
  }

  weights::Weights load(const std::string& from = "") const {
    io::write_safetensors(path, {tensors, {}});
    return weights::load_weights(path, from);
  }
  std::string refusal() const {
    try {
      weights::convert(load(), request);
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "accepted";
    return "";
  }

  TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "weights.safetensors";
  models::StateDict tensors;
  weights::ConvertRequest request;
};

TEST_F(Convert, ShapesTellTheModel) {
  const auto weights = load();
  EXPECT_EQ(weights.source, "detrex");
  const auto converted = weights::convert(weights, request);
  const auto& o = converted.loaded.info.model;
  const auto& t = tiny_options().transformer;
  EXPECT_EQ(o.backbone.name, "mobilenet_v2");
  EXPECT_EQ(o.transformer.width, t.width);
  EXPECT_EQ(o.transformer.levels, t.levels);
  EXPECT_EQ(o.transformer.heads, t.heads);
  EXPECT_EQ(o.transformer.points, t.points);
  EXPECT_EQ(o.transformer.feedforward_width, t.feedforward_width);
  EXPECT_EQ(o.transformer.encoder_layers, t.encoder_layers);
  EXPECT_EQ(o.transformer.decoder_layers, t.decoder_layers);
  EXPECT_EQ(o.transformer.queries, t.queries);
  EXPECT_EQ(o.classes, 3);
  ASSERT_EQ(converted.loaded.info.categories.size(), 3u);
  EXPECT_EQ(converted.loaded.info.categories[1].name, "class 1");
  EXPECT_TRUE(converted.report.fresh.empty());
  EXPECT_TRUE(converted.report.unplaced.empty());
  EXPECT_EQ(converted.report.classes, "");
  const auto again = models::state_dict(*converted.loaded.model);
  for (const auto& [name, tensor] : models::state_dict(*tiny_model()))
    EXPECT_TRUE(again.at(name).equal(tensor)) << name;
}

TEST_F(Convert, TheStemTellsHowWideAResNetIs) {
  auto options = tiny_options();
  options.backbone = {.name = "resnet18", .width = 16};
  tensors = models::state_dict(*tiny_model(options));
  const auto converted = weights::convert(load(), request);
  EXPECT_EQ(converted.loaded.info.model.backbone.width, 16);
  EXPECT_TRUE(converted.report.fresh.empty());
}

TEST_F(Convert, ThereAndBack) {
  const auto converted = weights::convert(load(), request);
  const auto back = weights::reference_state_dict(converted.loaded);
  ASSERT_EQ(back.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(back.at(name).equal(tensor)) << name;

  const auto model = folder.path() / "model.safetensors";
  detector::save_model(model, *converted.loaded.model, converted.loaded.info);
  EXPECT_TRUE(weights::compare(load(), weights::load_weights(model)).none());
  const auto loaded = detector::load_model(model);
  EXPECT_EQ(loaded.info.provenance.at("converted").at("from"), "detrex");
}

TEST_F(Convert, LeftOversAreListedOnBothSides) {
  tensors["stranger.0.weight"] = at::zeros({1});
  tensors.erase("transformer.alpha");
  const auto weights = load();
  const auto report = weights::convert(weights, request).report;
  EXPECT_EQ(report.unplaced, std::vector<std::string>{"stranger.0.weight"});
  EXPECT_EQ(report.fresh, std::vector<std::string>{"transformer.alpha"});
  std::string text;
  for (const auto& line : weights::report_lines(weights, report)) text += line + "\n";
  EXPECT_NE(text.find("1 tensors of the file have no place in the model:\n  stranger.0.weight\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("start at random:\n  transformer.alpha\n"), std::string::npos) << text;
}

TEST_F(Convert, SaysHowManyTensorsWereTaken) {
  tensors["stranger.0.weight"] = at::zeros({1});
  tensors["backbone.features.0.1.num_batches_tracked"] = at::zeros({}, at::kLong);
  const auto weights = load();
  const auto report = weights::convert(weights, request).report;
  const auto all = static_cast<int64_t>(tensors.size());
  EXPECT_EQ(weights.file_tensors, all);
  EXPECT_EQ(report.taken, all - 2) << "aliases are taken as well";
  EXPECT_EQ(report.backbone_taken, report.backbone_tensors);
  EXPECT_EQ(weights::report_lines(weights, report).front(),
            fmt::format("{}: {} of {} tensors taken (safetensors), names of detrex: {}", path.string(),
                        all - 2, all, models::name_map("detrex").about));
}

TEST_F(Convert, AFileOfWhichNothingIsTakenIsRefused) {
  models::StateDict behind;
  for (const auto& [name, tensor] : tensors) behind["of_whom." + name] = tensor;
  tensors = behind;
  EXPECT_NE(refusal().find("have names of no known program"), std::string::npos);
  for (const bool partly : {false, true}) {
    request.partly = partly;
    try {
      weights::convert(load("torchvision-mobilenet"), request);
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what())
                    .find(fmt::format("none of its {} tensors is taken: as names of "
                                      "torchvision-mobilenet, 'of_whom.",
                                      tensors.size())),
                std::string::npos)
          << error.what();
    }
  }
}

TEST_F(Convert, LessThanHalfIsTakenOnlyIfToldTo) {
  const auto own = static_cast<int64_t>(tensors.size());
  for (int64_t i = 0; i < own; ++i) tensors[fmt::format("stranger.{}", i)] = at::zeros({1});
  EXPECT_EQ(weights::convert(load(), request).report.taken, own) << "half is enough";
  tensors["stranger.more"] = at::zeros({1});
  const auto refused = refusal();
  EXPECT_NE(refused.find(
                fmt::format("only {} of its {} tensors are taken, by the names of detrex", own, 2 * own + 1)),
            std::string::npos)
      << refused;
  EXPECT_NE(refused.find("add --partly"), std::string::npos) << refused;
  request.partly = true;
  EXPECT_EQ(weights::convert(load(), request).report.taken, own);
}

TEST_F(Convert, HalfOfABackboneIsOfTheBackbone) {
  models::StateDict backbone;
  for (const auto& [name, tensor] : tensors) {
    if (name.rfind("backbone.", 0) == 0) backbone[name.substr(9)] = tensor;
  }
  tensors.clear();
  // The first of 18 blocks and the stem, and nothing that has no place.
  for (const auto& [name, tensor] : backbone) {
    if (name.rfind("features.0.", 0) == 0 || name.rfind("features.1.", 0) == 0) tensors[name] = tensor;
  }
  request.configure = [](models::DetectorOptions& options, images::PreprocessOptions&) {
    const auto backbone_name = options.backbone.name;
    options = tiny_options();
    options.backbone.name = backbone_name;
  };
  request.classes = {"a", "b", "c"};
  const auto refused = refusal();
  EXPECT_NE(refused.find(fmt::format("only {} of the backbone's {} tensors are in it", tensors.size(),
                                     backbone.size())),
            std::string::npos)
      << refused;
  request.partly = true;
  const auto weights = load();
  const auto report = weights::convert(weights, request).report;
  EXPECT_EQ(report.backbone_taken, static_cast<int64_t>(tensors.size()));
  EXPECT_NE(
      weights::report_lines(weights, report)
          .front()
          .find(fmt::format("{0} of {0} tensors taken, {0} of the backbone's {1} (safetensors), names of "
                            "torchvision-mobilenet",
                            tensors.size(), backbone.size())),
      std::string::npos)
      << weights::report_lines(weights, report).front();
}

TEST_F(Convert, TensorsThatHoldNoWeightsAreRefusedByName) {
  const auto good = tensors;
  const std::string name = "transformer.encoder.layers.1.norms.0.bias";
  tensors[name] = tensors.at(name).clone();
  tensors[name][0] = std::nan("");
  EXPECT_NE(refusal().find("1 of the 32 numbers of tensor '" + name + "' are not finite"), std::string::npos);
  tensors = good;
  const std::string quantised = "transformer.encoder.layers.0.ffns.0.layers.0.0.weight";
  tensors[quantised] = tensors.at(quantised).to(at::kChar);
  tensors[quantised + "_scale"] = at::ones({1});
  EXPECT_NE(refusal().find("tensor '" + quantised + "' is int8, but the model needs floating-point numbers"),
            std::string::npos);
  // What has no place may hold anything.
  tensors = good;
  tensors["stranger"] = at::full({1}, std::nan(""));
  EXPECT_EQ(weights::convert(load(), request).report.unplaced, std::vector<std::string>{"stranger"});
}

TEST_F(Convert, NamesOfEveryWrapperLeadToTheSameModel) {
  const auto good = tensors;
  for (const std::string prefix :
       {"_orig_mod.", "module.", "module._orig_mod.", "_orig_mod.module.", "model."}) {
    tensors = {{"n_averaged", at::tensor(int64_t{3})}};
    for (const auto& [name, tensor] : good) {
      const auto dot = name.find('.');
      const bool within = name.rfind("backbone.", 0) == 0;
      tensors[prefix + (within ? name.substr(0, dot) + "._orig_mod" + name.substr(dot) : name)] = tensor;
    }
    const auto weights = load();
    EXPECT_EQ(weights.source, "detrex") << prefix;
    const auto converted = weights::convert(weights, request);
    EXPECT_TRUE(converted.report.fresh.empty()) << prefix;
    EXPECT_EQ(converted.report.taken + 1, weights.file_tensors) << prefix;
    EXPECT_EQ(weights.dropped.count("n_averaged"), 1u);
    const auto own = models::state_dict(*converted.loaded.model);
    for (const auto& [name, tensor] : models::state_dict(*tiny_model()))
      EXPECT_TRUE(own.at(name).equal(tensor)) << prefix << name;
  }
}

TEST_F(Convert, ContradictionsNameTheOption) {
  const auto configure = request.configure;
  request.configure = [&](models::DetectorOptions& options, images::PreprocessOptions& preprocess) {
    configure(options, preprocess);
    options.transformer.width = 64;
  };
  EXPECT_NE(refusal().find("option 'model.transformer.width' is 64, but the tensors have 32"),
            std::string::npos);
  request.configure = [&](models::DetectorOptions& options, images::PreprocessOptions& preprocess) {
    configure(options, preprocess);
    options.transformer.heads = 3;
  };
  EXPECT_NE(refusal().find("model.transformer.heads 3"), std::string::npos);
  request.configure = [&](models::DetectorOptions& options, images::PreprocessOptions& preprocess) {
    configure(options, preprocess);
    options.classes = 7;
  };
  EXPECT_NE(refusal().find("--classes"), std::string::npos);
  request.configure = nullptr;
  EXPECT_NE(refusal().find("model.focus.cascade"), std::string::npos);
}

TEST_F(Convert, DamagedFilesAreRefusedByName) {
  const auto good = tensors;
  tensors["transformer.encoder.layers.1.norms.0.bias"] = at::zeros({7});
  EXPECT_NE(refusal().find("'transformer.encoder.layers.1.norms.0.bias' has shape [7]"), std::string::npos);
  tensors = good;
  tensors["transformer.encoder.layers.99999.x"] = at::zeros({1});
  EXPECT_NE(refusal().find("'transformer.encoder.layers.2.ffns.0.layers.0.0.weight' is missing"),
            std::string::npos);
  tensors = good;
  const std::string grown = "transformer.encoder.layers.0.ffns.0.layers.0.0.weight";
  tensors[grown] = at::zeros({65536, 0});
  EXPECT_NE(refusal().find("'" + grown + "' has shape [65536, 0], the other tensors need [65536, 32]"),
            std::string::npos);
  tensors = good;
  tensors.erase("transformer.level_embeds");
  EXPECT_NE(refusal().find("'transformer.level_embeds' is missing"), std::string::npos);
  tensors = {{"a", at::zeros({1})}};
  EXPECT_NE(refusal().find("--from"), std::string::npos);
  tensors = {};
  EXPECT_NE(refusal().find("no tensors"), std::string::npos);
}

TEST_F(Convert, ClassesOfAnotherNumberStartAnewWithoutNames) {
  request.classes = {"a", "b"};
  const auto converted = weights::convert(load(), request);
  EXPECT_EQ(converted.report.classes,
            "class heads: the file has 3 classes without names; all 2 start at random");
  EXPECT_EQ(converted.loaded.info.model.classes, 2);
  EXPECT_EQ(converted.loaded.info.categories[0].id, 1);
}

TEST_F(Convert, AsManyNamesNameTheFilesClasses) {
  request.classes = {"a", "b", "c"};
  const auto converted = weights::convert(load(), request);
  EXPECT_EQ(converted.report.classes, "");
  EXPECT_TRUE(models::state_dict(*converted.loaded.model)
                  .at("label_enc.weight")
                  .equal(tensors.at("label_enc.weight")));
}

TEST_F(Convert, RowsOfClassesWithTheSameNameAreKept) {
  detector::ModelInfo info;
  info.model = tiny_options();
  info.categories = classes({"cat", "dog", "horse"});
  const auto from = tiny_model();
  detector::save_model(path, *from, info);

  auto options = tiny_options();
  options.classes = 4;
  models::FocusDetr model(options);
  const auto fresh = models::state_dict(model).at("class_embed.1.weight").clone();
  const auto report =
      weights::fill_model(model, classes({"horse", "bird", "cat", "cow"}), weights::load_weights(path));
  EXPECT_EQ(report.classes,
            "class heads: of 4 classes, 2 keep the file's weights by name, 2 start at random");
  EXPECT_TRUE(report.fresh.empty());
  const auto old = models::state_dict(*from), now = models::state_dict(model);
  for (const char* name : {"class_embed.0.weight", "class_embed.2.bias", "label_enc.weight"}) {
    EXPECT_TRUE(now.at(name)[0].equal(old.at(name)[2])) << name;
    EXPECT_TRUE(now.at(name)[2].equal(old.at(name)[0])) << name;
  }
  EXPECT_TRUE(now.at("class_embed.1.weight")[1].equal(fresh[1]));
  EXPECT_TRUE(now.at("class_embed.1.weight")[3].equal(fresh[3]));
}

TEST_F(Convert, SurplusRowsOfALabelEmbeddingAreCutOff) {
  tensors["label_enc.weight"] = at::cat({tensors.at("label_enc.weight"), at::ones({1, 32})});
  const auto converted = weights::convert(load(), request);
  EXPECT_EQ(models::state_dict(*converted.loaded.model).at("label_enc.weight").size(0), 3);
}

TEST_F(Convert, ABackboneAloneBeginsADetector) {
  models::StateDict backbone;
  for (const auto& [name, tensor] : tensors) {
    if (name.rfind("backbone.", 0) == 0) backbone[name.substr(9)] = tensor;
  }
  backbone["classifier.1.weight"] = at::zeros({10, 1280});
  tensors = backbone;
  const auto weights = load();
  EXPECT_EQ(weights.source, "torchvision-mobilenet");
  EXPECT_EQ(weights.dropped.count("classifier.1.weight"), 1u);
  request.configure = [](models::DetectorOptions& options, images::PreprocessOptions&) {
    const auto backbone_name = options.backbone.name;
    options = tiny_options();
    options.backbone.name = backbone_name;
  };
  request.classes = {"a", "b", "c"};
  const auto converted = weights::convert(weights, request);
  EXPECT_TRUE(converted.report.unplaced.empty());
  for (const auto& name : converted.report.fresh) EXPECT_NE(name.rfind("backbone.", 0), 0u) << name;
  EXPECT_FALSE(converted.report.fresh.empty());
}

TEST_F(Convert, EveryBackboneIsToldWithoutAConfiguration) {
  const nn::WithoutInitialisation only_shapes_count;
  for (const auto& name : models::backbone_names()) {
    // Of a whole detector, and of a backbone alone, whatever the default is.
    auto options = tiny_options();
    options.backbone = {.name = name};
    weights::Weights whole;
    whole.path = "whole.pth";
    whole.source = "detrex";
    whole.tensors = models::state_dict(*models::make_detector(options));
    models::DetectorOptions heads;
    heads.transformer.heads = 4;
    EXPECT_EQ(weights::derive_options(whole, heads).backbone.name, name);

    weights::Weights alone;
    alone.path = "alone.pth";
    alone.source = models::family_of(name).usual_source;
    for (const auto& [tensor, value] : whole.tensors) {
      if (tensor.rfind("backbone.", 0) == 0) alone.tensors[tensor] = value;
    }
    EXPECT_EQ(weights::derive_options(alone, {}).backbone.name, name);
  }
}

/// A classifier's file without a configuration: torchvision's Swin Transformer, of which every name differs.
TEST_F(Convert, ASwinTransformerOfTorchvisionBecomesOne) {
  models::BackboneOptions options{.name = "swin_t"};
  const auto backbone = models::make_backbone(options);
  fill_deterministic(*backbone);
  tensors = {{"norm.weight", at::ones({768})}, {"head.weight", at::ones({10, 768})}};
  const std::vector<std::pair<std::string, std::string>> renamed{{"patch_embed.proj.", "features.0.0."},
                                                                 {"patch_embed.norm.", "features.0.2."},
                                                                 {"mlp.fc1.", "mlp.0."},
                                                                 {"mlp.fc2.", "mlp.3."},
                                                                 {"layers.0.blocks.", "features.1."},
                                                                 {"layers.1.blocks.", "features.3."},
                                                                 {"layers.2.blocks.", "features.5."},
                                                                 {"layers.3.blocks.", "features.7."},
                                                                 {"layers.0.downsample.", "features.2."},
                                                                 {"layers.1.downsample.", "features.4."},
                                                                 {"layers.2.downsample.", "features.6."}};
  for (const auto& [name, tensor] : models::state_dict(*backbone)) {
    if (name.rfind("norm", 0) == 0) continue;
    auto theirs = name;
    for (const auto& [ours, other] : renamed) {
      if (const auto at = theirs.find(ours); at != std::string::npos) theirs.replace(at, ours.size(), other);
    }
    tensors[theirs] = tensor;
  }
  tensors["features.1.0.attn.relative_position_index"] = at::zeros({2401}, at::kLong);
  const auto weights = load();
  EXPECT_EQ(weights.source, "torchvision-swin");
  EXPECT_EQ(weights.dropped.size(), 3u);
  const auto converted = weights::convert(weights, {});
  EXPECT_EQ(converted.loaded.info.model.backbone.name, "swin_t");
  EXPECT_TRUE(converted.report.unplaced.empty());
  const auto own = models::state_dict(*converted.loaded.model);
  for (const auto& [name, tensor] : models::state_dict(*backbone)) {
    if (name.rfind("norm", 0) != 0) EXPECT_TRUE(own.at("backbone." + name).equal(tensor)) << name;
  }
}

TEST(CocoCategories, EightyOfNinety) {
  const auto& all = data::coco_categories();
  ASSERT_EQ(all.size(), 80u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](auto& a, auto& b) { return a.id < b.id; }));
  EXPECT_EQ(all[17].name, "horse");
  const auto by_id = data::coco_categories_by_id();
  ASSERT_EQ(by_id.size(), 91u);
  for (size_t i = 0; i < by_id.size(); ++i) EXPECT_EQ(by_id[i].id, static_cast<int64_t>(i));
  EXPECT_EQ(by_id[90].name, "toothbrush");
  EXPECT_EQ(by_id[12].name, "unused 12");
}

}  // namespace
}  // namespace focus::test
