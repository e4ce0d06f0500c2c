#include "detector/model_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "images/image_reading.h"
#include "io/safetensors/safetensors.h"
#include "models/tiny_model.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

using nlohmann::json;

constexpr const char* kKey = "focus_detr";

detector::ModelInfo tiny_info() {
  detector::ModelInfo info;
  info.model = tiny_options();
  info.preprocess.short_side = 64;
  info.preprocess.max_side = 96;
  info.preprocess.mean = {100, 110.5, 120};
  info.categories = {{3, "cell"}, {17, "quoted \"name\""}, {90, "größe"}};
  info.provenance = {{"epochs", 12}, {"metrics", {{"AP", 0.25}}}};
  return info;
}

/// A model file that is loaded, or spoilt and refused.
class ModelFile : public testing::Test {
 protected:
  /// The content of a good file, made once.
  static const io::TensorFile& good() {
    static const io::TensorFile file = [] {
      const TemporaryFolder folder;
      detector::save_model(folder.path() / "good.safetensors", *tiny_model(), tiny_info());
      return io::read_safetensors(folder.path() / "good.safetensors");
    }();
    return file;
  }
  static json good_description() { return json::parse(good().metadata.at(kKey)); }

  void put(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }

  /// The message the file is refused with: an Error, not a UsageError, that starts with the file's name.
  std::string refusal() const {
    try {
      detector::load_model(path);
    } catch (const UsageError& error) {
      ADD_FAILURE() << "the file is wrong, not the command: " << error.what();
      return error.what();
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.rfind(path.string() + ": ", 0), 0U) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
      return message;
    }
    ADD_FAILURE() << "accepted";
    return "";
  }

  void expect_refused(const io::TensorFile& file, const std::string& fragment) const {
    io::write_safetensors(path, file);
    const auto message = refusal();
    EXPECT_NE(message.find(fragment), std::string::npos) << message << "\nlacks: " << fragment;
  }

  /// Spoils the description of a good file.
  void expect_description_refused(const std::function<void(json&)>& spoil,
                                  const std::string& fragment) const {
    SCOPED_TRACE(fragment);
    auto file = good();
    auto description = good_description();
    spoil(description);
    file.metadata[kKey] = description.dump();
    expect_refused(file, fragment);
  }

  TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "model.safetensors";
};

TEST_F(ModelFile, RoundTrips) {
  const auto model = tiny_model();
  const auto info = tiny_info();
  detector::save_model(path, *model, info);
  const auto loaded = detector::load_model(path);
  EXPECT_FALSE(loaded.model->is_training());
  EXPECT_EQ(options_to_json(loaded.info.model), options_to_json(info.model));
  EXPECT_EQ(options_to_json(loaded.info.preprocess), options_to_json(info.preprocess));
  EXPECT_EQ(loaded.info.provenance, info.provenance);
  ASSERT_EQ(loaded.info.categories.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(loaded.info.categories[i].id, info.categories[i].id);
    EXPECT_EQ(loaded.info.categories[i].name, info.categories[i].name);
  }
  const auto expected = models::state_dict(*model), found = models::state_dict(*loaded.model);
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, tensor] : expected) EXPECT_TRUE(found.at(name).equal(tensor)) << name;
}

TEST_F(ModelFile, OptionsThatAreNotTheDefaultsRoundTrip) {
  auto info = tiny_info();
  info.model.transformer.learned_queries = false;
  info.model.quirks.fixed_top_k = true;
  info.model.focus.keep_ratio = 0.1;
  info.model.denoising.box_noise = 0.4;
  detector::save_model(path, *tiny_model(info.model), info);
  EXPECT_EQ(options_to_json(detector::load_model(path).info.model), options_to_json(info.model));
}

TEST_F(ModelFile, SaysHowItsImagesWereRead) {
  using images::ImageReading;
  for (const auto reading : {ImageReading::kByDataset, ImageReading::kUpright, ImageReading::kAsStored}) {
    auto info = tiny_info();
    info.reading = reading;
    detector::save_model(path, *tiny_model(), info);
    EXPECT_EQ(detector::load_model(path).info.reading, reading);
  }
  expect_description_refused([](json& d) { d["exif_orientation"] = "sideways"; },
                             "exif_orientation is 'sideways'");
  expect_description_refused([](json& d) { d["exif_orientation"] = 7; }, "exif_orientation is '7'");

  // Files older than the field.
  const auto reading_of = [&](const json& provenance) {
    auto file = good();
    auto description = good_description();
    description.erase("exif_orientation");
    description["provenance"] = provenance;
    file.metadata[kKey] = description.dump();
    io::write_safetensors(path, file);
    return detector::load_model(path).info.reading;
  };
  EXPECT_EQ(reading_of(json::object()), ImageReading::kByDataset);
  EXPECT_EQ(reading_of({{"run", {{"loader", {{"exif_orientation", false}}}}}}), ImageReading::kByDataset);
  EXPECT_EQ(reading_of({{"run", {{"loader", {{"exif_orientation", true}}}}}}), ImageReading::kUpright);
  EXPECT_EQ(reading_of("a text"), ImageReading::kByDataset);
}

