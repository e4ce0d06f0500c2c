// What the command does where its words or its files cannot be written.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/files.h"
#include "base/folder_lock.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_model.h"
#include "support/temporary_folder.h"
#include "support/wait_until.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

class Output : public testing::Test {
 protected:
  Output() {
    write_tiny_model(path("tiny.safetensors"));
    write_tiny_dataset(folder_.path() / "data");
    write_text(path("tiny.yaml"), kTinyTraining);
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  /// `command` with `arguments`, in which @ is the test's folder.
  std::string focus(std::string arguments, const char* command = kWarmCommand) const {
    for (size_t at = 0; (at = arguments.find('@', at)) != std::string::npos;) {
      arguments.replace(at, 1, folder_.path().string());
    }
    return command + arguments;
  }

  /// The command, whose output is a pipe that its only reader has left.
  std::string into_no_reader(const std::string& command) const {
    const auto pipe = "'" + path("pipe") + "'";
    return "rm -f " + pipe + "; mkfifo " + pipe + "; true <" + pipe + " & exec 3>&1 >" + pipe +
           "; wait $!; " + command;
  }

  TemporaryFolder folder_;
};

constexpr const char* kTrain = "train --data @/data --out @/run --config @/tiny.yaml train.threads=1 ";

TEST_F(Output, ThatCannotBeWrittenIsAnErrorOfEveryCommand) {
  std::vector<std::string> commands{
      "--help",
      "--version",
      "train --help",
      "options",
      "options --markdown",
      "doctor",
      "dataset check @/data",
      "dataset check @/data --json",
      "dataset stats @/data",
      "dataset convert --data @/data --to yolo --out @/converted --transfer none",
      "model info @/tiny.safetensors",
      "model diff @/tiny.safetensors @/tiny.safetensors",
      "convert @/tiny.safetensors @/again.safetensors",
      "eval --data @/data --model @/tiny.safetensors --threads 1",
      kTrain,
  };
#ifdef FOCUS_DETR_OPENCV
  commands.push_back("detect --model @/tiny.safetensors @/data/images/val --threads 1");
  commands.push_back("dataset synth --out @/drawn --train 1 --val 0 --test 0");
  commands.push_back("dataset pack @/data --out @/packed");
#endif
  for (const auto& command : commands) {
    const auto outcome = run_shell(focus(command) + " > /dev/full");
    EXPECT_EQ(outcome.code, 1) << command << "\n" << outcome.output;
    EXPECT_NE(outcome.output.find("error: standard output cannot be written: No space left on device"),
              std::string::npos)
        << command << "\n"
        << outcome.output;
  }
  EXPECT_TRUE(fs::exists(path("run/last.checkpoint.safetensors"))) << "what was done is done";
  expect_refused(run_shell(focus("options") + " >&-"), 1,
                 {"standard output cannot be written: Bad file descriptor"});
}

TEST_F(Output, APipeNobodyReadsEndsACommandQuietly) {
  std::vector<std::string> commands{"options --markdown", "--help", "doctor"};
#ifdef FOCUS_DETR_OPENCV
  commands.push_back("detect --model @/tiny.safetensors @/data/images/val --threads 1 --json /dev/stdout");
#endif
  for (const auto& command : commands) {
    const auto outcome = run_shell(into_no_reader("{ " + focus(command) + "; echo code $? >&2; }"));
    EXPECT_EQ(outcome.output, "code 141\n") << command << ": as every program that SIGPIPE ends";
  }
}

TEST_F(Output, ProgressNeverStopsATraining) {
  const auto train = [&](const std::string& before, const std::string& behind) {
    fs::remove_all(path("run"));
    const auto outcome = run_shell(before + focus(kTrain) + behind);
    for (const char* file : {"last.checkpoint.safetensors", "best.safetensors", "metrics.jsonl"}) {
      EXPECT_TRUE(fs::exists(path("run") + "/" + file)) << behind << "\n" << outcome.output;
    }
    EXPECT_EQ(names_in(path("run")).count(FolderLock::kFileName), 0U);
    return outcome;
  };
  const auto full = train("", "2> /dev/full");
  EXPECT_EQ(full.code, 0);
  EXPECT_NE(full.output.find("AP50 "), std::string::npos) << full.output;
  EXPECT_EQ(train("", "2>&-").code, 0) << "no file takes the place of a closed stream";
  EXPECT_EQ(train(into_no_reader("{ "), "2>&1; echo code $? > '" + path("code") + "'; }").code, 0);
  EXPECT_EQ(read_file(path("code"), 100), "code 141\n") << "only its results at the end are missed";
}

TEST_F(Output, ATerminalThatIsGoneEndsATrainingWithACheckpoint) {
  // So many epochs that they end by themselves, should nothing else end them.
  const std::string many = focus(kTrain, kCommand) + "train.epochs=2000 train.eval_every=0 ";
  const auto wait_and_hang_up =
      "& id=$!; " + shell_wait_until("[ -e '" + path("run/last.safetensors") + "' ]") + "; kill -HUP $id; ";
  // Whoever runs the tests may have told them to ignore the signal, which is inherited.
  const auto outcome =
      run_shell("env --default-signal=HUP " + many + wait_and_hang_up + "wait $id; echo code $?");
  EXPECT_NE(outcome.output.find("continue with --resume"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("code 0\n"), std::string::npos) << outcome.output;
  fs::remove_all(path("run"));
  const auto under_nohup =
      run_shell("trap '' HUP; " + many + wait_and_hang_up +
                // Its model of a later epoch takes the place of the first.
                "first=$(stat -c %i '" + path("run/last.safetensors") + "'); " +
                shell_wait_until("[ $(stat -c %i '" + path("run/last.safetensors") + "') != $first ]") +
                " && kill -0 $id && echo goes on; kill $id; wait $id; echo code $?");
  EXPECT_NE(under_nohup.output.find("goes on\n"), std::string::npos) << under_nohup.output;
  EXPECT_NE(under_nohup.output.find("code 0\n"), std::string::npos) << under_nohup.output;
}

TEST_F(Output, FilesThatMeetAFullDiskAreNamed) {
  struct Case {
    std::string command, file;
  };
  write_text(path("found.json"),
             R"([{"image_id": 1, "category_id": 3, "bbox": [1, 2, 30, 40], "score": 0.5}])");
  std::vector<Case> cases{
      {"convert @/tiny.safetensors @/out.safetensors", "out.safetensors"},
      {"dataset convert --data @/data --to coco --out @/out --transfer none", "instances_train.json"},
      {"dataset convert --data @/data --to yolo --out @/out --transfer none", "labels/train/0.txt"},
      {"dataset convert --data @/data --to voc --out @/out --transfer none", "Annotations/0.xml"},
      {"eval --data @/data --detections @/found.json --json @/out.json", "out.json"},
      {"eval --data @/data --detections @/found.json --save-detections @/out.json", "out.json"},
      {kTrain, "run/events.out"},
  };
#ifdef FOCUS_DETR_OPENCV
  const std::string model = " --model @/tiny.safetensors --threads 1 ";
  cases.push_back({"detect @/data/images/val/0.png --json @/out.json" + model, "out.json"});
  cases.push_back({"detect @/data/images/val/0.png --out @/out" + model, "out/0.png"});
  cases.push_back({"explain @/data/images/val/0.png --out @/out" + model, "out/0.png"});
  cases.push_back({"eval --data @/data --detections @/found.json --report @/out", "out/index.html"});
  cases.push_back({"dataset synth --out @/out --train 2 --val 0 --test 0", "000001.jpg"});
  cases.push_back(
      {"dataset convert --data @/data --to yolo --out @/out --transfer copy", "images/train/0.png"});
  cases.push_back({"dataset pack @/data --out @/out", "instances_train.json"});
#endif
  for (const auto& [command, file] : cases) {
    const auto outcome = run_shell("( ulimit -f 0; " + focus(command) + " )");
    EXPECT_EQ(outcome.code, 1) << command << "\n" << outcome.output;
    const auto error = outcome.output.find("error: ");
    ASSERT_NE(error, std::string::npos) << command << "\n" << outcome.output;
    const auto line = outcome.output.substr(error);
    EXPECT_NE(line.find(file), std::string::npos) << command << "\n" << line;
    EXPECT_NE(line.find("File too large"), std::string::npos) << command << "\n" << line;
    for (const auto& name : names_in(path("out"))) {
      EXPECT_TRUE(fs::is_directory(path("out/" + name))) << command << " left " << name;
    }
    fs::remove_all(path("out"));
  }
}

}  // namespace
}  // namespace focus::test
