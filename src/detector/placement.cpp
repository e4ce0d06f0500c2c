#include "detector/placement.h"

#include "base/error.h"
#include "nn/prepare.h"

namespace focus::detector {

void place(models::Detector& model, const Placement& placement, const nn::Quantisation& quantisation) {
  const auto [device, precision] = placement;
  if (device.is_cpu()) {
    nn::prepare(model, precision, quantisation);
    return;
  }
  if (precision != ops::Precision::kFloat32 && precision != ops::Precision::kBFloat16) {
    fail_usage("precision {} runs on the CPU only; device {} takes fp32 and bf16", ops::name_of(precision),
               device.str());
  }
  model.move_to(device, precision == ops::Precision::kBFloat16);
}

}  // namespace focus::detector
