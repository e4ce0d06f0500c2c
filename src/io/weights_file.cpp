#include "io/weights_file.h"

#include "io/safetensors.h"

namespace focus::io {

WeightsFile read_weights(const std::filesystem::path& path, const std::string&) {
  auto file = read_safetensors(path);
  return {std::move(file.tensors), std::move(file.metadata), {}, "safetensors"};
}

}  // namespace focus::io
