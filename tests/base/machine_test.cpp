#include "base/machine.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "support/temporary_folder.h"

namespace {

TEST(Machine, TheCpuIsNamed) {
  const focus::test::TemporaryFolder folder;
  const auto file = folder.path() / "cpuinfo";
  std::ofstream(file)
      << "processor\t: 0\nmodel\t\t: 85\nmodel name\t: A CPU: 2 GHz\n\nmodel name\t: another\n";
  EXPECT_EQ(focus::cpu_name(file), "A CPU: 2 GHz");
  std::ofstream(file) << "processor\t: 0\n";
  EXPECT_EQ(focus::cpu_name(file), "unknown");
  EXPECT_EQ(focus::cpu_name(folder.path() / "none"), "unknown");
}

TEST(Machine, TimeIsWrittenAsIso8601) {
  EXPECT_TRUE(std::regex_match(focus::utc_time(), std::regex(R"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ)")));
}

}  // namespace
