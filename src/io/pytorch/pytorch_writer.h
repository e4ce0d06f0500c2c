// Writes PyTorch checkpoints: the zip container of PyTorch 1.6 and later.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace focus::io {

/// Writes atomically (base/files.h) what torch.load opens as an OrderedDict of names and tensors, also with
/// weights_only=True. The same content gives the same bytes. Tensors that share memory share it in the file;
/// all others are written contiguous and without the parts of their memory that they do not cover. Throws
/// Error for a tensor that is not a dense real one of F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL.
/// With `remarks`, torch.load gives a dict instead: the tensors under "model", as in detrex's checkpoints,
/// and beside it each remark, a text under its name.
void write_pytorch(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& tensors,
                   const std::map<std::string, std::string>& remarks = {});

}  // namespace focus::io
