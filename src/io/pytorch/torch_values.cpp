#include "io/pytorch/torch_values.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/human.h"
#include "io/tensor_view.h"

namespace focus::io {
namespace {

struct TypeNames {
  std::string_view storage, dtype, alias;
  at::ScalarType type;
};

constexpr std::array<TypeNames, 10> kTypeNames{{{"DoubleStorage", "float64", "double", at::kDouble},
                                                {"FloatStorage", "float32", "float", at::kFloat},
                                                {"HalfStorage", "float16", "half", at::kHalf},
                                                {"BFloat16Storage", "bfloat16", "bfloat16", at::kBFloat16},
                                                {"LongStorage", "int64", "long", at::kLong},
                                                {"IntStorage", "int32", "int", at::kInt},
                                                {"ShortStorage", "int16", "short", at::kShort},
                                                {"CharStorage", "int8", "int8", at::kChar},
                                                {"ByteStorage", "uint8", "uint8", at::kByte},
                                                {"BoolStorage", "bool", "bool", at::kBool}}};

struct UnreadStorage {
  std::string_view storage, what;
  uint64_t element_bytes;
};

/// Types that a detector's weights never have: files with such tensors beside its weights are still read.
constexpr std::array<UnreadStorage, 7> kUnreadStorages{{{"ComplexFloatStorage", "complex64", 8},
                                                        {"ComplexDoubleStorage", "complex128", 16},
                                                        {"QInt8Storage", "qint8", 1},
                                                        {"QUInt8Storage", "quint8", 1},
                                                        {"QInt32Storage", "qint32", 4},
                                                        {"QUInt4x2Storage", "quint4x2", 1},
                                                        {"QUInt2x4Storage", "quint2x4", 1}}};

/// Follows wrappers (parameters, tensors with attributes) to the call that builds the tensor itself.
struct Call {
  std::string_view function;
  const std::vector<PickleRef>* arguments = nullptr;
};

std::string_view global_name(const Pickle& pickle, PickleRef ref) {
  return pickle[ref].kind == PickleKind::kGlobal ? std::string_view(pickle[ref].text) : std::string_view();
}

bool is_parameter(std::string_view function) {
  return function == "torch._utils._rebuild_parameter" ||
         function == "torch._utils._rebuild_parameter_with_state";
}

bool is_subclass(std::string_view function) {
  return function == "torch._tensor._rebuild_from_type_v2" || function == "torch._tensor._rebuild_from_type";
}

Call innermost_call(const Pickle& pickle, PickleRef ref, const std::string& where) {
  constexpr int kMaxWrappers = 8;
  PickleRef callee = ref, arguments = ref;
  bool is_object = true;
  for (int wrappers = 0; wrappers < kMaxWrappers; ++wrappers) {
    if (is_object) {
      const PickleValue& object = pickle[ref];
      if (object.kind != PickleKind::kObject) {
        fail("{}: expected a tensor, found {}", where, pickle.describe(ref));
      }
      callee = object.items[0];
      arguments = object.items[1];
    }
    const std::string_view function = global_name(pickle, callee);
    const PickleValue& given = pickle[arguments];
    if (given.kind != PickleKind::kTuple) fail("{}: its description has no arguments", where);
    if (is_parameter(function) && !given.items.empty()) {
      ref = given.items[0];
      is_object = true;
    } else if (is_subclass(function) && given.items.size() >= 3) {
      callee = given.items[0];
      arguments = given.items[2];
      is_object = false;
    } else {
      return {function, &given.items};
    }
  }
  fail("{}: is wrapped more than {} times", where, kMaxWrappers);
}

std::vector<int64_t> integers(const Pickle& pickle, PickleRef ref, const char* what,
                              const std::string& where) {
  const PickleValue& value = pickle[ref];
  if (value.kind != PickleKind::kTuple && value.kind != PickleKind::kList) {
    // torch.Size is written as a call with the tuple of its sizes.
    if (value.kind == PickleKind::kObject && pickle.is_global(value.items[0], "torch.Size") &&
        pickle[value.items[1]].items.size() == 1 && pickle[value.items[1]].items[0] != ref &&
        pickle[pickle[value.items[1]].items[0]].kind == PickleKind::kTuple) {
      return integers(pickle, pickle[value.items[1]].items[0], what, where);
    }
    fail("{}: its {} is not a tuple but {}", where, what, pickle.describe(ref));
  }
  if (value.items.size() > kMaxDimensions) fail("{}: has more than {} dimensions", where, kMaxDimensions);
  std::vector<int64_t> numbers;
  for (const PickleRef item : value.items) {
    const auto number = pickle.integer(item);
    if (!number) fail("{}: its {} holds a {}, not a number", where, what, pickle.describe(item));
    numbers.push_back(*number);
  }
  return numbers;
}

at::ScalarType dtype_of(const Pickle& pickle, PickleRef ref, const std::string& where) {
  std::string_view name = global_name(pickle, ref);
  if (name.substr(0, 6) == "torch.") {
    name.remove_prefix(6);
    for (const auto& type : kTypeNames) {
      if (name == type.dtype || name == type.alias) return type.type;
    }
  }
  fail("{}: its type {} is not one of float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool",
       where, pickle.describe(ref));
}

bool has_flag(const Pickle& pickle, PickleRef metadata, std::string_view flag) {
  const auto found = pickle.find(metadata, flag);
  return found && pickle.integer(*found).value_or(0) != 0;
}

}  // namespace

bool is_torch_tensor(const Pickle& pickle, PickleRef ref) {
  const PickleValue& value = pickle[ref];
  if (value.kind != PickleKind::kObject) return false;
  const std::string_view function = global_name(pickle, value.items[0]);
  constexpr std::string_view kRebuild = "torch._utils._rebuild_";
  return function.substr(0, kRebuild.size()) == kRebuild || is_subclass(function);
}

std::string unread_torch_tensor(const Pickle& pickle, PickleRef ref, const std::string& where) {
  const auto [function, arguments] = innermost_call(pickle, ref, where);
  constexpr std::string_view kRebuild = "torch._utils._rebuild_";
  if (function == "torch._utils._rebuild_tensor_v3") {
    constexpr size_t kDtype = 6;
    std::string_view name = arguments->size() > kDtype ? global_name(pickle, (*arguments)[kDtype]) : "";
    if (name.substr(0, 6) != "torch.") return "";
    name.remove_prefix(6);
    const bool is_read = std::any_of(kTypeNames.begin(), kTypeNames.end(), [&](const auto& type) {
      return name == type.dtype || name == type.alias;
    });
    return is_read ? "" : std::string(name);
  }
  if (function == "torch._utils._rebuild_tensor" || function == "torch._utils._rebuild_tensor_v2") {
    const auto storage = arguments->empty() ? std::nullopt : parse_storage(pickle, arguments->front(), where);
    return storage ? storage->unread : "";
  }
  // "_rebuild_sparse_tensor" and similar functions; PyTorch writes no other calls.
  if (function.substr(0, kRebuild.size()) != kRebuild) return "";
  std::string kind(function.substr(kRebuild.size()));
  std::replace(kind.begin(), kind.end(), '_', ' ');
  return kind;
}

TensorUse parse_torch_tensor(const Pickle& pickle, PickleRef ref, const std::string& where) {
  const auto [function, given] = innermost_call(pickle, ref, where);
  const std::vector<PickleRef>& arguments = *given;
  const bool v1 = function == "torch._utils._rebuild_tensor";
  const bool v2 = function == "torch._utils._rebuild_tensor_v2";
  const bool v3 = function == "torch._utils._rebuild_tensor_v3";
  if (!v1 && !v2 && !v3) {
    fail("{}: is built by {}; only dense tensors of real numbers are read", where, in_quotes(function));
  }
  if (arguments.size() < (v1 ? 4u : v2 ? 6u : 7u)) fail("{}: its description is incomplete", where);

  TensorUse tensor;
  auto storage = parse_storage(pickle, arguments[0], where);
  if (!storage) fail("{}: expected a storage, found {}", where, pickle.describe(arguments[0]));
  if (!storage->unread.empty()) fail("{}: is {}; only real numbers are read", where, storage->unread);
  tensor.storage = std::move(*storage);
  tensor.dtype = v3 ? dtype_of(pickle, arguments[6], where) : tensor.storage.dtype.value_or(at::kByte);
  const auto offset = pickle.integer(arguments[1]);
  if (!offset) fail("{}: its offset is {}, not a number", where, pickle.describe(arguments[1]));
  tensor.offset = *offset;
  tensor.sizes = integers(pickle, arguments[2], "shape", where);
  tensor.strides = integers(pickle, arguments[3], "list of strides", where);
  if (const size_t metadata = v2 ? 6 : 7; !v1 && arguments.size() > metadata) {
    tensor.negated = has_flag(pickle, arguments[metadata], "neg");
  }
  return tensor;
}

std::optional<StorageUse> parse_storage(const Pickle& pickle, PickleRef ref, const std::string& where) {
  if (pickle[ref].kind != PickleKind::kPersistentId) return std::nullopt;
  const PickleValue& id = pickle[pickle[ref].items[0]];
  if (id.kind != PickleKind::kTuple || id.items.size() < 5 || pickle.string(id.items[0]) != "storage") {
    return std::nullopt;
  }
  StorageUse storage;
  const std::string_view type = global_name(pickle, id.items[1]);
  const std::string_view name = type.substr(type.rfind('.') + 1);
  bool known = name == "UntypedStorage" || name == "_UntypedStorage";
  for (const auto& candidate : kTypeNames) {
    if (name != candidate.storage) continue;
    storage.dtype = candidate.type;
    storage.element_bytes = c10::elementSize(candidate.type);
    known = true;
  }
  for (const auto& candidate : kUnreadStorages) {
    if (name != candidate.storage) continue;
    storage.unread = candidate.what;
    storage.element_bytes = candidate.element_bytes;
    known = true;
  }
  if (!known || type.substr(0, 6) != "torch.") {
    fail("{}: its storage is {}, a type that is not read", where, pickle.describe(id.items[1]));
  }
  const auto key = pickle.string(id.items[2]);
  const auto elements = pickle.integer(id.items[4]);
  if (!key || !elements || *elements < 0) fail("{}: its storage has no key or no size", where);
  storage.key = *key;
  storage.elements = *elements;
  if (id.items.size() > 5 && pickle[id.items[5]].kind != PickleKind::kNone) {
    const PickleValue& part = pickle[id.items[5]];
    const bool complete = part.kind == PickleKind::kTuple && part.items.size() == 3;
    const auto begin = complete ? pickle.integer(part.items[1]) : std::nullopt;
    const auto size = complete ? pickle.integer(part.items[2]) : std::nullopt;
    if (!begin || !size) fail("{}: the description of its part of the storage is incomplete", where);
    storage.is_part = true;
    storage.part_begin = *begin;
    storage.part_elements = *size;
  }
  return storage;
}

}  // namespace focus::io
