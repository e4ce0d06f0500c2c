#include "doctor/doctor.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <omp.h>
#include <torch/version.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "base/machine.h"
#include "base/paths.h"
#include "base/threads.h"
#include "benchmark/device_rates.h"
#include "doctor/convolution_check.h"
#include "images/decode.h"
#include "ops/cpu/isa.h"
#include "ops/deform_attn/ms_deform_attn.h"
#include "ops/packed/packed_convolution.h"
#include "ops/packed/precision.h"

namespace focus::doctor {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  constexpr uint64_t kMostBytes = uint64_t{1} << 28;
  return read_file_if_any(path, kMostBytes).value_or("");
}

Diagnosis cpu() {
  const bool scalar = ops::active_isa() == ops::Isa::kScalar;
  return {"cpu", scalar ? Health::kSlow : Health::kFine,
          fmt::format("{}; kernels for {}; bf16 {}, VNNI {}", cpu_name(), ops::name_of(ops::active_isa()),
                      ops::cpu_has_bfloat16() ? "yes" : "no", ops::cpu_has_vnni() ? "yes" : "no"),
          scalar ? "use a CPU with AVX2, or unset FOCUS_DETR_ISA, to run many times as fast" : ""};
}

/// The largest error of deformable attention against its definition by at::grid_sampler, on a feature pyramid
/// like that of an image.
double kernel_error(c10::Device device) {
  const at::NoGradGuard no_grad;
  const auto shapes = at::tensor({20, 27, 10, 14, 5, 7, 3, 4}, at::kLong).view({4, 2});
  const auto starts = at::tensor({0, 540, 680, 715}, at::kLong);
  auto generator = at::detail::createCPUGenerator(7);
  const auto random = [&](at::IntArrayRef size) { return at::rand(size, generator); };
  const auto value = random({2, 727, 8, 32});
  const auto places = random({2, 300, 8, 4, 4, 2}) * 1.2 - 0.1;
  const auto weights = random({2, 300, 8, 4, 4}).flatten(3).softmax(3).view({2, 300, 8, 4, 4});
  const auto ours =
      ops::ms_deform_attn(value.to(device), shapes, starts, places.to(device), weights.to(device)).cpu();
  return (ours - ops::ms_deform_attn_by_grid_sampler(value, shapes, places, weights))
      .abs()
      .max()
      .item<double>();
}

/// Errors above this are not caused by rounding.
constexpr double kMostError = 1e-4;
/// In bfloat16, which has 8 significant bits: its rounding of operands and results is below a hundredth.
constexpr double kMostMixedError = 0.02;

Diagnosis kernels() {
  const double off = kernel_error(at::kCPU);
  const bool right = off <= kMostError;
  return {"kernels", right ? Health::kFine : Health::kBroken,
          fmt::format("deformable attention differs from its definition by {:.1e} at most", off),
          right ? "" : "results would be wrong: run with FOCUS_DETR_ISA=scalar, and report this line"};
}

Diagnosis convolutions() {
  const auto errors = convolution_errors();
  const auto said = [](double error, const std::string& worst, double most = kMostError) {
    return error <= most ? fmt::format("{:.1e}", error) : fmt::format("{:.1e} ({})", error, worst);
  };
  const bool right = errors.trained <= kMostError && errors.prepared <= kMostError &&
                     errors.reference <= kMostError && errors.mixed <= kMostMixedError;
  auto found =
      fmt::format("differ from their definition by {} at most in training, {} in detection",
                  said(errors.trained, errors.worst_trained), said(errors.prepared, errors.worst_prepared));
  if (errors.reference > kMostError) {
    found += fmt::format(", {} in the reference path", said(errors.reference, errors.worst_reference));
  }
  if (errors.mixed > 0) {
    found += fmt::format(", {} in mixed precision", said(errors.mixed, errors.worst_mixed, kMostMixedError));
  }
  return {"convolutions", right ? Health::kFine : Health::kBroken, found,
          right ? ""
                : "results would be wrong: set DNNL_MAX_CPU_ISA=SSE41, which is slow, or install another "
                  "oneDNN; and report this line"};
}

