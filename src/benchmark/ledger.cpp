#include "benchmark/ledger.h"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace focus::benchmark {
namespace {

/// Whether a span is attention among the fine-grained tokens of an encoder layer.
bool is_dual_attention(const std::string& path) {
  return path.rfind("encoder/", 0) == 0 && path.ends_with("/self_attention");
}

/// The cost of a span, weighted by `share`.
LedgerRow::Cost cost_of(const ProfileSpan& span, double share) {
  return {share * static_cast<double>(span.macs), share * span.seconds};
}

}  // namespace

LedgerRow::Cost& LedgerRow::Cost::operator+=(const Cost& other) {
  macs += other.macs;
  seconds += other.seconds;
  return *this;
}

LedgerRow::Cost LedgerRow::transformer() const {
  Cost cost = total;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (ledger_parts()[i] == "backbone" || ledger_parts()[i] == "neck")
      cost += {-parts[i].macs, -parts[i].seconds};
  }
  return cost;
}

std::vector<CountedSize> image_sizes(const data::AnnotationStore& store,
                                     const images::Preprocess& preprocess) {
  std::map<std::pair<int64_t, int64_t>, int64_t> counts;
  for (int64_t i = 0; i < store.size(); ++i) {
    const auto size = preprocess.output_size(store.image(i).size);
    ++counts[{size.height, size.width}];
  }
  std::vector<CountedSize> sizes;
  sizes.reserve(counts.size());
  for (const auto& [size, count] : counts) sizes.push_back({{size.first, size.second}, count});
  std::stable_sort(sizes.begin(), sizes.end(),
                   [](const auto& a, const auto& b) { return a.images > b.images; });
  return sizes;
}

const std::vector<std::string>& ledger_parts() {
  static const std::vector<std::string> parts{"backbone", "neck", "scorer", "encoder", "decoder", "rest"};
  return parts;
}

LedgerRow sum_up(const std::vector<BenchmarkRow>& rows, const std::vector<CountedSize>& sizes) {
  if (rows.empty() || rows.size() != sizes.size()) throw std::invalid_argument("one row per size is needed");
  double images = 0;
  for (const auto& size : sizes) images += static_cast<double>(size.images);
  const auto& names = ledger_parts();
  LedgerRow sum;
  sum.model = rows.front().model;
  sum.engine = rows.front().what.engine;
  sum.parts.resize(names.size());
  auto& rest = sum.parts.back();
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    const double share = static_cast<double>(sizes[i].images) / images / static_cast<double>(row.what.batch);
    sum.total += {share * static_cast<double>(row.macs), share * row.latency.median};
    for (const auto& span : row.spans) {
      const auto part = std::find(names.begin(), names.end() - 1, span.path);
      if (part != names.end() - 1)
        sum.parts[static_cast<size_t>(part - names.begin())] += cost_of(span, share);
      if (span.path == "scorer" || is_dual_attention(span.path)) sum.choosing += cost_of(span, share);
    }
    sum.peak_rss_bytes = std::max(sum.peak_rss_bytes, row.peak_rss_bytes);
  }
  // Only a detector that scores tokens selects any; DETR's encoder has self-attention, too.
  if (sum.parts[2].macs == 0) sum.choosing = {};
  rest = sum.total;
  for (size_t i = 0; i + 1 < names.size(); ++i) rest += {-sum.parts[i].macs, -sum.parts[i].seconds};
  return sum;
}

}  // namespace focus::benchmark
