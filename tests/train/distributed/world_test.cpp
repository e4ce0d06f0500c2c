#include "train/distributed/world.h"

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
}

/// What mpirun of Open MPI 4.1.4 sets, as seen with -np 2 on one machine.
TEST(World, OpenMpisProcessesOfOneMachineMeetThere) {
  const auto world = world_of({{"OMPI_COMM_WORLD_SIZE", "2"},
                               {"OMPI_COMM_WORLD_RANK", "1"},
                               {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                               {"OMPI_COMM_WORLD_LOCAL_RANK", "1"}});
  EXPECT_EQ(world.launcher, Launcher::kOpenMpi);
  EXPECT_EQ(world.local_size, 2);
  EXPECT_EQ(world.address, "127.0.0.1");
}

/// What mpiexec of MPICH 4.0.2 sets, as seen with -n 2; Intel MPI's is a child of it.
TEST(World, MpichsProcessesKnowTheirPlace) {
  const Variables seen{{"PMI_RANK", "1"},
                       {"PMI_SIZE", "2"},
                       {"PMI_FD", "9"},
                       {"MPI_LOCALRANKID", "1"},
                       {"MPI_LOCALNRANKS", "2"}};
  const auto world = world_of(seen);
  EXPECT_EQ(world.launcher, Launcher::kMpich);
  EXPECT_EQ(world.rank, 1);
  EXPECT_EQ(world.size, 2);
  EXPECT_EQ(world.local_rank, 1);
  EXPECT_EQ(world.local_size, 2);
  // Within an allocation of Slurm its helper is one task of srun's.
  auto within = seen;
  within.insert({{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_NTASKS", "2"}});
  EXPECT_EQ(world_of(within).size, 2);
  EXPECT_EQ(world_of(within).rank, 1);
  auto elsewhere = seen;
  elsewhere["MPI_LOCALNRANKS"] = "1";
  EXPECT_NE(complaint(elsewhere).find(
                "no MASTER_ADDR: where rank 0 listens; for instance: mpiexec -genv MASTER_ADDR"),
            std::string::npos)
      << complaint(elsewhere);
}

/// As seen in tasks of `srun -N 3 -n 7` of Slurm 22.05.
TEST(World, SlurmsTasksKnowTheirPlace) {
  const Variables seen{{"SLURM_PROCID", "6"},          {"SLURM_NTASKS", "7"},
                       {"SLURM_STEP_NUM_TASKS", "7"},  {"SLURM_STEP_TASKS_PER_NODE", "3,2(x2)"},
                       {"SLURM_NODEID", "2"},          {"SLURM_LOCALID", "1"},
                       {"SLURM_NTASKS_PER_NODE", "4"}, {"MASTER_ADDR", "node0"}};
  const auto world = world_of(seen);
  EXPECT_EQ(world.launcher, Launcher::kSlurm);
  EXPECT_EQ(world.rank, 6);
  EXPECT_EQ(world.size, 7);
  EXPECT_EQ(world.local_rank, 1);
  EXPECT_EQ(world.local_size, 2) << "not SLURM_NTASKS_PER_NODE, which is the allocation's";
  auto first = seen;
  first["SLURM_NODEID"] = "0";
  EXPECT_EQ(world_of(first).local_size, 3);
  auto without = seen;
  without.erase("MASTER_ADDR");
  EXPECT_NE(complaint(without).find("export MASTER_ADDR=$(scontrol show hostnames"), std::string::npos)
      << complaint(without);
  without["SLURM_STEP_NUM_TASKS"] = without["SLURM_STEP_TASKS_PER_NODE"] = "7";
  without["SLURM_NODEID"] = "0";
  EXPECT_EQ(world_of(without).address, "127.0.0.1") << "all on one machine";
  // Of a step that is smaller than its allocation.
  auto small = seen;
  small["SLURM_STEP_NUM_TASKS"] = small["SLURM_STEP_TASKS_PER_NODE"] = "1";
  small["SLURM_PROCID"] = small["SLURM_NODEID"] = small["SLURM_LOCALID"] = "0";
  EXPECT_TRUE(world_of(small).alone());
  // Where srun speaks PMI itself.
  auto pmi = seen;
  pmi.insert({{"PMI_RANK", "6"}, {"PMI_SIZE", "7"}});
  EXPECT_EQ(world_of(pmi).local_size, 2);
}

/// As seen in Slurm 22.05 and 24.11.
TEST(World, AJobScriptWithoutSrunIsOneProcess) {
  const Variables script{{"SLURM_PROCID", "0"},
                         {"SLURM_NODEID", "0"},
                         {"SLURM_LOCALID", "0"},
                         {"SLURM_JOB_ID", "5"},
                         {"SLURM_TASKS_PER_NODE", "1"}};
  EXPECT_TRUE(world_of(script).alone());
  auto of_two = script;  // sbatch -n 2
  of_two["SLURM_NTASKS"] = of_two["SLURM_NPROCS"] = of_two["SLURM_TASKS_PER_NODE"] = "2";
  EXPECT_TRUE(world_of(of_two).alone());
  const Variables shell{{"SLURM_NTASKS", "2"}, {"SLURM_NPROCS", "2"}, {"SLURM_JOB_ID", "6"}};  // salloc -n 2
  EXPECT_TRUE(world_of(shell).alone());
}

TEST(World, SlurmsShortListsAreRead) {
  EXPECT_EQ(entry_of_slurm_list("2(x3),1", 0), 2);
  EXPECT_EQ(entry_of_slurm_list("2(x3),1", 2), 2);
  EXPECT_EQ(entry_of_slurm_list("2(x3),1", 3), 1);
  EXPECT_EQ(entry_of_slurm_list("2(x3),1", 4), std::nullopt);
  EXPECT_EQ(entry_of_slurm_list("4", 0), 4);
  for (const auto* list : {"", "x", "2(", "2(x", "2(x0)", "2(x3", "-1", "2,,3"}) {
    EXPECT_EQ(entry_of_slurm_list(list, 1), std::nullopt) << list;
  }
}

/// As seen with --standalone, a static and a c10d rendezvous of torchrun 2.15.
TEST(World, WhereTorchrunsAgentListensThePortBesideItServes) {
  Variables seen{{"RANK", "0"},
                 {"WORLD_SIZE", "2"},
                 {"LOCAL_RANK", "0"},
                 {"LOCAL_WORLD_SIZE", "2"},
                 {"MASTER_ADDR", "localhost"},
                 {"MASTER_PORT", "29500"},
                 {"GROUP_RANK", "0"},
                 {"TORCHELASTIC_RUN_ID", "none"},
                 {"TORCHELASTIC_USE_AGENT_STORE", "True"}};
  EXPECT_EQ(world_of(seen).port, 29501);
  EXPECT_EQ(world_of(seen).launcher, Launcher::kTorch);
  seen["MASTER_PORT"] = "65535";
  EXPECT_EQ(world_of(seen).port, 65534);
  seen["TORCHELASTIC_USE_AGENT_STORE"] = "False";
  EXPECT_EQ(world_of(seen).port, 65535);
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
