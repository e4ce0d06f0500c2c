#include "train/ablation/ablation_report.h"

#include <gtest/gtest.h>

namespace focus::train {
namespace {

AblationRun run_with(double ap) { return {{{"AP", ap}, {"AP50", 2 * ap}, {"AP75", ap / 2}}, 12.5, 3.25}; }

AblationResult two_variants() {
  AblationStudy study{"modules", {}};
  study.rows.push_back({{"full", "full", {}}, {run_with(0.3), run_with(0.4), run_with(0.35)}});
  study.rows.push_back({{"without cascade", "modules-without-cascade", {}}, {}});
  return {false, {study}};
}

TEST(AblationReport, RowsHaveMeanAndDeviationAndWhatIsOpenADash) {
  const auto text = ablation_markdown(two_variants());
  EXPECT_NE(text.find("| full | 3 | 0.350 ± 0.050 | 0.700 ± 0.100 | 0.175 ± 0.025 | 3.250 | 12.500 |\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("| without cascade | 0 | - | - | - | - | - |\n"), std::string::npos) << text;
}

TEST(AblationReport, CsvHasALineARun) {
  EXPECT_EQ(ablation_csv(two_variants()),
            "study,variant,run,gmacs,encoder_gmacs,AP,AP50,AP75\n"
            "modules,full,0,12.5,3.25,0.3,0.6,0.15\n"
            "modules,full,1,12.5,3.25,0.4,0.8,0.2\n"
            "modules,full,2,12.5,3.25,0.35,0.7,0.175\n");
}

}  // namespace
}  // namespace focus::train
