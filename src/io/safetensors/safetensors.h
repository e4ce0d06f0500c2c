// The safetensors format: named tensors behind a JSON header (github.com/huggingface/safetensors).
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace focus::io {

/// What one .safetensors file holds.
struct TensorFile {
  std::map<std::string, at::Tensor> tensors;
  std::map<std::string, std::string> metadata;     ///< The header's "__metadata__".
  std::map<std::string, std::string> unread = {};  ///< Tensors of types LibTorch lacks: "F8_E4M3".
};

/// Reads a whole file. Every tensor is contiguous, on the CPU, and owns its memory: nothing keeps the file
/// open. Understood: F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL; tensors of other types are only listed. Throws
/// Error naming the file, the tensor and the field for a header that is not what the format demands. The
/// header is checked in full against the size of the file before memory for tensors is taken.
TensorFile read_safetensors(const std::filesystem::path& path);

/// Gives tensors back the names that safetensors.torch.save_model took from them: of tensors that share
/// memory it writes one, and notes in the metadata {name left out: name kept}.
void restore_aliases(TensorFile& file);

/// Writes atomically (base/files.h). The same content gives the same bytes: tensors lie by falling element
/// size, then by name, behind a header padded to 8 bytes, so that each is aligned in the file. Tensors may be
/// on any device and have any strides. Throws Error for a type the format does not have and a name it
/// reserves.
void write_safetensors(const std::filesystem::path& path, const TensorFile& file);

/// A tensor of a file to be, before there is its data.
struct PlannedTensor {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
};

/// The same for more than memory holds: the tensors lie in the order of `plan`, and `tensor(i)` is asked for
/// one after the other. Throws Error, too, for one that is not as planned and for a name that comes twice.
void write_safetensors(const std::filesystem::path& path, const std::vector<PlannedTensor>& plan,
                       const std::map<std::string, std::string>& metadata,
                       const std::function<at::Tensor(size_t)>& tensor);

/// A file whose tensors are looked at where they lie in it.
class MappedTensors {
 public:
  /// Throws Error as read_safetensors: afterwards every tensor is known to lie inside the file.
  explicit MappedTensors(const std::filesystem::path& path);

  struct Entry {
    at::ScalarType dtype;
    std::vector<int64_t> shape;
    const std::byte* data;  ///< Of the shape's elements, contiguous; aligned only if the file's writer cared.
  };
  const std::map<std::string, Entry>& entries() const { return entries_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// Keeps the data of all entries where it is, also without this object.
  const std::shared_ptr<const std::byte>& memory() const { return memory_; }

 private:
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> metadata_;
  std::shared_ptr<const std::byte> memory_;
};

}  // namespace focus::io
