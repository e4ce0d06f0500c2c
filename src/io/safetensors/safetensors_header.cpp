#include "io/safetensors/safetensors_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/human.h"
#include "io/tensor_view.h"

namespace focus::io {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<const char*, at::ScalarType>, 10> kDtypeNames{{{"F64", at::kDouble},
                                                                              {"F32", at::kFloat},
                                                                              {"F16", at::kHalf},
                                                                              {"BF16", at::kBFloat16},
                                                                              {"I64", at::kLong},
                                                                              {"I32", at::kInt},
                                                                              {"I16", at::kShort},
                                                                              {"I8", at::kChar},
                                                                              {"U8", at::kByte},
                                                                              {"BOOL", at::kBool}}};
/// The format's other types, and their bits per number.
constexpr std::array<std::pair<const char*, int64_t>, 12> kUnreadTypes{{{"U64", 64},
                                                                        {"U32", 32},
                                                                        {"U16", 16},
                                                                        {"C64", 64},
                                                                        {"F8_E4M3", 8},
                                                                        {"F8_E5M2", 8},
                                                                        {"F8_E8M0", 8},
                                                                        {"F8_E4M3FNUZ", 8},
                                                                        {"F8_E5M2FNUZ", 8},
                                                                        {"F6_E2M3", 6},
                                                                        {"F6_E3M2", 6},
                                                                        {"F4", 4}}};
constexpr int kMaxHeaderDepth = 3;  // header, tensor, shape

/// Parses a header as JSON, and refuses what a plain parser accepts: keys that come twice, nesting deeper
/// than the format has, and arrays so long that the tree would need far more memory than the file.
json parse_strictly(std::string_view text, const std::string& source) {
  std::vector<std::set<std::string>> keys;  // one set per open object
  std::vector<size_t> values;               // one count per open array
  const auto check = [&](int depth, json::parse_event_t event, json& value) {
    using Event = json::parse_event_t;
    if ((event == Event::object_start || event == Event::array_start) && depth >= kMaxHeaderDepth) {
      fail("{}: not a safetensors file: its header is nested deeper than {} levels", source, kMaxHeaderDepth);
    }
    switch (event) {
      case Event::object_start:
        keys.emplace_back();
        break;
      case Event::object_end:
        keys.pop_back();
        break;
      case Event::array_start:
        values.push_back(0);
        break;
      case Event::array_end:
        values.pop_back();
        break;
      case Event::key:
        if (!keys.back().insert(value.get<std::string>()).second) {
          fail("{}: {} comes twice in the header", source, in_quotes(value.get_ref<const std::string&>()));
        }
        break;
      case Event::value:
        break;
    }
    if (event == Event::value && !values.empty() && ++values.back() > kMaxDimensions) {
      fail("{}: a shape in the header has more than {} dimensions", source, kMaxDimensions);
    }
    return true;
  };
  try {
    return json::parse(text.begin(), text.end(), check);
  } catch (const json::exception& error) {
    fail("{}: not a safetensors file: its header is not JSON ({})", source, in_quotes(error.what()));
  }
}

/// A non-negative integer that fits int64.
std::optional<int64_t> as_size(const json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  const auto number = value.get<uint64_t>();
  if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return static_cast<int64_t>(number);
}

const json& field_of(const json& entry, const char* field, const std::string& where) {
  const auto found = entry.find(field);
  if (found == entry.end()) fail("{}: field '{}' is missing", where, field);
  return *found;
}

/// An entry of the header, of any type.
struct ParsedEntry {
  TensorEntry tensor;
  std::string unread;  ///< The type's name if LibTorch lacks it.
};

/// Whether the text has the form of the format's types: "F8_E4M3". Other text is damage, not a newer type.
bool looks_like_dtype(const std::string& name) {
  constexpr size_t kLongest = 24;
  return name.size() >= 2 && name.size() <= kLongest && name[0] >= 'A' && name[0] <= 'Z' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

/// Sets the type and returns its bits per number; none for an unknown type.
std::optional<int64_t> read_dtype(const json& entry, ParsedEntry& result, const std::string& where) {
  const json& dtype = field_of(entry, "dtype", where);
  if (!dtype.is_string()) fail("{}: field 'dtype' is not a string", where);
  const auto& dtype_name = dtype.get_ref<const std::string&>();
  for (const auto& [name, type] : kDtypeNames) {
    if (name != dtype_name) continue;
    result.tensor.dtype = type;
    return 8 * static_cast<int64_t>(c10::elementSize(type));
  }
  if (!looks_like_dtype(dtype_name)) {
    fail("{}: dtype {} is not one of F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL or the format's others", where,
         in_quotes(dtype_name));
  }
  result.unread = dtype_name;
  for (const auto& [name, bits] : kUnreadTypes) {
    if (name == dtype_name) return bits;
  }
  return std::nullopt;
}

ParsedEntry parse_entry(const json& entry, uint64_t data_bytes, const std::string& where) {
  if (!entry.is_object()) fail("{}: expected an object, found {}", where, entry.type_name());
  ParsedEntry parsed;
  const auto bits = read_dtype(entry, parsed, where);
  TensorEntry& result = parsed.tensor;

  const json& shape = field_of(entry, "shape", where);
  if (!shape.is_array()) fail("{}: field 'shape' is not a list", where);
  // ATen computes strides with max(1, size), so the other sizes may overflow even if one is zero.
  int64_t extent = bits.value_or(8);
  bool empty = false;
  for (const auto& value : shape) {
    const auto size = as_size(value);
    if (!size)
      fail("{}: shape {} holds {}, not a size", where, in_quotes(shape.dump()), in_quotes(value.dump()));
    if (__builtin_mul_overflow(extent, std::max<int64_t>(1, *size), &extent)) {
      fail("{}: shape {} is too large", where, in_quotes(shape.dump()));
    }
    empty = empty || *size == 0;
    result.shape.push_back(*size);
  }
  if (!empty && extent % 8 != 0) {
    fail("{}: shape {} of {} does not fill whole bytes", where, in_quotes(shape.dump()),
         in_quotes(parsed.unread));
  }
  const uint64_t bytes = empty ? 0 : static_cast<uint64_t>(extent) / 8;

  const json& offsets = field_of(entry, "data_offsets", where);
  if (!offsets.is_array() || offsets.size() != 2 || !as_size(offsets[0]) || !as_size(offsets[1])) {
    fail("{}: data_offsets {} is not [begin, end]", where, in_quotes(offsets.dump()));
  }
  result.begin = offsets[0].get<uint64_t>();
  result.end = offsets[1].get<uint64_t>();
  if (result.begin > result.end || result.end > data_bytes) {
    fail("{}: data_offsets {} lie outside the file's {} bytes of data; is the file complete?", where,
         offsets.dump(), data_bytes);
  }
  if (bits && result.end - result.begin != bytes) {
    fail("{}: data_offsets {} hold {} bytes, but shape {} of {} needs {}", where, offsets.dump(),
         result.end - result.begin, in_quotes(shape.dump()), entry.at("dtype").get<std::string>(), bytes);
  }
  return parsed;
}

void parse_metadata(const json& node, std::map<std::string, std::string>& metadata,
                    const std::string& source) {
  if (node.is_null()) return;  // The format's own reader accepts null as no metadata.
  if (!node.is_object()) fail("{}: __metadata__ is not an object", source);
  for (const auto& [key, value] : node.items()) {
    if (!value.is_string()) fail("{}: __metadata__ field {} is not a string", source, in_quotes(key));
    metadata.emplace(key, value.get<std::string>());
  }
}

void check_coverage(const std::map<std::string, ParsedEntry>& entries, uint64_t data_bytes,
                    const std::string& source) {
  std::vector<std::pair<const TensorEntry*, const std::string*>> in_order;
  for (const auto& [name, entry] : entries) in_order.emplace_back(&entry.tensor, &name);
  std::sort(in_order.begin(), in_order.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first->begin, a.first->end) < std::pair(b.first->begin, b.first->end);
  });
  uint64_t covered = 0;
  for (const auto& [entry, name] : in_order) {
    if (entry->begin != covered) {
      fail("{}: tensor {} begins at byte {} of the data, but the one before it ends at {}: {}", source,
           in_quotes(*name), entry->begin, covered,
           entry->begin < covered ? "they overlap" : "there is a gap");
    }
    covered = entry->end;
  }
  if (covered != data_bytes) {
    fail("{}: the file has {} bytes of data, its tensors take {}", source, data_bytes, covered);
  }
}

}  // namespace

const char* safetensors_dtype_name(at::ScalarType dtype) {
  for (const auto& [name, type] : kDtypeNames) {
    if (type == dtype) return name;
  }
  return nullptr;
}

SafetensorsHeader parse_safetensors_header(std::string_view text, uint64_t data_bytes,
                                           const std::string& source) {
  if (text.empty() || text.front() != '{')
    fail("{}: not a safetensors file: its header does not begin with '{{'", source);
  const json tree = parse_strictly(text, source);
  SafetensorsHeader header;
  std::map<std::string, ParsedEntry> entries;
  for (const auto& [name, node] : tree.items()) {
    if (name == "__metadata__") {
      parse_metadata(node, header.metadata, source);
    } else {
      const std::string where = source + ": tensor " + in_quotes(name);
      entries.emplace(name, parse_entry(node, data_bytes, where));
    }
  }
  check_coverage(entries, data_bytes, source);
  for (auto& [name, entry] : entries) {
    if (entry.unread.empty()) {
      header.entries.emplace(name, std::move(entry.tensor));
    } else {
      header.unread.emplace(name, std::move(entry.unread));
    }
  }
  return header;
}

}  // namespace focus::io
