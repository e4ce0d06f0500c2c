#include "io/pytorch/pytorch_writer.h"

#include <ATen/ATen.h>
#include <c10/util/strides.h>
#include <caffe2/serialize/inline_container.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"

namespace focus::io {
namespace {

/// A storage in the file: a whole storage that tensors share, or one tensor made contiguous.
struct Part {
  at::Tensor bytes;  // keeps the memory
  int64_t elements = 0;
};

struct PlacedRecord {
  size_t part = 0;
  int64_t offset = 0;
  std::vector<int64_t> strides;
};

struct Layout {
  std::vector<Part> parts;
  std::map<std::string, PlacedRecord> tensors;
};

const char* storage_type(at::ScalarType dtype) {
  switch (dtype) {
    case at::kDouble:
      return "DoubleStorage";
    case at::kFloat:
      return "FloatStorage";
    case at::kHalf:
      return "HalfStorage";
    case at::kBFloat16:
      return "BFloat16Storage";
    case at::kLong:
      return "LongStorage";
    case at::kInt:
      return "IntStorage";
    case at::kShort:
      return "ShortStorage";
    case at::kChar:
      return "CharStorage";
    case at::kByte:
      return "ByteStorage";
    case at::kBool:
      return "BoolStorage";
    default:
      return nullptr;
  }
}

Layout layout_of(const std::map<std::string, at::Tensor>& tensors, const std::filesystem::path& path) {
  // PyTorch reads a storage as one type only, so tensors of two types cannot share one.
  std::map<c10::StorageImpl*, std::pair<int, std::set<at::ScalarType>>> users;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.defined()) fail("{}: tensor {} is undefined", path.string(), in_quotes(name));
    if (storage_type(tensor.scalar_type()) == nullptr || tensor.layout() != at::kStrided ||
        tensor.is_quantized()) {
      fail("{}: tensor {} is {}, which cannot be written; convert it to a dense real tensor", path.string(),
           in_quotes(name), tensor.toString());
    }
    try {
      static_cast<void>(nlohmann::json(name).dump());
    } catch (const nlohmann::json::exception&) {
      fail("{}: the name {} is not UTF-8 text", path.string(), in_quotes(name));
    }
    auto& [count, types] = users[tensor.storage().unsafeGetStorageImpl()];
    ++count;
    types.insert(tensor.scalar_type());
  }
  Layout layout;
  std::map<c10::StorageImpl*, size_t> shared;
  for (const auto& [name, tensor] : tensors) {
    c10::StorageImpl* storage = tensor.storage().unsafeGetStorageImpl();
    const auto& [count, types] = users.at(storage);
    PlacedRecord placed;
    if (count > 1 && types.size() == 1 && tensor.is_cpu() && !tensor.is_neg() && tensor.numel() > 0) {
      const auto [known, is_new] = shared.emplace(storage, layout.parts.size());
      if (is_new) {
        const auto elements = static_cast<int64_t>(storage->nbytes() / tensor.element_size());
        layout.parts.push_back({tensor.detach().as_strided({elements}, {1}, 0), elements});
      }
      placed = {known->second, tensor.storage_offset(), tensor.strides().vec()};
    } else {
      const at::Tensor own = tensor.detach().to(at::kCPU).contiguous().resolve_neg();
      placed = {layout.parts.size(), 0, at::IntArrayRef(c10::contiguous_strides(own.sizes())).vec()};
      layout.parts.push_back({own, own.numel()});
    }
    layout.tensors.emplace(name, std::move(placed));
  }
  return layout;
}

/// Writes the instructions of a pickle, only those that torch.load accepts with weights_only=True.
class PickleText {
 public:
  PickleText() : bytes_("\x80\x02") {}

  void code(std::string_view codes) { bytes_ += codes; }
  void global(std::string_view module, std::string_view name) {
    bytes_ += fmt::format("c{}\n{}\n", module, name);
  }
  void text(std::string_view text) {
    bytes_ += 'X';
    little_endian(text.size(), 4);
    bytes_ += text;
  }
  void number(int64_t value) {
    if (value >= 0 && value <= 0xff) {
      bytes_ += 'K';
      little_endian(static_cast<uint64_t>(value), 1);
    } else if (value >= 0 && value <= std::numeric_limits<int32_t>::max()) {
      bytes_ += 'J';
      little_endian(static_cast<uint64_t>(value), 4);
    } else {
      bytes_ += "\x8a\x08";
      little_endian(static_cast<uint64_t>(value), 8);
    }
  }
  void numbers(at::IntArrayRef values) {
    bytes_ += '(';
    for (const int64_t value : values) number(value);
    bytes_ += 't';
  }
  void ordered_dict() {
    global("collections", "OrderedDict");
    bytes_ += ")R";
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void little_endian(uint64_t value, int count) {
    for (int i = 0; i < count; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
  }

  std::string bytes_;
};

std::string pickle_of(const std::map<std::string, at::Tensor>& tensors, const Layout& layout,
                      const std::map<std::string, std::string>& remarks) {
  PickleText pickle;
  if (!remarks.empty()) {
    pickle.code("}(");
    pickle.text("model");
  }
  pickle.ordered_dict();
  pickle.code("(");
  for (const auto& [name, tensor] : tensors) {
    const PlacedRecord& placed = layout.tensors.at(name);
    pickle.text(name);
    pickle.global("torch._utils", "_rebuild_tensor_v2");
    pickle.code("((");
    pickle.text("storage");
    pickle.global("torch", storage_type(tensor.scalar_type()));
    pickle.text(std::to_string(placed.part));
    pickle.text("cpu");
    pickle.number(layout.parts[placed.part].elements);
    pickle.code("tQ");
    pickle.number(placed.offset);
    pickle.numbers(tensor.sizes());
    pickle.numbers(placed.strides);
    pickle.code("\x89");
    pickle.ordered_dict();
    pickle.code("tR");
  }
  pickle.code("u");
  for (const auto& [name, text] : remarks) {
    pickle.text(name);
    pickle.text(text);
  }
  pickle.code(remarks.empty() ? "." : "u.");
  return pickle.bytes();
}

}  // namespace

void write_pytorch(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& tensors,
                   const std::map<std::string, std::string>& remarks) {
  const Layout layout = layout_of(tensors, path);
  const std::string pickle = pickle_of(tensors, layout, remarks);
  write_atomically(path, [&](std::ostream& out) {
    // Always report success: the writer's destructor would end the program after a failure. write_atomically
    // checks for one at the end.
    out.exceptions(std::ios::goodbit);
    caffe2::serialize::PyTorchStreamWriter writer([&out](const void* data, size_t bytes) {
      out.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
      return bytes;
    });
    constexpr std::string_view kByteOrder = "little";
    writer.writeRecord("data.pkl", pickle.data(), pickle.size());
    writer.writeRecord("byteorder", kByteOrder.data(), kByteOrder.size());
    for (size_t i = 0; i < layout.parts.size(); ++i) {
      const at::Tensor& bytes = layout.parts[i].bytes;
      writer.writeRecord("data/" + std::to_string(i), bytes.data_ptr(), bytes.nbytes());
    }
    writer.writeEndOfFile();
  });
}

}  // namespace focus::io