/// Adds whether there are GPUs, then for each its rates and the check of the kernels on it.
void add_gpus(std::vector<Diagnosis>& all) {
  // hasCUDA() is also false if LibTorch has CUDA but there is no GPU.
  if (!at::globalContext().hasCUDART()) {
    all.push_back({"gpu", Health::kFine, "this LibTorch has no CUDA", ""});
    return;
  }
  const auto count = static_cast<int64_t>(at::detail::getCUDAHooks().getNumGPUs());
  const bool built = ops::has_ms_deform_attn(c10::DeviceType::CUDA);
  all.push_back(
      {"gpu", built || count == 0 ? Health::kFine : Health::kSlow,
       fmt::format("{} found; kernels of deformable attention {}", count, built ? "built" : "not built"),
       built || count == 0 ? "" : "build with nvcc (docs/gpu.md): at::grid_sampler is used instead of them"});
  for (int64_t i = 0; i < count; ++i) {
    const c10::Device device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(i));
    Diagnosis gpu{"gpu " + std::to_string(i), Health::kFine, "", ""};
    try {
      gpu.found =
          fmt::format("{:.0f} GB/s copied; products of float32 {:.1f}, of bfloat16 {:.1f} TFLOP/s",
                      benchmark::copy_gigabytes(device), benchmark::matrix_gflops(device, at::kFloat) / 1e3,
                      benchmark::matrix_gflops(device, at::kBFloat16) / 1e3);
      const double off = built ? kernel_error(device) : 0;
      if (built)
        gpu.found += fmt::format("; deformable attention differs from its definition by {:.1e} at most", off);
      if (!(off <= kMostError)) {
        gpu.health = Health::kBroken;
        gpu.advice = "results would be wrong: use --device cpu, and report this line";
      }
    } catch (const c10::Error& error) {
      gpu.health = Health::kBroken;
      gpu.found = std::string(error.what_without_backtrace());
      gpu.advice = "end the other programs that use it, or choose another with --device";
    }
    all.push_back(gpu);
  }
}

Diagnosis threads() {
  const int cores = physical_cores();
  at::set_num_threads(cores);
  std::atomic<int> most{0};
  at::parallel_for(0, 1 << 16, 1, [&](int64_t, int64_t) {
    int seen = most;
    while (seen < omp_get_num_threads() && !most.compare_exchange_weak(seen, omp_get_num_threads())) {
    }
  });
  const bool all = most >= cores;
  return {"threads", all ? Health::kFine : Health::kSlow,
          fmt::format("{} physical cores may be used, {} are used", cores, most.load()),
          all ? "" : "OMP_NUM_THREADS or OMP_THREAD_LIMIT limits them: unset it, or use --threads"};
}

Diagnosis blas() {
  for (const auto& library : libraries_in(text_of("/proc/self/maps"))) {
    const auto path = library.string();
    if (path.find("blas") == std::string::npos || path.find("cublas") != std::string::npos) continue;
    const bool own_threads =
        path.find("openblasp") != std::string::npos || path.find("pthread") != std::string::npos;
    return {"blas", own_threads ? Health::kSlow : Health::kFine, path,
            own_threads
                ? "its own threads compete with OpenMP's: scripts/install-deps chooses the OpenMP variant"
                : ""};
  }
  return {"blas", Health::kFine, "none is loaded as a separate library", ""};
}

Diagnosis libraries() {
  return {"libraries", Health::kFine,
          fmt::format("LibTorch {}.{}.{}, oneDNN {}, OpenCV {}", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR,
                      TORCH_VERSION_PATCH, ops::onednn_version(), images::decoder_version()),
          ""};
}

