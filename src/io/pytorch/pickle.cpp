#include "io/pytorch/pickle.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/human.h"
#include "io/pytorch/pickle_text.h"

namespace focus::io {
std::optional<std::string_view> Pickle::string(PickleRef ref) const {
  const PickleValue& value = values_[ref];
  if (value.kind != PickleKind::kString || value.far) return std::nullopt;
  return value.text;
}

std::optional<int64_t> Pickle::integer(PickleRef ref) const {
  const PickleValue& value = values_[ref];
  if (value.kind != PickleKind::kInt && value.kind != PickleKind::kBool) return std::nullopt;
  return value.number;
}

bool Pickle::is_global(PickleRef ref, std::string_view name) const {
  return values_[ref].kind == PickleKind::kGlobal && values_[ref].text == name;
}

std::optional<PickleRef> Pickle::find(PickleRef dict, std::string_view key) const {
  const PickleValue& value = values_[dict];
  if (value.kind != PickleKind::kDict) return std::nullopt;
  for (size_t i = value.items.size(); i >= 2; i -= 2) {
    if (string(value.items[i - 2]) == key) return value.items[i - 1];
  }
  return std::nullopt;
}

std::string Pickle::describe(PickleRef ref) const {
  const PickleValue& value = values_[ref];
  switch (value.kind) {
    case PickleKind::kNone:
      return "None";
    case PickleKind::kBool:
      return "bool";
    case PickleKind::kInt:
    case PickleKind::kLargeInt:
      return "int";
    case PickleKind::kFloat:
      return "float";
    case PickleKind::kString:
      return "str";
    case PickleKind::kBytes:
      return "bytes";
    case PickleKind::kTuple:
      return "tuple";
    case PickleKind::kList:
      return "list";
    case PickleKind::kDict:
      return "dict";
    case PickleKind::kSet:
      return "set";
    case PickleKind::kPersistentId:
      return "reference to something outside the pickle";
    case PickleKind::kGlobal:
      return "name " + in_quotes(value.text);
    case PickleKind::kObject:
      if (values_[value.items[0]].kind == PickleKind::kGlobal) {
        return "object of " + in_quotes(values_[value.items[0]].text);
      }
  }
  return "object of an unknown class";
}

bool Pickle::read_text(PickleRef ref, void* into, uint64_t bytes) const {
  const PickleValue& value = values_[ref];
  if (value.kind != PickleKind::kString && value.kind != PickleKind::kBytes) return false;
  if (!value.far) {
    if (value.text.size() != bytes) return false;
    if (bytes > 0) std::memcpy(into, value.text.data(), bytes);
    return true;
  }
  if (!value.latin1) {
    if (value.far_bytes != bytes) return false;
    source_->read(value.offset, into, bytes);
    return true;
  }
  Latin1Decoder decoder(static_cast<uint8_t*>(into), bytes);
  std::string piece;
  for (uint64_t done = 0; done < value.far_bytes; done += piece.size()) {
    piece.resize(std::min<uint64_t>(1 << 16, value.far_bytes - done));
    source_->read(value.offset + done, piece.data(), piece.size());
    if (!decoder.add(piece)) return false;
  }
  return decoder.complete();
}

}  // namespace focus::io
