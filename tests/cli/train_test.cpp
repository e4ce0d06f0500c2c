#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "base/files.h"
#include "base/folder_lock.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_model.h"
#include "detector/model_file.h"
#include "io/safetensors/safetensors.h"
#include "support/temporary_folder.h"
#include "train/checkpoint.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

class TrainCommand : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_dataset(data_);
    write_text(config_, kTinyTraining);
  }

  Outcome train(const std::string& more) const {
    return run("train --data " + data_.string() + " --out " + out_.string() + " --config " +
               config_.string() + " " + more);
  }
  void write_annotations(const std::string& text) const {
    write_text(data_ / "annotations/instances_train.json", text);
  }
  std::vector<nlohmann::json> log() const {
    std::istringstream text(read_file(out_ / "metrics.jsonl", 1 << 20));
    std::vector<nlohmann::json> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  TemporaryFolder folder_;
  fs::path data_ = folder_.path() / "data";
  fs::path out_ = folder_.path() / "run";
  fs::path config_ = folder_.path() / "tiny.yaml";
};

TEST_F(TrainCommand, RefusesBadAnnotationsByName) {
  const auto refuses = [&](std::initializer_list<std::string> words) {
    const auto outcome = train("");
    expect_refused(outcome, 1, words);
    EXPECT_NE(outcome.output.find("instances_train.json"), std::string::npos) << outcome.output;
    EXPECT_FALSE(fs::exists(out_)) << "nothing was begun";
  };
  auto json = tiny_annotations(4);
  std::string text = json.dump();
  write_annotations(text.replace(text.find("[30,"), 4, "[NaN,"));
  refuses({"annotation 2 field 'bbox[0]' is \"NaN\", not a finite number"});

  json["annotations"][2]["bbox"][2] = -5;
  write_annotations(json.dump());
  refuses({"annotation 3 field 'bbox' has size -5 x 30"});

  json = tiny_annotations(4);
  json["annotations"][4]["category_id"] = 99;
  write_annotations(json.dump());
  refuses({"annotation 5 field 'category_id' is 99, but no category has that id"});

  json = tiny_annotations(4);
  json["annotations"][3]["id"] = 1;
  write_annotations(json.dump());
  refuses({"annotation 1 field 'id' is 1, which an earlier entry has"});
}

TEST_F(TrainCommand, StartsFromWeightsOnlyIfEnoughOfThemIsTaken) {
  const auto init = folder_.path() / "init.safetensors";
  const auto write_init = [&](const std::string& prefix, size_t others) {
    write_tiny_model(init);
    auto file = io::read_safetensors(init);
    const auto own = std::exchange(file.tensors, {});
    for (const auto& [name, tensor] : own) file.tensors[prefix + name] = tensor;
    for (size_t i = 0; i < others; ++i) file.tensors[fmt::format("stranger.{}", i)] = at::zeros({1});
    file.metadata.clear();
    io::write_safetensors(init, file);
    return own.size();
  };
  const std::string with_init = "--init " + init.string();
  write_init("of_whom.", 0);
  expect_refused(train(with_init), 1, {"init.safetensors", "of no known program"});
  EXPECT_FALSE(fs::exists(out_)) << "nothing was begun";

  const auto own = write_init("", 1000);
  expect_refused(train(with_init), 1,
                 {fmt::format("init.safetensors: only {} of its {} tensors are taken", own, own + 1000),
                  "start.partly=true"});
  EXPECT_FALSE(fs::exists(out_)) << "nothing was begun";
  const auto told = train(with_init + " start.partly=true");
  EXPECT_EQ(told.code, 0) << told.output;
  EXPECT_NE(told.output.find(fmt::format("{} of {} tensors taken", own, own + 1000)), std::string::npos)
      << told.output;
  fs::remove_all(out_);

  write_init("module._orig_mod.", 0);
  const auto compiled = train(with_init);
  EXPECT_EQ(compiled.code, 0) << compiled.output;
  EXPECT_NE(compiled.output.find(fmt::format("{0} of {0} tensors taken", own)), std::string::npos)
      << compiled.output;
  EXPECT_EQ(compiled.output.find("start at random"), std::string::npos) << compiled.output;
  const auto provenance = detector::load_model(out_ / "last.safetensors").info.provenance;
  EXPECT_EQ(provenance.at("run").at("start").at("model"), "init.safetensors") << "and not where it lay";
}

