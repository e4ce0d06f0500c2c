#include <gtest/gtest.h>

#include <fstream>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

TEST(DatasetSynth, LeavesNothingBehindWhereItCannotDraw) {
  const TemporaryFolder folder;
  const std::string dir = folder.path().string();
  std::ofstream(dir + "/file") << "kept";
  const std::string few = " --train 1 --val 0 --test 0";
  expect_refused(run("dataset synth --out " + dir + "/file/scenes" + few), 1,
                 {"file/scenes: cannot be written: "});
  expect_refused(run("dataset synth --out " + dir + few), 2, {dir + ": exists already"});
  expect_refused(run("dataset synth --out " + dir + "/scenes --max-size 4"), 2,
                 {"option 'max_size' is '4'", "at least 8"});
  expect_refused(run("dataset synth --out " + dir + "/scenes --scene codes --classes 2"), 2,
                 {"classes belongs to the scene shapes"});
  EXPECT_EQ(names_in(dir), std::set<std::string>{"file"});
}

}  // namespace
}  // namespace focus::test