Diagnosis memory() {
  constexpr double kLittle = 2.0 * (1 << 30);
  std::istringstream lines(text_of("/proc/meminfo"));
  double available = 0;
  for (std::string name; lines >> name;) {
    double kilobytes = 0;
    std::string unit;
    lines >> kilobytes >> unit;
    if (name == "MemAvailable:") available = 1024 * kilobytes;
  }
  if (available == 0) return {"memory", Health::kFine, "the system does not report it", ""};
  const bool little = available < kLittle;
  return {"memory", little ? Health::kSlow : Health::kFine,
          human_bytes(static_cast<uint64_t>(available)) + " are free",
          little ? "training the larger models needs more; end other programs" : ""};
}

Diagnosis disk(const fs::path& folder) {
  constexpr uintmax_t kLittle = uintmax_t{5} << 30;
  std::error_code error;
  const auto space = fs::space(folder, error);
  const auto shown = absolute_path(folder).lexically_normal().string();
  if (error) return {"disk", Health::kBroken, shown + ": " + error.message(), "name a folder that exists"};
  if (access(folder.c_str(), W_OK) != 0) {
    return {"disk", Health::kBroken, shown + " cannot be written to", "train and detect into another folder"};
  }
  const bool little = space.available < kLittle;
  return {"disk", little ? Health::kSlow : Health::kFine,
          shown + ": " + human_bytes(space.available) + " are free",
          little ? "a ResNet-50 run keeps two checkpoints of 0.6 GiB and two models: free some space" : ""};
}

std::vector<Diagnosis> environment() {
  std::vector<Diagnosis> found;
  for (const auto& [name, why] : {std::pair("FOCUS_DETR_ISA", "chooses the kernels instead of the CPU"),
                                  std::pair("FOCUS_DETR_BF16", "computes bf16 without the CPU's help"),
                                  std::pair("OMP_NUM_THREADS", "is overridden by --threads"),
                                  std::pair("MKL_DEBUG_CPU_TYPE", "misleads MKL"),
                                  std::pair("ATEN_CPU_CAPABILITY", "makes LibTorch's own kernels slower")}) {
    if (const char* value = std::getenv(name)) {
      found.push_back({"environment", Health::kSlow, fmt::format("{}={}: {}", name, value, why), "unset it"});
    }
  }
  return found;
}

}  // namespace

std::vector<fs::path> libraries_in(const std::string& maps) {
  std::set<fs::path> libraries;
  std::istringstream lines(maps);
  for (std::string line; std::getline(lines, line);) {
    const size_t path = line.find('/');
    if (path == std::string::npos || line.find(".so", path) == std::string::npos) continue;
    libraries.insert(line.substr(path));
  }
  return {libraries.begin(), libraries.end()};
}

std::vector<Diagnosis> examine(const fs::path& folder) {
  std::vector<Diagnosis> all{cpu(), kernels(), convolutions()};
  add_gpus(all);
  for (auto& diagnosis : {threads(), blas(), libraries(), memory(), disk(folder)}) all.push_back(diagnosis);
  for (auto& diagnosis : environment()) all.push_back(std::move(diagnosis));
  return all;
}

nlohmann::json bill_of_materials(const std::string& version) {
  auto components = nlohmann::json::array();
  for (const auto& path : libraries_in(text_of("/proc/self/maps"))) {
    // libdnnl.so.2.6 is version 2.6 of libdnnl; libopenblasp-r0.3.21.so has its version before the ending.
    const auto file = path.filename().string();
    const size_t ending = file.find(".so");
    const auto number = file.substr(std::min(file.size(), ending + 4));
    nlohmann::json component = {{"type", "library"}, {"name", file.substr(0, ending)}};
    if (!number.empty()) component["version"] = number;
    component["properties"] = {{{"name", "path"}, {"value", path.string()}}};
    components.push_back(std::move(component));
  }
  return {{"bomFormat", "CycloneDX"},
          {"specVersion", "1.5"},
          {"version", 1},
          {"metadata",
           {{"timestamp", utc_time()},
            {"component",
             {{"type", "application"},
              {"name", "focus-detr"},
              {"version", version},
              {"licenses", {{{"license", {{"id", "Apache-2.0"}}}}}}}}}},
          {"components", components}};
}

}  // namespace focus::doctor