TEST_F(ModelFile, AliasNamesAreAccepted) {
  io::TensorFile file{{}, good().metadata};
  for (const auto& [name, tensor] : good().tensors) {
    const bool head = name.rfind("class_embed.", 0) == 0 || name.rfind("bbox_embed.", 0) == 0;
    file.tensors[head ? "transformer.decoder." + name : name] = tensor;
    // The two-stage class head, as every encoder layer lists it.
    if (name.rfind("class_embed.2.", 0) != 0) continue;
    const auto rest = name.substr(std::string("class_embed.2.").size());
    for (const std::string layer : {"0", "1"}) {
      file.tensors["transformer.encoder.enhance_MCSP." + layer + "." + rest] = tensor;
      file.tensors["enhance_MCSP_layerlist." + layer + "." + rest] = tensor;
    }
  }
  ASSERT_GT(file.tensors.size(), good().tensors.size());
  io::write_safetensors(path, file);
  const auto loaded = models::state_dict(*detector::load_model(path).model);
  for (const auto& [name, tensor] : good().tensors) EXPECT_TRUE(loaded.at(name).equal(tensor)) << name;
}

TEST_F(ModelFile, BareTensorsNeedTheirOptions) {
  io::write_safetensors(path, {good().tensors, {}});
  EXPECT_THROW(detector::load_model(path), Error);
  const auto loaded = detector::load_tensors(path, tiny_info());
  EXPECT_TRUE(
      models::state_dict(*loaded.model).at("label_enc.weight").equal(good().tensors.at("label_enc.weight")));
}

TEST_F(ModelFile, TruncatedAnywhere) {
  io::write_safetensors(path, good());
  const std::string bytes = read_file(path, uint64_t{1} << 30);
  uint64_t header = 0;
  std::copy_n(bytes.data(), sizeof(header), reinterpret_cast<char*>(&header));
  for (const size_t length : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{100}, size_t{8 + header - 1},
                              size_t{8 + header}, bytes.size() / 2, bytes.size() - 4, bytes.size() - 1}) {
    SCOPED_TRACE(length);
    put(bytes.substr(0, length));
    EXPECT_NE(refusal(), "");
  }
  put(bytes + "x");
  EXPECT_NE(refusal(), "");
}

TEST_F(ModelFile, NotAModelFile) {
  EXPECT_NE(refusal(), "") << "no such file";
  put("GIF89a, or anything else that is long enough to have a header");
  EXPECT_NE(refusal(), "");
  expect_refused({good().tensors, {}}, "not a Focus-DETR model file");
  expect_refused({good().tensors, {{"format", "pt"}}}, "not a Focus-DETR model file");
}

TEST_F(ModelFile, DescriptionThatIsNotOne) {
  for (const char* text : {"", "not json", "{\"format\": 1"}) {
    SCOPED_TRACE(text);
    expect_refused({{}, {{kKey, text}}}, "not JSON");
  }
  for (const char* text : {"[1]", "7", "null", "\"text\""}) {
    SCOPED_TRACE(text);
    expect_refused({{}, {{kKey, text}}}, "not a JSON object");
  }
  expect_description_refused([](json& d) { d.erase("format"); }, "format");
  expect_description_refused([](json& d) { d["format"] = "1"; }, "format");
  expect_description_refused([](json& d) { d["format"] = 1.5; }, "format");
  expect_description_refused([](json& d) { d["format"] = 2; }, "newer");
  expect_description_refused([](json& d) { d["architecture"] = "dino"; }, "\"dino\"");
  expect_description_refused([](json& d) { d.erase("architecture"); }, "architecture is 'null'");
}

TEST_F(ModelFile, OptionsFromOutside) {
  const auto refuse_width = [&](const json& width) {
    expect_description_refused([&](json& d) { d["model"]["transformer"]["width"] = width; },
                               "option 'transformer.width'");
  };
  for (const json& width : {json(1e9), json(int64_t{1000000000}), json(-1), json("wide"), json(nullptr),
                            json(32.5), json(true), json({32, 32})}) {
    refuse_width(width);
  }
  expect_description_refused([](json& d) { d.erase("model"); }, "no 'model' options");
  expect_description_refused([](json& d) { d["model"] = 7; }, "model: expected options");
  expect_description_refused([](json& d) { d["model"]["transformer"] = {1, 2}; }, "transformer");
  expect_description_refused([](json& d) { d["model"]["transformer"]["depth"] = 3; },
                             "unknown option 'transformer.depth'");
  expect_description_refused([](json& d) { d["model"]["focus"]["cascade"] = {"a", "b"}; }, "focus.cascade");
  expect_description_refused([](json& d) { d["model"]["backbone"]["name"] = "vgg16"; }, "backbone.name");
  expect_description_refused([](json& d) { d.erase("preprocess"); }, "no 'preprocess' options");
  expect_description_refused([](json& d) { d["preprocess"]["short_side"] = -1; }, "short_side");
  expect_description_refused([](json& d) { d["preprocess"]["colour"] = "bgr"; }, "unknown option 'colour'");
}

