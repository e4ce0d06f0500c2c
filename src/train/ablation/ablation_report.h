// The results of studies as tables.
#pragma once

#include <string>

#include "base/statistics.h"
#include "train/ablation/ablation.h"

namespace focus::train {

/// A metric of COCO over the seeds of a variant.
Spread spread_of(const AblationRow& row, const std::string& metric);

/// One Markdown table per study: AP, AP50 and AP75 as mean +- standard deviation over the seeds, and 10^9
/// multiply-accumulates per image. Variants without a finished run are dashes.
std::string ablation_markdown(const AblationResult& result);

/// One line per run: study, variant, run, all metrics, multiply-accumulates.
std::string ablation_csv(const AblationResult& result);

}  // namespace focus::train
