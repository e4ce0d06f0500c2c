#include "train/distributed/gloo/process_collective.h"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#ifdef FOCUS_DETR_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include "base/address.h"
#include "base/error.h"

namespace focus::train {
namespace {

std::string first_line(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

[[noreturn]] void lost(const World& world, const std::exception& error) {
  fail(
      "rank {} of {}: another worker is gone or does not answer ({}); this one ends too; continue with "
      "--resume",
      world.rank, world.size, first_line(error));
}

#ifdef FOCUS_DETR_NCCL
using DeviceGroup = c10d::ProcessGroupNCCL;
#else
using DeviceGroup = c10d::ProcessGroupGloo;  // There is never one.
#endif

class WorkSum final : public PendingSum {
 public:
  WorkSum(const World& world, c10::intrusive_ptr<c10d::Work> work) : world_(world), work_(std::move(work)) {}
  void wait() override {
    try {
      work_->wait();
    } catch (const std::exception& error) {
      lost(world_, error);
    }
  }

 private:
  const World& world_;
  c10::intrusive_ptr<c10d::Work> work_;
};

/// The sum of a tensor outside the CPU's memory where there is no NCCL: Gloo works in the CPU's memory.
class StagedSum final : public PendingSum {
 public:
  StagedSum(const World& world, at::Tensor tensor, at::Tensor copy, c10::intrusive_ptr<c10d::Work> work)
      : tensor_(std::move(tensor)), copy_(std::move(copy)), sum_(world, std::move(work)) {}
  void wait() override {
    sum_.wait();
    tensor_.copy_(copy_);
  }

 private:
  at::Tensor tensor_, copy_;
  WorkSum sum_;
};

/// LibTorch 2 serves the store through libuv unless told otherwise, also where it was built without.
template <typename Options>
void serve_by_itself(Options& options) {
  if constexpr (requires { options.useLibUV; }) options.useLibUV = false;
}

class ProcessCollective final : public Collective {
 public:
  ProcessCollective(World world, double timeout_seconds) : world_(std::move(world)) {
    const std::chrono::milliseconds timeout(static_cast<int64_t>(1e3 * timeout_seconds));
    try {
      c10d::TCPStoreOptions options;
      options.port = static_cast<uint16_t>(world_.port);
      options.isServer = world_.leads();
      options.numWorkers = static_cast<size_t>(world_.size);
      options.timeout = timeout;
      serve_by_itself(options);
      store_ = c10::make_intrusive<c10d::TCPStore>(world_.address, options);
      const auto gloo = c10d::ProcessGroupGloo::Options::create(timeout);
      gloo->devices.push_back(device_towards(world_.address));
      group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, world_.rank, world_.size, gloo);
    } catch (const std::exception& error) {
      const auto why = first_line(error);
      const bool taken = why.find("ddress already in use") != std::string::npos;
      fail("rank {} of {}: cannot meet the others at {}: {}{}", world_.rank, world_.size,
           host_and_port(world_.address, world_.port), why,
           taken ? "; another program has that port, maybe another training: set another MASTER_PORT "
                   "(torchrun: --master-port)"
                 : "");
    }
  }

  const World& world() const override { return world_; }

  std::unique_ptr<PendingSum> start_sum(at::Tensor& tensor) override {
    try {
      if (const auto group = device_group(tensor)) {
        std::vector<at::Tensor> there{tensor};
        return std::make_unique<WorkSum>(world_, group->allreduce(there));
      }
      std::vector<at::Tensor> tensors{tensor.cpu()};
      auto work = group_->allreduce(tensors);
      if (tensor.is_cpu()) return std::make_unique<WorkSum>(world_, std::move(work));
      return std::make_unique<StagedSum>(world_, tensor, tensors[0], std::move(work));
    } catch (const std::exception& error) {
      lost(world_, error);
    }
  }

  void broadcast(at::Tensor& tensor) override {
    try {
      if (const auto group = device_group(tensor)) {
        std::vector<at::Tensor> there{tensor};
        group->broadcast(there)->wait();
        return;
      }
      std::vector<at::Tensor> tensors{tensor.cpu()};
      group_->broadcast(tensors)->wait();
      if (!tensor.is_cpu()) tensor.copy_(tensors[0]);
    } catch (const std::exception& error) {
      lost(world_, error);
    }
  }

 private:
  /// NCCL between the GPUs, which meet at the first tensor that is on one; null for other tensors and where
  /// LibTorch has no NCCL. Its work and the GPU's other work wait for each other, without blocking this
  /// thread.
  c10::intrusive_ptr<DeviceGroup> device_group([[maybe_unused]] const at::Tensor& tensor) {
#ifdef FOCUS_DETR_NCCL
    if (!tensor.is_cuda()) return {};
    if (!devices_) {
      const auto store = c10::make_intrusive<c10d::PrefixStore>("nccl", store_);
      devices_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, world_.rank, world_.size);
    }
#endif
    return devices_;
  }

  /// All processes of one machine meet on its loopback; those of several use the interface that the machine's
  /// own name leads to, or GLOO_SOCKET_IFNAME.
  static std::shared_ptr<gloo::transport::Device> device_towards(const std::string& address) {
    if (const char* name = std::getenv("GLOO_SOCKET_IFNAME"); name != nullptr) {
      return c10d::ProcessGroupGloo::createDeviceForInterface(name);
    }
    if (address == "127.0.0.1" || address == "localhost") {
      return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
    }
    return c10d::ProcessGroupGloo::createDefaultDevice();
  }

  World world_;
  c10::intrusive_ptr<c10d::TCPStore> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
  c10::intrusive_ptr<DeviceGroup> devices_;
};

}  // namespace

std::unique_ptr<Collective> connect_by_gloo(const World& world, double timeout_seconds) {
  return std::make_unique<ProcessCollective>(world, timeout_seconds);
}

}  // namespace focus::train
