#include "io/pytorch/pytorch_file.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "base/human.h"
#include "io/numpy/numpy_array.h"
#include "io/pytorch/torch_values.h"
#include "io/tensor_view.h"

namespace focus::io {
namespace {

constexpr uint64_t kMaxPickle = 256 << 20;  // only names and shapes
constexpr std::string_view kPickleEntry = "/data.pkl";

class ZipStorages : public StorageSource {
 public:
  ZipStorages(std::unique_ptr<ZipArchive> archive, std::string folder)
      : archive_(std::move(archive)), folder_(std::move(folder)) {}

  uint64_t bytes(const std::string& key, const std::string& where) const override {
    const auto entry = archive_->entries().find(folder_ + key);
    if (entry == archive_->entries().end()) {
      fail("{}: its storage, entry {}, is missing", where, in_quotes(folder_ + key));
    }
    return entry->second.size;
  }
  void read(const std::string& key, void* into, uint64_t bytes) const override {
    archive_->read(folder_ + key, into, bytes);
  }

 private:
  std::unique_ptr<ZipArchive> archive_;
  std::string folder_;
};

}  // namespace

PickledFile::PickledFile(Pickle values, std::unique_ptr<StorageSource> storages, std::string source,
                         uint64_t content_bytes, std::string format)
    : values_(std::move(values)),
      storages_(std::move(storages)),
      source_(std::move(source)),
      content_bytes_(content_bytes),
      format_(std::move(format)) {}

bool PickledFile::is_tensor(PickleRef ref) const {
  return is_torch_tensor(values_, ref) || parse_pickled_array(values_, ref).has_value();
}

std::string PickledFile::unread(PickleRef ref, const std::string& name) const {
  if (is_torch_tensor(values_, ref)) {
    return unread_torch_tensor(values_, ref, source_ + ": tensor " + in_quotes(name));
  }
  const auto array = parse_pickled_array(values_, ref);
  return array ? unread_numpy_type(array->layout.dtype) : "";
}

at::Tensor PickledFile::tensor(PickleRef ref, const std::string& name) {
  const std::string where = source_ + ": tensor " + in_quotes(name);
  if (is_torch_tensor(values_, ref)) return torch_tensor(ref, where);
  return numpy_tensor(ref, where);
}

at::Tensor PickledFile::torch_tensor(PickleRef ref, const std::string& where) {
  const TensorUse use = parse_torch_tensor(values_, ref, where);
  const uint64_t element = c10::elementSize(use.dtype);
  const at::Tensor bytes = storage(use.storage.key, use.dtype == at::kBool, where);
  const uint64_t written_element = c10::elementSize(use.storage.dtype.value_or(at::kByte));
  if (static_cast<uint64_t>(use.storage.elements) > bytes.nbytes() / written_element) {
    fail("{}: its storage {} should have {} elements of {} bytes, but has {} bytes; is the file complete?",
         where, in_quotes(use.storage.key), use.storage.elements, written_element, bytes.nbytes());
  }
  const auto elements = static_cast<int64_t>(bytes.nbytes() / element);
  const int64_t begin = use.storage.is_part ? use.storage.part_begin : 0;
  const int64_t limit = use.storage.is_part ? use.storage.part_elements : elements;
  at::Tensor view = checked_view(bytes, use.dtype, begin, limit, use.offset, use.sizes, use.strides, where);
  // PyTorch negates such a tensor lazily. Done here, because few users of tensors expect the negative bit.
  if (!use.negated) return view;
  charge(checked_bytes(use.sizes, use.dtype, where), where);
  return view.neg();
}

at::Tensor PickledFile::storage(const std::string& key, bool bools, const std::string& where) {
  const auto found = loaded_.find({key, bools});
  if (found != loaded_.end()) return found->second;
  if (storages_ == nullptr) fail("{}: its data is in a storage, but the file has no storages", where);
  const uint64_t size = storages_->bytes(key, where);
  charge(size, where);
  const at::Tensor bytes = at::empty({static_cast<int64_t>(size)}, at::TensorOptions(at::kByte));
  storages_->read(key, bytes.data_ptr(), size);
  if (bools) normalise_bools(bytes.data_ptr(), size);
  return loaded_.emplace(std::pair(key, bools), bytes).first->second;
}

at::Tensor PickledFile::numpy_tensor(PickleRef ref, const std::string& where) {
  const auto found = arrays_.find(ref);
  if (found != arrays_.end()) return found->second;
  const auto array = parse_pickled_array(values_, ref);
  if (!array) fail("{}: expected a tensor, found {}", where, values_.describe(ref));
  const uint64_t needed =
      checked_bytes(array->layout.shape, numpy_scalar_type(array->layout.dtype, where), where);
  const PickleValue& data = values_[array->data];
  const uint64_t available = data.far ? data.far_bytes : data.text.size();
  const auto wrong_length = [&] {
    fail("{}: its shape needs {} bytes, but its data has {}", where, needed, available);
  };
  if (needed > available) wrong_length();
  charge(needed, where);
  const at::Tensor memory = array_memory(array->layout, where);
  if (!values_.read_text(array->data, memory.data_ptr(), needed)) wrong_length();
  return arrays_.emplace(ref, array_of_memory(memory, array->layout)).first->second;
}

/// Each byte of the file belongs to one tensor; twice as much allows for bytes that are also read as bools.
void PickledFile::charge(uint64_t bytes, const std::string& where) {
  taken_ += bytes;
  if (taken_ > 2 * content_bytes_) {
    fail("{}: the file's tensors would take more than twice its {}", where, human_bytes(content_bytes_));
  }
}

std::string pytorch_pickle_entry(const ZipArchive& archive) {
  for (const auto& [name, entry] : archive.entries()) {
    if (name.size() > kPickleEntry.size() && name.find('/') == name.size() - kPickleEntry.size() &&
        name.substr(name.size() - kPickleEntry.size()) == kPickleEntry) {
      return name;
    }
  }
  return "";
}

PickledFile open_pytorch_zip(std::unique_ptr<ZipArchive> archive) {
  const std::string source = archive->path().string();
  const std::string pickle_entry = pytorch_pickle_entry(*archive);
  if (pickle_entry.empty()) fail("{}: is a zip file, but has no data.pkl", source);
  const std::string root = pickle_entry.substr(0, pickle_entry.size() - kPickleEntry.size() + 1);
  if (archive->has(root + "constants.pkl")) {
    fail("{}: is a TorchScript program, not a checkpoint; save its state_dict() with torch.save", source);
  }
  if (archive->has(root + "byteorder") && archive->read(root + "byteorder", 64) != "little") {
    fail("{}: was written on a big-endian machine; convert it there", source);
  }
  const std::string name = source + ": " + pickle_entry;
  Pickle values = read_pickle(memory_bytes(archive->read(pickle_entry, kMaxPickle), name), 0, name);
  const uint64_t content_bytes = archive->unpacked_bytes();
  return PickledFile(std::move(values), std::make_unique<ZipStorages>(std::move(archive), root + "data/"),
                     source, content_bytes, "pytorch");
}

}  // namespace focus::io
