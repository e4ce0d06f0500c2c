#include "serve/grpc/wire.h"

#include "http/error.h"

namespace focus::serve::grpc {

using http::fail_http;

uint64_t WireReader::varint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) fail_http(400, "the message ends in the middle of a number");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  fail_http(400, "the message has a number of more than 64 bits");
}

uint64_t WireReader::fixed(size_t bytes) {
  if (rest_.size() < bytes) fail_http(400, "the message ends in the middle of a number");
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
  rest_.remove_prefix(bytes);
  return value;
}

bool WireReader::next(WireField& field) {
  if (rest_.empty()) return false;
  const uint64_t tag = varint();
  const uint64_t number = tag >> 3;
  constexpr uint64_t kMostNumber = (uint64_t{1} << 29) - 1;
  if (number == 0 || number > kMostNumber)
    fail_http(400, "the message has a field with the invalid number {}", number);
  field.number = static_cast<uint32_t>(number);
  field.kind = static_cast<WireField::Kind>(tag & 7U);
  field.value = 0;
  field.bytes = {};
  switch (field.kind) {
    case WireField::Kind::kVarint:
      field.value = varint();
      return true;
    case WireField::Kind::kFixed64:
      field.value = fixed(8);
      return true;
    case WireField::Kind::kFixed32:
      field.value = fixed(4);
      return true;
    case WireField::Kind::kBytes: {
      const uint64_t size = varint();
      if (size > rest_.size()) {
        fail_http(400, "field {} of the message has {} bytes, but only {} are left", number, size,
                  rest_.size());
      }
      field.bytes = rest_.substr(0, size);
      rest_.remove_prefix(size);
      return true;
    }
  }
  fail_http(400, "field {} of the message has an unknown wire type", number);
}

void WireWriter::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80U);
  bytes_ += static_cast<char>(value);
}

void WireWriter::tag(uint32_t field, WireField::Kind kind) {
  varint(uint64_t{field} << 3 | static_cast<unsigned>(kind));
}

void WireWriter::number(uint32_t field, uint64_t value) {
  if (value == 0) return;
  tag(field, WireField::Kind::kVarint);
  varint(value);
}

void WireWriter::text(uint32_t field, std::string_view value) {
  if (!value.empty()) element(field, value);
}

void WireWriter::element(uint32_t field, std::string_view value) {
  tag(field, WireField::Kind::kBytes);
  varint(value.size());
  bytes_ += value;
}

void WireWriter::packed(uint32_t field, const std::vector<int64_t>& values) {
  if (values.empty()) return;
  WireWriter inner;
  for (const int64_t value : values) inner.varint(static_cast<uint64_t>(value));
  element(field, inner.bytes());
}

}  // namespace focus::serve::grpc
