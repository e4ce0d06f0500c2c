// The CUDA kernels for rows on a GPU against their definition in float64, without LibTorch. Prints the
// largest relative errors; exits with 1 if one is above its limit, with 77 where there is no GPU.
#include <cstdio>

#include "ops/cuda/device_memory.h"
#include "ops/cuda/judge.h"
#include "ops/cuda/random_rows.h"
#include "ops/rows/cuda/row_launch.h"

namespace {

namespace cuda = focus::ops::cuda;
using cuda::DeviceArray;
using cuda::require;
using focus::test::as_double;
using focus::test::RandomRows;
using focus::test::relative_error;

focus::test::Judge judge;

template <typename T>
void check(const char* type, const cuda::RowShape& shape, double limit) {
  constexpr float kEpsilon = 1e-5f;
  std::printf("%s, B %ld, S %ld, n %ld, C %d\n", type, static_cast<long>(shape.batch),
              static_cast<long>(shape.length), static_cast<long>(shape.chosen), shape.channels);
  const RandomRows<T> call(shape);
  const DeviceArray<T> memory(call.memory), positions(call.positions), x(call.x), residual(call.residual);
  const DeviceArray<float> weight(call.weight), bias(call.bias);
  const DeviceArray<int64_t> index(call.index);

  DeviceArray<T> taken(call.x.size()), taken_positions(call.x.size());
  const cuda::TakenRows<T> rows{{memory.data(), positions.data()}, {taken.data(), taken_positions.data()}};
  require(cuda::take_rows(shape, index.data(), rows, nullptr), "taking rows");
  judge.require(as_double(taken.read()) == call.taken(call.memory), "  rows are taken whole");
  judge.require(as_double(taken_positions.read()) == call.taken(call.positions), "  and their positions");

  for (const bool with_residual : {false, true}) {
    DeviceArray<T> to(call.memory);
    const cuda::NormedRows<T> normed{
        x.data(), with_residual ? residual.data() : nullptr, weight.data(), bias.data(), kEpsilon, to.data()};
    require(cuda::norm_rows(shape, index.data(), normed, nullptr), "normalising rows");
    judge.error(with_residual ? "normalised, with residual" : "normalised",
                relative_error(as_double(to.read()), call.normed(with_residual, kEpsilon)), limit);
  }
}

}  // namespace

int main() {
  if (!cuda::has_device()) return cuda::kExitSkipped;
  auto shapes = focus::test::row_shapes();
  shapes.push_back({.batch = 2, .length = 22223, .chosen = 6000, .channels = 256});
  for (const auto& shape : shapes) {
    check<float>("float32", shape, 1e-5);
    check<cuda::Bf16>("bf16", shape, 1e-2);
    check<cuda::Fp16>("fp16", shape, 1e-3);
  }
  return judge.verdict();
}