TEST_F(ModelFile, PreprocessingThatCannotBe) {
  expect_description_refused([](json& d) { d["preprocess"]["mean"] = {1, 2}; }, "mean");
  expect_description_refused([](json& d) { d["preprocess"]["std"] = {1, 0, 1}; }, "std");
}

TEST_F(ModelFile, OptionsThatDoNotFitTheTensorsOrEachOther) {
  const auto set = [](const char* name, int64_t value) {
    return [=](json& d) { d["model"]["transformer"][name] = value; };
  };
  expect_description_refused(set("width", 4096), "the options in its metadata need");
  expect_description_refused(set("feedforward_width", 65536), "the options in its metadata need");
  expect_description_refused(set("queries", 10000), "the options in its metadata need");
  expect_description_refused(set("points", 64), "the options in its metadata need");
  expect_description_refused(set("levels", 6), "the options in its metadata need");
  expect_description_refused(set("heads", 8), "the options in its metadata need");
  expect_description_refused(set("decoder_layers", 3), "are missing");
  expect_description_refused(set("decoder_layers", 1), "no place in the model");
  expect_description_refused(set("encoder_layers", 3), "cascade has 2 numbers for 3 encoder layers");
  expect_description_refused([](json& d) { d["model"]["backbone"]["name"] = "resnet18"; }, "shape");
}

TEST_F(ModelFile, CategoriesFromOutside) {
  expect_description_refused([](json& d) { d.erase("categories"); }, "no list of categories");
  expect_description_refused([](json& d) { d["categories"] = "cell"; }, "no list of categories");
  expect_description_refused([](json& d) { d["categories"].erase(size_t{1}); }, "2 categories for 3 classes");
  expect_description_refused([](json& d) { d["categories"][1].erase("name"); }, "category {\"id\":17}");
  expect_description_refused([](json& d) { d["categories"][1].erase("id"); }, "needs an integer 'id'");
  expect_description_refused([](json& d) { d["categories"][1]["id"] = "17"; }, "needs an integer 'id'");
  expect_description_refused([](json& d) { d["categories"][1]["name"] = 17; }, "needs an integer 'id'");
  expect_description_refused([](json& d) { d["categories"][1] = nullptr; }, "category null");
}

/// A text of JSON nested deeper than a recursion can follow; parsing it needs none.
std::string deep_json() { return std::string(300'000, '[') + std::string(300'000, ']'); }

TEST_F(ModelFile, DeepNestingIsRefused) {
  const std::string deep = deep_json(), head = R"({"format":1,"architecture":"focus_detr",)";
  const auto rest = options_to_json(tiny_options()).dump();
  const auto preprocess = options_to_json(images::PreprocessOptions{}).dump();
  const std::string options = R"("model":)" + rest + R"(,"preprocess":)" + preprocess;
  for (const std::string& text :
       {deep, R"({"format":)" + deep + "}", R"({"format":1,"architecture":)" + deep + "}",
        head + R"("model":)" + deep + "}", head + R"("model":{"classes":)" + deep + "}}",
        head + options + R"(,"categories":[)" + deep + "]}"}) {
    SCOPED_TRACE(text.substr(0, 80));
    io::write_safetensors(path, {{}, {{kKey, text}}});
    EXPECT_LT(refusal().size(), 10'000U) << "one line a person can read";
  }
}

TEST_F(ModelFile, DeepProvenanceDoesNotCrash) {
  auto file = good();
  const std::string marker = "\"deep goes here\"";
  auto description = good_description();
  description["provenance"] = "deep goes here";
  auto text = description.dump();
  text.replace(text.find(marker), marker.size(), deep_json());
  file.metadata[kKey] = text;
  io::write_safetensors(path, file);
  try {
    detector::load_model(path);
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).rfind(path.string(), 0), 0U);
  }
}

