#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/human.h"
#include "io/pytorch/pytorch_file.h"
#include "io/pytorch/torch_values.h"

// Checkpoints from before PyTorch 1.6: a magic number, a version, a description of the machine, the object
// and the list of its storages' keys, each a pickle; then each storage's number of elements and its bytes.
namespace focus::io {
namespace {

constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr int64_t kVersion = 1001;

class LegacyStorages : public StorageSource {
 public:
  explicit LegacyStorages(std::shared_ptr<const ByteSource> source) : source_(std::move(source)) {}

  void add(std::string_view key, uint64_t offset, uint64_t bytes) {
    places_.insert_or_assign(std::string(key), std::pair(offset, bytes));
  }
  uint64_t bytes(const std::string& key, const std::string& where) const override {
    const auto place = places_.find(key);
    if (place == places_.end()) fail("{}: its storage {} is missing", where, in_quotes(key));
    return place->second.second;
  }
  void read(const std::string& key, void* into, uint64_t bytes) const override {
    source_->read(places_.at(key).first, into, bytes);
  }

 private:
  std::shared_ptr<const ByteSource> source_;
  std::map<std::string, std::pair<uint64_t, uint64_t>> places_;
};

/// Bytes per element of each storage the object refers to: the storages themselves do not state it.
std::map<std::string, uint64_t, std::less<>> element_sizes(const Pickle& object, const std::string& source) {
  std::map<std::string, uint64_t, std::less<>> sizes;
  for (PickleRef ref = 0; ref < object.size(); ++ref) {
    if (object[ref].kind != PickleKind::kPersistentId) continue;
    if (const auto storage = parse_storage(object, ref, source + ": a tensor")) {
      sizes[storage->key] = storage->element_bytes;
    }
  }
  return sizes;
}

std::unique_ptr<LegacyStorages> find_storages(const std::shared_ptr<const ByteSource>& bytes,
                                              const Pickle& object, const std::string& source) {
  const Pickle keys = read_pickle(bytes, object.end(), source + ": list of storages");
  if (keys[keys.root()].kind != PickleKind::kList) fail("{}: has no list of storages", source);
  const auto sizes = element_sizes(object, source);
  auto storages = std::make_unique<LegacyStorages>(bytes);
  uint64_t offset = keys.end();
  for (const PickleRef item : keys[keys.root()].items) {
    const auto key = keys.string(item);
    const auto element = key ? sizes.find(*key) : sizes.end();
    if (element == sizes.end()) {
      fail("{}: has a storage {} that no tensor uses", source, key ? in_quotes(*key) : keys.describe(item));
    }
    uint64_t elements = 0;
    if (bytes->size() - offset < sizeof(elements))
      fail("{}: ends before storage {}", source, in_quotes(*key));
    bytes->read(offset, &elements, sizeof(elements));
    offset += sizeof(elements);
    if (elements > (bytes->size() - offset) / element->second) {
      fail("{}: storage {} of {} elements goes beyond the end of the file; is the file complete?", source,
           in_quotes(*key), elements);
    }
    storages->add(*key, offset, elements * element->second);
    offset += elements * element->second;
  }
  return storages;
}

void check_header(const Pickle& version, const Pickle& system, const std::string& source) {
  if (version.integer(version.root()) != kVersion) {
    fail("{}: its version of PyTorch's old format is unknown; only {} is read", source, kVersion);
  }
  const auto little = system.find(system.root(), "little_endian");
  if (little && system.integer(*little) == 0) {
    fail("{}: was written on a big-endian machine; convert it there", source);
  }
}

}  // namespace

PickledFile open_pickled(const std::shared_ptr<const ByteSource>& bytes, const std::string& source) {
  Pickle first = read_pickle(bytes, 0, source);
  const PickleValue& root = first[first.root()];
  if (root.kind != PickleKind::kLargeInt || root.text != kMagic) {
    return PickledFile(std::move(first), nullptr, source, bytes->size(), "pickle");
  }
  const Pickle version = read_pickle(bytes, first.end(), source);
  const Pickle system = read_pickle(bytes, version.end(), source);
  check_header(version, system, source);
  Pickle object = read_pickle(bytes, system.end(), source);
  auto storages = find_storages(bytes, object, source);
  return PickledFile(std::move(object), std::move(storages), source, bytes->size(), "pytorch-legacy");
}

}  // namespace focus::io
