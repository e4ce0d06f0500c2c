#include "io/safetensors/safetensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "io/safetensors/safetensors_header.h"
#include "io/tensor_view.h"

namespace focus::io {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

/// The tensors in the order in which the file has them.
std::vector<PlannedTensor> plan_of(const TensorFile& file) {
  std::vector<PlannedTensor> plan;
  for (const auto& [name, tensor] : file.tensors) {
    plan.push_back({name, tensor.scalar_type(), tensor.sizes().vec()});
  }
  std::stable_sort(plan.begin(), plan.end(), [](const PlannedTensor& a, const PlannedTensor& b) {
    return c10::elementSize(a.dtype) > c10::elementSize(b.dtype);
  });
  return plan;
}

const char* dtype_name_of(const PlannedTensor& planned, const std::string& file) {
  if (planned.name == "__metadata__") fail("{}: a tensor cannot be named '__metadata__'; rename it", file);
  const char* name = safetensors_dtype_name(planned.dtype);
  if (name == nullptr) {
    fail("{}: tensor {} is {}, which the format cannot hold; convert it to a dense real tensor", file,
         in_quotes(planned.name), c10::toString(planned.dtype));
  }
  return name;
}

std::string header_of(const std::vector<PlannedTensor>& plan,
                      const std::map<std::string, std::string>& metadata, const std::string& file) {
  auto tree = nlohmann::json::object();
  if (!metadata.empty()) tree["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const auto& planned : plan) {
    const char* dtype = dtype_name_of(planned, file);
    const uint64_t end =
        offset + checked_bytes(planned.shape, planned.dtype, file + ": tensor " + in_quotes(planned.name));
    if (tree.contains(planned.name)) fail("{}: tensor {} comes twice", file, in_quotes(planned.name));
    tree[planned.name] = {{"dtype", dtype}, {"shape", planned.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string header;
  try {
    header = tree.dump();
  } catch (const nlohmann::json::exception&) {
    fail("{}: a tensor's name or the metadata is not UTF-8 text", file);
  }
  header.resize((header.size() + 7) / 8 * 8, ' ');
  if (header.size() > kMaxSafetensorsHeader) {
    fail("{}: names and metadata take {}, the format allows {}", file, human_bytes(header.size()),
         human_bytes(kMaxSafetensorsHeader));
  }
  return header;
}

/// The header of a file, and where the data after it begins.
struct PlacedHeader {
  SafetensorsHeader header;
  uint64_t data_begin = 0;
};

PlacedHeader read_header(const InputFile& input) {
  const std::string source = input.path().string();
  uint64_t header_bytes = 0;
  if (input.size() < sizeof(header_bytes)) {
    fail("{}: not a safetensors file: it has only {} bytes", source, input.size());
  }
  input.read(0, &header_bytes, sizeof(header_bytes));
  const uint64_t after_length = input.size() - sizeof(header_bytes);
  if (header_bytes > kMaxSafetensorsHeader) {
    fail("{}: not a safetensors file: its header would be {} bytes, the format allows {}", source,
         header_bytes, kMaxSafetensorsHeader);
  }
  if (header_bytes > after_length) {
    fail("{}: its header of {} bytes goes beyond the end of the file; is the file complete?", source,
         header_bytes);
  }
  std::string text(header_bytes, '\0');
  input.read(sizeof(header_bytes), text.data(), text.size());
  return {parse_safetensors_header(text, after_length - header_bytes, source),
          sizeof(header_bytes) + header_bytes};
}

}  // namespace

TensorFile read_safetensors(const std::filesystem::path& path) {
  const InputFile input(path);
  auto [header, data_begin] = read_header(input);
  TensorFile file;
  file.metadata = std::move(header.metadata);
  file.unread = std::move(header.unread);
  for (const auto& [name, entry] : header.entries) {
    at::Tensor tensor = at::empty(entry.shape, at::TensorOptions(entry.dtype));
    if (entry.end > entry.begin) {
      input.read(data_begin + entry.begin, tensor.data_ptr(), entry.end - entry.begin);
    }
    // A bool whose byte is neither 0 nor 1 is undefined behaviour wherever it is used.
    if (entry.dtype == at::kBool) tensor = tensor.view(at::kByte).ne(0);
    file.tensors.emplace(name, std::move(tensor));
  }
  return file;
}

void restore_aliases(TensorFile& file) {
  for (auto entry = file.metadata.begin(); entry != file.metadata.end();) {
    const auto& [left_out, kept] = *entry;
    const bool is_free = file.tensors.count(left_out) == 0 && file.unread.count(left_out) == 0;
    const auto tensor = file.tensors.find(kept);
    const auto unread = file.unread.find(kept);
    if (!is_free || (tensor == file.tensors.end() && unread == file.unread.end())) {
      ++entry;
      continue;
    }
    if (tensor != file.tensors.end()) {
      file.tensors.emplace(left_out, tensor->second);
    } else {
      file.unread.emplace(left_out, unread->second);
    }
    entry = file.metadata.erase(entry);
  }
}

MappedTensors::MappedTensors(const std::filesystem::path& path) {
  const InputFile input(path);
  auto [header, data_begin] = read_header(input);
  metadata_ = std::move(header.metadata);
  memory_ = input.map();
  for (auto& [name, entry] : header.entries) {
    entries_.emplace(name,
                     Entry{entry.dtype, std::move(entry.shape), memory_.get() + data_begin + entry.begin});
  }
}

void write_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  for (const auto& [name, tensor] : file.tensors) {
    if (!tensor.defined()) fail("{}: tensor {} is undefined", path.string(), in_quotes(name));
    if (tensor.layout() != at::kStrided || tensor.is_quantized()) {
      fail("{}: tensor {} is {}, which the format cannot hold; convert it to a dense real tensor",
           path.string(), in_quotes(name), tensor.toString());
    }
  }
  const auto plan = plan_of(file);
  write_safetensors(path, plan, file.metadata, [&](size_t i) { return file.tensors.at(plan[i].name); });
}

void write_safetensors(const std::filesystem::path& path, const std::vector<PlannedTensor>& plan,
                       const std::map<std::string, std::string>& metadata,
                       const std::function<at::Tensor(size_t)>& tensor) {
  const std::string header = header_of(plan, metadata, path.string());
  write_atomically(path, [&](std::ostream& out) {
    const uint64_t header_bytes = header.size();
    out.write(reinterpret_cast<const char*>(&header_bytes), sizeof(header_bytes));
    out << header;
    for (size_t i = 0; i < plan.size(); ++i) {
      const at::Tensor data = tensor(i).detach().to(at::kCPU).contiguous().resolve_neg();
      if (data.scalar_type() != plan[i].dtype || data.sizes() != at::IntArrayRef(plan[i].shape)) {
        fail("{}: tensor {} does not have the type and shape that were planned", path.string(),
             in_quotes(plan[i].name));
      }
      out.write(static_cast<const char*>(data.data_ptr()), static_cast<std::streamsize>(data.nbytes()));
    }
  });
}

}  // namespace focus::io