TEST_F(ModelFile, ProvenanceNamesFilesButNoFolders) {
  auto info = tiny_info();
  info.provenance = {
      {"run",
       {{"start", {{"model", "/home/someone/old.safetensors"}, {"backbone_weights", "w/r18.pth"}}},
        {"train_split", "train/2017"},
        {"train", {{"device", "cuda:0"}, {"epochs", 2}}}}},
      {"command", {"../x/y.py", "~/z.yaml", "C:\\Users\\me\\a.json", "/data/set/", "/"}}};
  detector::save_model(path, *tiny_model(), info);
  const auto told = detector::load_model(path).info.provenance;
  EXPECT_EQ(told, (json{{"run",
                         {{"start", {{"model", "old.safetensors"}, {"backbone_weights", "r18.pth"}}},
                          {"train_split", "train/2017"},
                          {"train", {{"device", "cuda:0"}, {"epochs", 2}}}}},
                        {"command", {"y.py", "z.yaml", "a.json", "set", ""}}}))
      << told;
}

TEST_F(ModelFile, TensorsThatHoldNoWeights) {
  const std::string name = "transformer.decoder.layers.1.norms.2.bias";
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    auto file = good();
    file.tensors.at(name) = file.tensors.at(name).clone();
    file.tensors.at(name)[3] = bad;
    expect_refused(file, "1 of the 32 numbers of tensor '" + name + "' are not finite");
  }
  auto file = good();
  file.tensors.at(name) = at::full({32}, 1e300, at::kDouble);
  expect_refused(file, "32 of the 32 numbers of tensor '" + name + "' are not finite");
  for (const auto& [type, called] : {std::pair(at::kChar, "int8"), std::pair(at::kByte, "uint8"),
                                     std::pair(at::kLong, "int64"), std::pair(at::kBool, "bool")}) {
    file.tensors.at(name) = at::ones({32}, type);
    expect_refused(file, "tensor '" + name + "' is " + called + ", but the model needs");
  }
  // Large numbers whose sum is none.
  file.tensors.at(name) = at::full({32}, 3e38);
  io::write_safetensors(path, file);
  EXPECT_NO_THROW(detector::load_model(path));
}

/// Writes a file in which `name` is of a type that LibTorch lacks: 8-bit floating point.
void put_float8(const std::filesystem::path& path, io::TensorFile file, const std::string& name) {
  const auto found = file.tensors.find(name);
  const auto shape = found == file.tensors.end() ? std::vector<int64_t>{2} : found->second.sizes().vec();
  file.tensors[name] = at::zeros(shape, at::kChar);
  io::write_safetensors(path, file);
  auto bytes = read_file(path, 1 << 30);
  const std::string written = R"("dtype":"I8")", wanted = R"("dtype":"F8_E5M2")";
  const auto type = bytes.find(written, bytes.find("\"" + name + "\":{"));
  ASSERT_NE(type, std::string::npos);
  bytes.replace(type, written.size(), wanted);
  uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof(header));
  header += wanted.size() - written.size();
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST_F(ModelFile, NumbersThatAreNotReadMatterWhereTheyAreNeeded) {
  const auto refusal = [&](const std::string& name) -> std::string {
    put_float8(path, good(), name);
    try {
      detector::load_model(path);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal("scales_of_another_program"), "");
  for (const std::string name : {"transformer.level_embeds", "transformer.decoder.norm.bias"}) {
    EXPECT_NE(refusal(name).find("tensor '" + name + "' is F8_E5M2, which is not read as weights"),
              std::string::npos)
        << refusal(name);
  }
}

TEST_F(ModelFile, TensorsThatAreOneComeBackFromSaveModel) {
  // What safetensors.torch.save_model writes of tensors that share memory.
  auto file = good();
  const std::string kept = "class_embed.0.bias", left_out = "class_embed.1.bias";
  file.tensors.at(left_out) = file.tensors.at(kept);
  io::write_safetensors(path, file);
  const auto whole = models::state_dict(*detector::load_model(path).model);
  file.tensors.erase(left_out);
  file.metadata[left_out] = kept;
  io::write_safetensors(path, file);
  const auto loaded = models::state_dict(*detector::load_model(path).model);
  for (const auto& [name, tensor] : whole) EXPECT_TRUE(loaded.at(name).equal(tensor)) << name;
}

TEST_F(ModelFile, TensorsFromOutside) {
  for (const std::string name : {"bbox_embed.0.layers.0.weight", "label_enc.weight",
                                 "transformer.level_embeds", "backbone.features.18.1.running_var"}) {
    auto file = good();
    ASSERT_EQ(file.tensors.erase(name), 1U) << name;
    expect_refused(file, "'" + name + "'");
  }
  for (const std::string name : {"transformer.alpha", "label_enc.weight", "bbox_embed.1.layers.2.bias"}) {
    auto file = good();
    file.tensors.at(name) = at::zeros({7});
    expect_refused(file, "tensor '" + name + "' has shape [7]");
  }
  auto file = good();
  file.tensors["stranger"] = at::zeros({1});
  expect_refused(file, "'stranger'");
  expect_refused({{}, good().metadata}, "is missing");
}

}  // namespace
}  // namespace focus::test
