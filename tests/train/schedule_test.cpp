#include "train/schedule.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace focus::train {
namespace {

TEST(Schedule, StepsAtMilestones) {
  ScheduleOptions options;
  options.milestones = {8, 11};
  const Schedule schedule(options, 12, 100);
  EXPECT_EQ(schedule.iterations(), 1200);
  EXPECT_DOUBLE_EQ(schedule.factor(0), 1);
  EXPECT_DOUBLE_EQ(schedule.factor(799), 1);
  EXPECT_DOUBLE_EQ(schedule.factor(800), 0.1);
  EXPECT_NEAR(schedule.factor(1100), 0.01, 1e-12);
}

TEST(Schedule, ReferenceDefaultDropsAtEpochEleven) {
  const Schedule schedule({}, 12, 7500);
  EXPECT_DOUBLE_EQ(schedule.factor(11 * 7500 - 1), 1);
  EXPECT_DOUBLE_EQ(schedule.factor(11 * 7500), 0.1);
}

TEST(Schedule, Cosine) {
  ScheduleOptions options;
  options.kind = "cosine";
  options.final_factor = 0.2;
  const Schedule schedule(options, 2, 50);
  EXPECT_DOUBLE_EQ(schedule.factor(0), 1);
  EXPECT_NEAR(schedule.factor(50), 0.6, 1e-12);
  EXPECT_NEAR(schedule.factor(100), 0.2, 1e-12);
  EXPECT_NEAR(schedule.factor(150), 0.2, 1e-12) << "the last value stays";
}

TEST(Schedule, WarmupIsLinear) {
  ScheduleOptions options;
  options.kind = "constant";
  options.warmup_iterations = 10;
  options.warmup_factor = 0.5;
  const Schedule schedule(options, 1, 100);
  EXPECT_DOUBLE_EQ(schedule.factor(0), 0.5);
  EXPECT_DOUBLE_EQ(schedule.factor(5), 0.75);
  EXPECT_DOUBLE_EQ(schedule.factor(10), 1);
  EXPECT_DOUBLE_EQ(schedule.factor(99), 1);
}

TEST(TrainOptions, RoundTripAndRefusals) {
  TrainOptions options;
  OptionTable table;
  options.describe(table);
  table.set_assignment("schedule.kind=cosine");
  table.set_assignment("optimizer.lr=2e-4");
  EXPECT_EQ(options.schedule.kind, "cosine");
  EXPECT_DOUBLE_EQ(options.optimizer.lr, 2e-4);
  EXPECT_THROW(table.set_assignment("schedule.kind=steps"), UsageError);
  EXPECT_THROW(table.set_assignment("accumulate=0"), UsageError);
  EXPECT_THROW(table.set_assignment("ema_decay=1"), UsageError);
  TrainOptions other;
  OptionTable again;
  other.describe(again);
  again.set_json(table.to_json(), "test");
  EXPECT_EQ(again.to_json(), table.to_json());
}

}  // namespace
}  // namespace focus::train
