#include "io/pytorch_writer.h"

#include "base/error.h"

namespace focus::io {

void write_pytorch(const std::filesystem::path& path, const std::map<std::string, at::Tensor>&) {
  fail("{}: this build does not write PyTorch files; name a .safetensors file", path.string());
}

}  // namespace focus::io
