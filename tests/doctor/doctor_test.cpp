#include "doctor/doctor.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/temporary_folder.h"

namespace focus::doctor {
namespace {

const Diagnosis& about(const std::vector<Diagnosis>& all, std::string_view subject) {
  return *std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.subject == subject; });
}

TEST(Doctor, LooksAtEverything) {
  const test::TemporaryFolder folder;
  const auto all = examine(folder.path());
  for (const char* subject :
       {"cpu", "kernels", "convolutions", "threads", "blas", "libraries", "memory", "disk"}) {
    const auto& found = about(all, subject);
    EXPECT_NE(found.found, "") << subject;
    EXPECT_EQ(found.advice.empty(), found.health == Health::kFine) << subject;
  }
  EXPECT_EQ(about(all, "kernels").health, Health::kFine) << about(all, "kernels").found;
  EXPECT_EQ(about(all, "convolutions").health, Health::kFine) << about(all, "convolutions").found;
  EXPECT_NE(about(all, "libraries").found.find("LibTorch"), std::string::npos);
}

TEST(Doctor, SaysWhatIsBad) {
  const auto gone = examine("/nowhere/at/all");
  EXPECT_EQ(about(gone, "disk").health, Health::kBroken);
  setenv("ATEN_CPU_CAPABILITY", "default", 1);
  const auto all = examine(".");
  unsetenv("ATEN_CPU_CAPABILITY");
  // One of the variables that it names: the tests may run with others set.
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const Diagnosis& one) {
    return one.subject == "environment" && one.found.find("ATEN_CPU_CAPABILITY=default") == 0;
  }));
}

TEST(Doctor, KnowsLibrariesByTheMapOfMemory) {
  const std::string maps =
      "55d0-55d1 r--p 00000000 08:01 12 /usr/bin/focus-detr\n"
      "7f00-7f01 r--p 00000000 08:01 34 /usr/lib/a b/libdnnl.so.2.6\n"
      "7f01-7f02 r-xp 00001000 08:01 34 /usr/lib/a b/libdnnl.so.2.6\n"
      "7f03-7f04 rw-p 00000000 00:00 0 [heap]\n";
  EXPECT_EQ(libraries_in(maps), (std::vector<std::filesystem::path>{"/usr/lib/a b/libdnnl.so.2.6"}));
}

TEST(Doctor, BillsWhatIsLoaded) {
  const auto bill = bill_of_materials("1.2.3");
  EXPECT_EQ(bill["bomFormat"], "CycloneDX");
  EXPECT_EQ(bill["metadata"]["component"]["version"], "1.2.3");
  const auto& components = bill["components"];
  EXPECT_TRUE(std::any_of(components.begin(), components.end(), [](const auto& one) {
    return one["name"].template get<std::string>().rfind("libtorch", 0) == 0;
  }));
}

}  // namespace
}  // namespace focus::doctor
