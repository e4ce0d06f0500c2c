#include "train/distributed/collective.h"

#include <cstring>

#ifdef FOCUS_DETR_GLOO
#include "train/distributed/gloo/process_collective.h"
#else
#include "base/error.h"
#endif

namespace focus::train {
namespace {

at::Tensor tensor_of(const std::string& bytes) {
  auto tensor = at::empty({static_cast<int64_t>(bytes.size())}, at::kByte);
  std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

}  // namespace

double Collective::sum(double value) {
  auto tensor = at::full({1}, value, at::kDouble);
  sum(tensor);
  return tensor.item<double>();
}

std::vector<std::string> Collective::gather(const std::string& bytes) {
  const auto ranks = static_cast<size_t>(world().size);
  const auto own = static_cast<size_t>(world().rank);
  auto lengths = at::zeros({world().size}, at::kLong);
  lengths.data_ptr<int64_t>()[own] = static_cast<int64_t>(bytes.size());
  sum(lengths);
  std::vector<std::string> all(ranks);
  auto table = at::zeros({lengths.sum().item<int64_t>()}, at::kByte);
  int64_t first = 0;
  std::vector<int64_t> firsts;
  for (size_t r = 0; r < ranks; ++r) {
    firsts.push_back(first);
    first += lengths.data_ptr<int64_t>()[r];
  }
  if (first == 0) return all;
  // Each process writes its part into zeros, so the sum holds all parts.
  if (!bytes.empty()) std::memcpy(table.data_ptr<uint8_t>() + firsts[own], bytes.data(), bytes.size());
  sum(table);
  for (size_t r = 0; r < ranks; ++r) {
    const auto* begin = reinterpret_cast<const char*>(table.data_ptr<uint8_t>()) + firsts[r];
    all[r].assign(begin, static_cast<size_t>(lengths.data_ptr<int64_t>()[r]));
  }
  return all;
}

std::string Collective::broadcast(const std::string& bytes) {
  auto length = at::full({1}, static_cast<int64_t>(bytes.size()), at::kLong);
  broadcast(length);
  auto text = world().leads() ? tensor_of(bytes) : at::empty({length.item<int64_t>()}, at::kByte);
  if (text.numel() == 0) return "";
  broadcast(text);
  return {reinterpret_cast<const char*>(text.data_ptr<uint8_t>()), static_cast<size_t>(text.numel())};
}

std::unique_ptr<Collective> connect(const World& world, double timeout_seconds) {
#ifdef FOCUS_DETR_GLOO
  return connect_by_gloo(world, timeout_seconds);
#else
  static_cast<void>(timeout_seconds);
  fail_usage("{} processes cannot train together: this program was built without Gloo; start one",
             world.size);
#endif
}

}  // namespace focus::train
