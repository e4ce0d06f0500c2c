#include "io/safetensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "io/safetensors_header.h"

namespace focus::io {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

struct Placed {
  const std::string* name;
  const at::Tensor* tensor;
  const char* dtype;
};

/// The tensors in the order their data has in the file.
std::vector<Placed> placed_tensors(const std::filesystem::path& path, const TensorFile& file) {
  std::vector<Placed> order;
  for (const auto& [name, tensor] : file.tensors) {
    if (name == "__metadata__") fail("{}: no tensor can be named '__metadata__'; rename it", path.string());
    if (!tensor.defined()) fail("{}: tensor {} is undefined", path.string(), in_quotes(name));
    const char* dtype = safetensors_dtype_name(tensor.scalar_type());
    if (dtype == nullptr || tensor.layout() != at::kStrided || tensor.is_quantized()) {
      fail("{}: tensor {} is {}, which the format cannot hold; convert it to a dense real tensor",
           path.string(), in_quotes(name), tensor.toString());
    }
    order.push_back({&name, &tensor, dtype});
  }
  std::stable_sort(order.begin(), order.end(), [](const Placed& a, const Placed& b) {
    return a.tensor->element_size() > b.tensor->element_size();
  });
  return order;
}

std::string header_of(const std::vector<Placed>& order, const TensorFile& file,
                      const std::filesystem::path& path) {
  auto tree = nlohmann::json::object();
  if (!file.metadata.empty()) tree["__metadata__"] = file.metadata;
  uint64_t offset = 0;
  for (const auto& [name, tensor, dtype] : order) {
    const uint64_t end = offset + tensor->nbytes();
    tree[*name] = {{"dtype", dtype}, {"shape", tensor->sizes().vec()}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string header;
  try {
    header = tree.dump();
  } catch (const nlohmann::json::exception&) {
    fail("{}: a tensor's name or the metadata is not UTF-8 text", path.string());
  }
  header.resize((header.size() + 7) / 8 * 8, ' ');
  if (header.size() > kMaxSafetensorsHeader) {
    fail("{}: names and metadata take {}, the format allows {}", path.string(), human_bytes(header.size()),
         human_bytes(kMaxSafetensorsHeader));
  }
  return header;
}

}  // namespace

TensorFile read_safetensors(const std::filesystem::path& path) {
  const InputFile input(path);
  const std::string source = path.string();
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
  SafetensorsHeader header = parse_safetensors_header(text, after_length - header_bytes, source);

  TensorFile file;
  file.metadata = std::move(header.metadata);
  for (const auto& [name, entry] : header.entries) {
    at::Tensor tensor = at::empty(entry.shape, at::TensorOptions(entry.dtype));
    if (entry.end > entry.begin) {
      input.read(sizeof(header_bytes) + header_bytes + entry.begin, tensor.data_ptr(),
                 entry.end - entry.begin);
    }
    // A bool whose byte is neither 0 nor 1 is undefined behaviour wherever it is used.
    if (entry.dtype == at::kBool) tensor = tensor.view(at::kByte).ne(0);
    file.tensors.emplace(name, std::move(tensor));
  }
  return file;
}

void write_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  const std::vector<Placed> order = placed_tensors(path, file);
  const std::string header = header_of(order, file, path);
  write_atomically(path, [&](std::ostream& out) {
    const uint64_t header_bytes = header.size();
    out.write(reinterpret_cast<const char*>(&header_bytes), sizeof(header_bytes));
    out << header;
    for (const auto& placed : order) {
      const at::Tensor data = placed.tensor->detach().to(at::kCPU).contiguous().resolve_neg();
      out.write(static_cast<const char*>(data.data_ptr()), static_cast<std::streamsize>(data.nbytes()));
    }
  });
}

}  // namespace focus::io
