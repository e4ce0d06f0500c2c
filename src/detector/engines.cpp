#include "detector/engines.h"

#include "base/error.h"
#include "nn/prepare.h"
#include "nn/reference_path.h"

namespace focus::detector {

const std::vector<Engine>& engines() {
  static const std::vector<Engine> all{
      {"prepared", "as detect runs a model: weights packed for oneDNN",
       [](models::FocusDetr& model) -> std::shared_ptr<void> {
         nn::prepare(model);
         return nullptr;
       }},
      {"eager", "as training runs a model: nothing packed",
       [](models::FocusDetr&) -> std::shared_ptr<void> { return nullptr; }},
      {"reference", "as the reference does: nothing fused, deformable attention by at::grid_sampler",
       [](models::FocusDetr&) -> std::shared_ptr<void> { return std::make_shared<nn::ReferencePath>(); }},
  };
  return all;
}

const Engine& find_engine(std::string_view name) {
  std::vector<std::string_view> known;
  for (const auto& engine : engines()) {
    if (engine.name == name) return engine;
    known.push_back(engine.name);
  }
  fail_usage("there is no engine '{}'; there are {}", name, fmt::join(known, ", "));
}

}  // namespace focus::detector
