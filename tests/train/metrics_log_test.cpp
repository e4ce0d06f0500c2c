#include "train/metrics_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "support/temporary_folder.h"
#include "train/running_means.h"

namespace focus::train {
namespace {

using test::TemporaryFolder;

std::string content(const std::filesystem::path& folder) {
  std::ifstream file(folder / "metrics.jsonl");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(MetricsLog, WritesOneObjectALine) {
  const TemporaryFolder folder;
  MetricsLog log(folder.path(), 0, false);
  log.write("train", 0, 1, {{"loss", 0.5}, {"bad", std::nan("")}});
  EXPECT_EQ(content(folder.path()), R"({"kind":"train","epoch":0,"iteration":1,"loss":0.5,"bad":null})"
                                    "\n");
  const auto tensorboard = [](const auto& entry) {
    return entry.path().filename().string().find("tfevents") != std::string::npos;
  };
  EXPECT_EQ(std::count_if(std::filesystem::directory_iterator(folder.path()), {}, tensorboard), 1);
}

TEST(MetricsLog, DropsWhatWillBeDoneAgain) {
  const TemporaryFolder folder;
  {
    MetricsLog log(folder.path(), 0, false);
    for (int64_t i = 1; i <= 4; ++i) log.write("train", 0, i, {});
    log.write("eval", 0, 2, {});
  }
  std::ofstream(folder.path() / "metrics.jsonl", std::ios::app) << R"({"kind":"train","epo)";
  { MetricsLog log(folder.path(), 2, false); }
  const std::string first_two =
      "{\"kind\":\"train\",\"epoch\":0,\"iteration\":1}\n{\"kind\":\"train\",\"epoch\":0,\"iteration\":2}\n";
  EXPECT_EQ(content(folder.path()), first_two + "{\"kind\":\"eval\",\"epoch\":0,\"iteration\":2}\n");
  { MetricsLog log(folder.path(), 2, true); }
  EXPECT_EQ(content(folder.path()), first_two);
  { MetricsLog log(folder.path(), 0, false); }
  EXPECT_EQ(content(folder.path()), "") << "a new run starts a new log";
}

TEST(RunningMeans, MeansSinceTheLastLine) {
  RunningMeans means;
  means.add("loss", 1);
  means.add("loss", 3);
  means.add("rare", 5);
  means.add_batch(4, 1e9);
  const auto first = means.take();
  ASSERT_EQ(first.size(), 4u);
  EXPECT_EQ(first[0], (std::pair<std::string, double>{"loss", 2}));
  EXPECT_EQ(first[1], (std::pair<std::string, double>{"rare", 5}));
  EXPECT_EQ(first[2].first, "images_per_second");
  EXPECT_GT(first[2].second, 0);
  EXPECT_EQ(first[3], (std::pair<std::string, double>{"data_wait", 1}));
  EXPECT_EQ(means.take().size(), 2u) << "nothing is left for the next line";
}

TEST(ProgressSuffix, ShowsWhatIsThere) {
  EXPECT_EQ(progress_suffix({{"loss", 12.3456},
                             {"loss_class", 0.5},
                             {"loss_class_0", 9},
                             {"select_loss", 0.25},
                             {"lr", 1e-4},
                             {"images_per_second", 3.14159},
                             {"data_wait", 0.051}}),
            "loss 12.3  class 0.5  foreground 0.25  lr 0.0001  3.14 images/s  data wait 5.1%");
  EXPECT_EQ(progress_suffix({}), "");
}

}  // namespace
}  // namespace focus::train
