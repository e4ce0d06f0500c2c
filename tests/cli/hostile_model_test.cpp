// Model files that are damaged, or made to do harm: one line and exit code 1, whatever they hold.
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_image.h"
#include "cli/tiny_model.h"
#include "io/safetensors/safetensors.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

class HostileModel : public testing::Test {
 protected:
  void SetUp() override { write_tiny_image(image_); }

  void expect_refused_model(std::initializer_list<std::string> words) const {
    const auto before = names_in(folder_.path());
    expect_refused(run("detect --model " + model_.string() + " " + image_.string() + " --json " +
                       (folder_.path() / "found.json").string()),
                   1, words);
    EXPECT_EQ(names_in(folder_.path()), before);
  }
  void cut(uintmax_t bytes) const { fs::resize_file(model_, bytes); }
  void write_raw(uint64_t header_bytes, const std::string& rest) const {
    std::string text(sizeof(header_bytes), '\0');
    std::memcpy(text.data(), &header_bytes, sizeof(header_bytes));
    write_text(model_, text + rest);
  }
  /// A file without tensors whose description is `text`.
  void write_description(const std::string& text) const {
    io::write_safetensors(model_, {{}, {{"focus_detr", text}}});
  }

  TemporaryFolder folder_;
  fs::path image_ = folder_.path() / "a.png";
  fs::path model_ = folder_.path() / "model.safetensors";
};

TEST_F(HostileModel, CutShort) {
  write_tiny_model(model_);
  cut(fs::file_size(model_) - 1);
  expect_refused_model({"model.safetensors: tensor '", "is the file complete?"});
  cut(1000);
  expect_refused_model(
      {"model.safetensors: its header of ", "goes beyond the end of the file; is the file complete?"});
}

TEST_F(HostileModel, HeadersThatAskForTooMuch) {
  write_raw(uint64_t{1} << 63, "{}");
  expect_refused_model({"model.safetensors", "the format allows"});
  const std::string huge = R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})";
  write_raw(huge.size(), huge + "1234");
  expect_refused_model({"model.safetensors: tensor 'a': shape ", "is too large"});
}

TEST_F(HostileModel, NotAModel) {
  io::write_safetensors(model_, {{{"weight", at::zeros({3})}}, {}});
  expect_refused_model({"model.safetensors: not a Focus-DETR model file"});
  write_text(model_, "PK\x03\x04 some other kind of file");
  expect_refused_model({"model.safetensors: not a safetensors file"});
}

TEST_F(HostileModel, OptionsThatItsTensorsContradict) {
  write_tiny_model(model_);
  auto file = io::read_safetensors(model_);
  auto description = nlohmann::json::parse(file.metadata.at("focus_detr"));
  description["model"]["transformer"]["width"] = 4096;
  file.metadata["focus_detr"] = description.dump();
  io::write_safetensors(model_, file);
  expect_refused_model({"tensor 'transformer.level_embeds' has shape [4, 32]", "need [4, 4096]"});
}

TEST_F(HostileModel, DescriptionsNestedWithoutEnd) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  const std::string begin = R"({"format": 1, "preprocess": {}, )";
  const std::string good = R"("architecture": "focus_detr", )";
  write_description(begin + good + R"("model": {}, "categories": [], "provenance": )" + deep + "}");
  expect_refused_model({"model.safetensors"});
  write_description(begin + good + R"("model": {"focus": {"cascade": )" + deep + R"(}}, "categories": []})");
  expect_refused_model({"model.safetensors"});
  write_description(begin + good + R"("model": {}, "categories": [)" + deep + "]}");
  expect_refused_model({"model.safetensors"});
  write_description(begin + R"("model": {}, "categories": [], "architecture": )" + deep + "}");
  expect_refused_model({"model.safetensors"});
}

}  // namespace
}  // namespace focus::test
