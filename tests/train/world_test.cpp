#include "train/world.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace focus::train {
namespace {

using Variables = std::map<std::string, std::string>;

World world_of(const Variables& variables) {
  return world_from([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found != variables.end() ? found->second.c_str() : nullptr;
  });
}

std::string complaint(const Variables& variables) {
  try {
    world_of(variables);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "none";
}

TEST(World, IsOneProcessUnlessToldOtherwise) {
  const auto world = world_of({{"MASTER_ADDR", "elsewhere"}});
  EXPECT_TRUE(world.alone());
  EXPECT_TRUE(world.leads());
  EXPECT_TRUE(world_of({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).alone()) << "needs no address";
}

TEST(World, SpeaksTheLaunchersDialects) {
  const auto torchrun = world_of({{"RANK", "3"},
                                  {"WORLD_SIZE", "4"},
                                  {"LOCAL_RANK", "1"},
                                  {"LOCAL_WORLD_SIZE", "2"},
                                  {"MASTER_ADDR", "node0"},
                                  {"MASTER_PORT", "1234"},
                                  {"SLURM_PROCID", "7"},
                                  {"SLURM_NTASKS", "8"}});
  EXPECT_EQ(torchrun.rank, 3);
  EXPECT_EQ(torchrun.size, 4);
  EXPECT_EQ(torchrun.local_rank, 1);
  EXPECT_EQ(torchrun.local_size, 2);
  EXPECT_EQ(torchrun.address, "node0");
  EXPECT_EQ(torchrun.port, 1234);
  EXPECT_FALSE(torchrun.leads());
  const auto mpi = world_of({{"OMPI_COMM_WORLD_RANK", "1"},
                             {"OMPI_COMM_WORLD_SIZE", "2"},
                             {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                             {"MASTER_ADDR", "a"}});
  EXPECT_EQ(mpi.rank, 1);
  EXPECT_EQ(mpi.port, 29500) << "PyTorch's default";
  const auto slurm =
      world_of({{"SLURM_PROCID", "2"}, {"SLURM_NTASKS", "4"}, {"SLURM_LOCALID", "0"}, {"MASTER_ADDR", "a"}});
  EXPECT_EQ(slurm.rank, 2);
  EXPECT_EQ(slurm.size, 4);
}

TEST(World, SaysWhatMakesNoSense) {
  EXPECT_NE(complaint({{"RANK", "1"}}).find("has RANK but not WORLD_SIZE"), std::string::npos);
  EXPECT_NE(complaint({{"RANK", "2"}, {"WORLD_SIZE", "2"}}).find("RANK is 2, which is not below"),
            std::string::npos);
  EXPECT_NE(complaint({{"RANK", "x"}, {"WORLD_SIZE", "2"}}).find("RANK is 'x'"), std::string::npos);
  EXPECT_NE(complaint({{"RANK", "-1"}, {"WORLD_SIZE", "2"}}).find("RANK is '-1'"), std::string::npos);
  EXPECT_NE(complaint({{"RANK", "0"}, {"WORLD_SIZE", "2"}}).find("no MASTER_ADDR"), std::string::npos);
  EXPECT_NE(complaint({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "70000"}})
                .find("MASTER_PORT is '70000'"),
            std::string::npos);
}

}  // namespace
}  // namespace focus::train
