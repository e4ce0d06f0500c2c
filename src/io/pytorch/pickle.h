// Python's pickles, read as data: a pickle is a program for a stack machine, but this one builds only the
// values below. Nothing is imported, called or instantiated.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/byte_source.h"

namespace focus::io {

/// A value of a Pickle. Values refer to one another by number, so that shared, cyclic and deeply nested
/// values are cheap to store and to destroy.
using PickleRef = uint32_t;

enum class PickleKind : uint8_t {
  kNone,
  kBool,          ///< number
  kInt,           ///< number
  kLargeInt,      ///< text: bytes, least significant first; empty if the pickle had it in decimal
  kFloat,         ///< real
  kString,        ///< text; the unchanged bytes of a Python 2 string
  kBytes,         ///< text; also bytearray
  kTuple,         ///< items
  kList,          ///< items
  kDict,          ///< items: key, value, key, value; also OrderedDict and defaultdict
  kSet,           ///< items; also frozenset
  kPersistentId,  ///< items: the id
  kGlobal,        ///< text: "module.name" of a class or function
  kObject,        ///< items: class or function, arguments, state or None, then items added later
};

struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  bool far = false;     ///< The text is long and still in the file: see Pickle::read_text.
  bool latin1 = false;  ///< The far text is bytes encoded as UTF-8, as protocols 0 to 2 write them.
  union {
    int64_t number = 0;
    double real;
    uint64_t offset;  ///< Of far text.
  };
  uint64_t far_bytes = 0;  ///< Of far text, in the file.
  std::string text;
  std::vector<PickleRef> items;
};

/// The values that one pickle built.
class Pickle {
 public:
  const PickleValue& operator[](PickleRef ref) const { return values_[ref]; }
  size_t size() const { return values_.size(); }
  PickleRef root() const { return root_; }
  /// Offset of the first byte after the pickle.
  uint64_t end() const { return end_; }

  /// The text if `ref` is a string of at most kFarText bytes; none otherwise.
  std::optional<std::string_view> string(PickleRef ref) const;
  /// The number if `ref` is an int or a bool; none otherwise.
  std::optional<int64_t> integer(PickleRef ref) const;
  bool is_global(PickleRef ref, std::string_view name) const;
  /// The value of a text key of a dictionary, the last one if there are several; none if there is none.
  std::optional<PickleRef> find(PickleRef dict, std::string_view key) const;
  /// For messages: "None", "int", "str", "object of 'posix.system'".
  std::string describe(PickleRef ref) const;

  /// Copies the bytes of a string or bytes value, which must be `bytes` long; false if they are not.
  bool read_text(PickleRef ref, void* into, uint64_t bytes) const;

 private:
  friend class PickleMachine;

  std::vector<PickleValue> values_;
  std::shared_ptr<const ByteSource> source_;
  PickleRef root_ = 0;
  uint64_t end_ = 0;
};

/// Reads the pickle that begins at `offset`, of protocols 0 to 5. Throws Error beginning with `name` if it is
/// damaged, needs out-of-band buffers, or has more than kMaxPickleValues values. Time and memory are bounded
/// by the number of bytes. Texts of more than kFarText bytes stay in the source, which the result keeps open.
Pickle read_pickle(const std::shared_ptr<const ByteSource>& source, uint64_t offset, const std::string& name);

constexpr size_t kMaxPickleValues = 4'000'000;
constexpr uint64_t kMaxPickleSteps = 40'000'000;  ///< Instructions.
constexpr uint64_t kFarText = 4096;

}  // namespace focus::io
