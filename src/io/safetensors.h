// The safetensors format: named tensors behind a JSON header (github.com/huggingface/safetensors).
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace focus::io {

/// What one .safetensors file holds.
struct TensorFile {
  std::map<std::string, at::Tensor> tensors;
  std::map<std::string, std::string> metadata;  ///< The header's "__metadata__".
};

/// Reads a whole file. Every tensor is contiguous, on the CPU, and owns its memory: nothing keeps the file
/// open. Understood: F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL. Throws Error naming the file, the tensor and
/// the field for a header that is not what the format demands. The header is checked in full against the size
/// of the file before memory for tensors is taken.
TensorFile read_safetensors(const std::filesystem::path& path);

/// Writes atomically (base/files.h). The same content gives the same bytes: tensors lie by falling element
/// size, then by name, behind a header padded to 8 bytes, so that each is aligned in the file. Tensors may be
/// on any device and have any strides. Throws Error for a type the format does not have and a name it
/// reserves.
void write_safetensors(const std::filesystem::path& path, const TensorFile& file);

}  // namespace focus::io