TEST_F(TrainCommand, StartsFromABackboneOnlyIfEnoughOfItIsTaken) {
  const auto init = folder_.path() / "backbone.safetensors";
  const auto write_backbone = [&](const std::string& wanted) {
    const auto whole = folder_.path() / "whole.safetensors";
    write_tiny_model(whole);
    io::TensorFile file;
    for (const auto& [name, tensor] : io::read_safetensors(whole).tensors) {
      if (name.rfind("backbone." + wanted, 0) == 0) file.tensors[name.substr(9)] = tensor;
    }
    io::write_safetensors(init, file);
    return file.tensors.size();
  };
  const std::string with_backbone = "start.backbone_weights=" + init.string();
  const auto all = write_backbone("");
  const auto taken = train(with_backbone);
  EXPECT_EQ(taken.code, 0) << taken.output;
  EXPECT_NE(taken.output.find(
                fmt::format("{0} of the backbone's {0} tensors taken, names of torchvision-mobilenet", all)),
            std::string::npos)
      << taken.output;
  fs::remove_all(out_);
  const auto part = write_backbone("features.1.");
  expect_refused(
      train(with_backbone), 1,
      {fmt::format("backbone.safetensors: only {} of the backbone's {} tensors are in it", part, all),
       "start.partly=true"});
  EXPECT_FALSE(fs::exists(out_)) << "nothing was begun";
  EXPECT_EQ(train(with_backbone + " start.partly=true").code, 0);
}

TEST_F(TrainCommand, RefusesMissingAndTruncatedImagesByName) {
  const fs::path image = data_ / "images/train/2.png";
  if (!fs::exists(image)) GTEST_SKIP() << "needs image files";
  fs::resize_file(image, fs::file_size(image) / 2);
  // Lines of progress may come before the image is wanted.
  const auto cut = train("");
  EXPECT_EQ(cut.code, 1);
  EXPECT_NE(cut.output.find("images/train/2.png: the PNG image is truncated"), std::string::npos)
      << cut.output;
  // What was learned before it, if anything, is kept.
  fs::remove(image);
  const auto missing = train("--resume");
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.output.find("images/train/2.png: no such image"), std::string::npos) << missing.output;
  EXPECT_FALSE(fs::exists(out_ / "last.safetensors"));
}

TEST_F(TrainCommand, RefusesWrongOptions) {
  expect_refused(train("train.epoch=3"), 2, {"unknown option 'train.epoch'; did you mean 'train.epochs'?"});
  expect_refused(train("train.epochs=0"), 2,
                 {"option 'train.epochs' is '0'; it takes an integer, at least 1"});
  expect_refused(train("model.focus.cascade=1,0.5"), 2,
                 {"model.focus.cascade has 2 numbers for 1 encoder layers"});
  expect_refused(train("train.device=cuda:9999"), 2, {"device 'cuda:9999'"});
  expect_refused(train("val_split=dev"), 1, {"no split 'dev', only train, val", "val_split="});
  write_text(config_, "train:\n  epoch: 3\n");
  expect_refused(train(""), 2, {"tiny.yaml: unknown option 'train.epoch'"});
  write_text(config_, "train: [1, 2\n");
  expect_refused(train(""), 1, {"tiny.yaml: not valid YAML", "line 2"});
  fs::remove(config_);
  expect_refused(train(""), 1, {"tiny.yaml: no such configuration file"});
  expect_refused(run("train --data " + out_.string() + " --out " + out_.string()), 1,
                 {"run: no such folder"});
  EXPECT_FALSE(fs::exists(out_));
}

TEST_F(TrainCommand, RefusesAnOptionThatIsSaidTwice) {
  write_text(config_, std::string(kTinyTraining) + "train: {epochs: 3}\n");
  expect_refused(train(""), 1, {"tiny.yaml: key 'train' comes twice in one map, in lines 11 and 12"});
  write_text(config_, std::string(kTinyTraining) + "train.epochs: 3\n");
  expect_refused(train(""), 1, {"tiny.yaml: option 'train.epochs' is set twice, in lines 11 and 12"});
  write_text(config_, std::string(kTinyTraining) + "---\ntrain: {epochs: 3}\n");
  expect_refused(train(""), 1, {"is in a second document"});
  write_text(config_, kTinyTraining);
  expect_refused(train("train.epochs=2 train.seed=1 train.epochs=3"), 2,
                 {"option 'train.epochs' is given twice, as 'train.epochs=2' and 'train.epochs=3'"});
  expect_wrong_usage(train("--out elsewhere"), {"--out"});
  expect_refused(train("--init a.safetensors start.model=b.safetensors"), 2, {"--init and start.model="});
  expect_refused(train("train.epochs=08"), 2, {"option 'train.epochs' is '08'", "octal", "write 8"});
  EXPECT_FALSE(fs::exists(out_));
}

