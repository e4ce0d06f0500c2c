#include "train/distributed/core_share.h"

#include <gtest/gtest.h>

#include <numeric>

namespace focus::train {
namespace {

std::vector<int> cpus(int first, int count) {
  std::vector<int> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), first);
  return all;
}

TEST(CoreShare, AMaskThatIsSharedIsSharedOut) {
  const std::vector<Seat> seats{{"a", cpus(0, 8)}, {"a", cpus(0, 8)}, {"b", cpus(0, 8)}};
  EXPECT_DOUBLE_EQ(cpus_left_to(seats, 0), 4);
  EXPECT_DOUBLE_EQ(cpus_left_to(seats, 1), 4);
  EXPECT_DOUBLE_EQ(cpus_left_to(seats, 2), 8) << "alone on its machine";
}

TEST(CoreShare, AMaskOfItsOwnIsNotDividedAgain) {
  const std::vector<Seat> bound{{"a", cpus(0, 4)}, {"a", cpus(4, 4)}};
  EXPECT_DOUBLE_EQ(cpus_left_to(bound, 0), 4);
  EXPECT_DOUBLE_EQ(cpus_left_to(bound, 1), 4);
  const std::vector<Seat> overlapping{{"a", cpus(0, 4)}, {"a", cpus(2, 4)}};
  EXPECT_DOUBLE_EQ(cpus_left_to(overlapping, 0), 3);
}

World world_by(Launcher launcher, int local_size) {
  World world;
  world.launcher = launcher;
  world.size = world.local_size = local_size;
  return world;
}

TEST(CoreShare, ANarrowMaskOfALauncherIsSaid) {
  const auto note = note_on_binding(world_by(Launcher::kOpenMpi, 2), 1, 8);
  ASSERT_TRUE(note);
  EXPECT_NE(note->find("may use 1 of this machine's 8 CPUs, where 4 would be its share"), std::string::npos)
      << *note;
  EXPECT_NE(note->find("mpirun --bind-to none"), std::string::npos) << *note;
  EXPECT_TRUE(note_on_binding(world_by(Launcher::kOpenMpi, 1), 1, 2))
      << "one process bound to one core of two";
  EXPECT_NE(note_on_binding(world_by(Launcher::kSlurm, 2), 1, 8)->find("--cpus-per-task"), std::string::npos);
  EXPECT_FALSE(note_on_binding(world_by(Launcher::kOpenMpi, 2), 4, 8)) << "its share";
  EXPECT_FALSE(note_on_binding(world_by(Launcher::kOpenMpi, 2), 1, 2));
  EXPECT_FALSE(note_on_binding(world_by(Launcher::kOpenMpi, 3), 2.67, 8)) << "rounding";
  EXPECT_FALSE(note_on_binding(world_by(Launcher::kTorch, 2), 1, 8)) << "no launcher bound them";
}

TEST(CoreShare, OneProcessHasAllThatItMayUse) {
  const auto share = share_of_cores({}, nullptr);
  EXPECT_GE(share.cores, 1);
  EXPECT_LE(share.cores, std::max<int>(1, static_cast<int>(own_seat().cpus.size())));
  EXPECT_FALSE(own_seat().machine.empty());
  EXPECT_FALSE(share.note);
}

}  // namespace
}  // namespace focus::train