TEST_F(TrainCommand, OneTrainingAtATimeInAFolder) {
  fs::create_directories(out_);
  write_text(out_ / "metrics.jsonl", "of the other\n");
  {
    const FolderLock other(out_);
    const auto holder = "run: is in use by process " + std::to_string(getpid()) + " on ";
    expect_refused(train(""), 1, {holder});
    expect_refused(train("--resume"), 1, {holder});
#ifdef FOCUS_DETR_GLOO
    expect_refused(train("--nproc 2 train.batch_size=1"), 1, {holder});
#endif
    EXPECT_EQ(names_in(out_), (std::set<std::string>{"metrics.jsonl", FolderLock::kFileName}));
    EXPECT_EQ(read_file(out_ / "metrics.jsonl", 100), "of the other\n");
  }
  write_text(out_ / FolderLock::kFileName, "process 1 on nowhere since long ago\n");
  const auto outcome = train("");
  EXPECT_EQ(outcome.code, 0) << "a file that nobody holds is in nobody's way\n" << outcome.output;
  EXPECT_EQ(names_in(out_).count(FolderLock::kFileName), 0U);
}

TEST_F(TrainCommand, ARunThatIsRefusedLeavesTheOneThereAlone) {
  ASSERT_EQ(train("").code, 0);
  const auto config = read_file(out_ / "config.yaml", 1 << 20);
  expect_refused(train("train.epochs=7"), 2, {"holds a run already"});
  EXPECT_EQ(read_file(out_ / "config.yaml", 1 << 20), config);
  EXPECT_EQ(train("--resume train.batch_size=1").code, 2);
  EXPECT_EQ(read_file(out_ / "config.yaml", 1 << 20), config) << "what was refused has left its options";
}

TEST_F(TrainCommand, TrainsOnDirtyBoxesAndResumes) {
  auto json = tiny_annotations(4);
  json["annotations"][0]["bbox"] = {10, 10, 0, 0};       // no area
  json["annotations"][2]["bbox"] = {-20, 30, 200, 100};  // reaches beyond the image
  json["annotations"][4]["bbox"] = {100, 100, 20, 20};   // lies outside of it
  json["annotations"][5]["bbox"] = {200, 0, 0, 10};      // so that this image has no box left
  write_annotations(json.dump());

  const auto first = train("");
  ASSERT_EQ(first.code, 0) << first.output;
  EXPECT_NE(first.output.find("AP50 "), std::string::npos) << first.output;
  for (const char* name :
       {"last.safetensors", "best.safetensors", "last.checkpoint.safetensors", "metrics.jsonl"}) {
    EXPECT_TRUE(fs::exists(out_ / name)) << name;
  }
  const auto model = detector::load_model(out_ / "best.safetensors");
  ASSERT_EQ(model.info.categories.size(), 2u);
  EXPECT_EQ(model.info.categories[1].id, kDog);
  EXPECT_EQ(model.info.categories[1].name, "dog");
  EXPECT_EQ(model.info.model.classes, 2) << "the data set decides";
  EXPECT_EQ(model.info.preprocess.short_side, 64);
  EXPECT_EQ(model.info.provenance.at("training_images"), 4);

  const auto lines = log();
  ASSERT_EQ(lines.size(), 3u) << "two steps and an evaluation";
  EXPECT_EQ(lines[0].at("kind"), "train");
  EXPECT_TRUE(std::isfinite(lines[0].at("loss").get<double>()));
  EXPECT_EQ(lines[2].at("kind"), "eval");
  EXPECT_TRUE(lines[2].contains("AP"));

  const auto before = read_file(out_ / "last.checkpoint.safetensors", 1 << 30);
  expect_refused(train(""), 2,
                 {"run: holds a run already; add --resume to continue it, or name another folder"});
  EXPECT_TRUE(read_file(out_ / "last.checkpoint.safetensors", 1 << 30) == before) << "the run was left alone";

  const auto second = train("--resume train.epochs=2");
  ASSERT_EQ(second.code, 0) << second.output;
  EXPECT_NE(second.output.find("continuing at epoch 1, batch 0 of 2"), std::string::npos) << second.output;
  const auto checkpoint = train::read_checkpoint(out_ / "last.checkpoint.safetensors");
  EXPECT_EQ(checkpoint.position.epoch, 2);
  EXPECT_EQ(checkpoint.position.iteration, 4);
  EXPECT_EQ(log().size(), 6u);
}

TEST_F(TrainCommand, StartsFromAModelOfOtherClasses) {
  const auto start = folder_.path() / "start.safetensors";
  write_tiny_model(start);
  auto json = tiny_annotations(4);
  json["categories"].push_back({{"id", 9}, {"name", "bird"}});
  write_annotations(json.dump());
  for (const std::string how : {"start.model=", "--init="}) {
    fs::remove_all(out_);
    const auto outcome = train(how + start.string());
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    EXPECT_NE(outcome.output.find("of 3 classes, 2 keep the file's weights by name, 1 start at random"),
              std::string::npos)
        << outcome.output;
  }
}

}  // namespace
}  // namespace focus::test
