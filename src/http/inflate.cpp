#include "http/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "http/error.h"
#include "http/text.h"

namespace focus::http {
namespace {

struct Inflater {
  z_stream stream{};

  explicit Inflater(Coding coding) {
    // 15: the largest window; + 16: gzip's format instead of zlib's.
    if (inflateInit2(&stream, coding == Coding::kGzip ? 15 + 16 : 15) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream); }
};

const char* name_of(Coding coding) { return coding == Coding::kGzip ? "gzip" : "deflate (zlib's format)"; }

}  // namespace

std::optional<Coding> coding_of(std::string_view content_encoding) {
  const auto codings = list_of(content_encoding);
  if (codings.empty()) return Coding::kNone;
  if (codings.size() > 1) return std::nullopt;
  if (same_word(codings[0], "identity")) return Coding::kNone;
  if (same_word(codings[0], "gzip") || same_word(codings[0], "x-gzip")) return Coding::kGzip;
  if (same_word(codings[0], "deflate")) return Coding::kDeflate;
  return std::nullopt;
}

std::string inflated(std::string_view packed, Coding coding, size_t max_bytes, HeldBytes& held) {
  if (coding == Coding::kNone) {
    std::string same;
    append_held(same, packed, packed.size(), held);
    return same;
  }
  Inflater inflater(coding);
  auto& stream = inflater.stream;
  std::string text;
  std::array<char, 32768> piece;
  while (true) {
    if (stream.avail_in == 0) {
      const size_t count = std::min(packed.size(), size_t{1} << 20);
      // zlib only reads it.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
      stream.avail_in = static_cast<uInt>(count);
      packed.remove_prefix(count);
    }
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    const size_t made = piece.size() - stream.avail_out;
    if (made > max_bytes - text.size()) {
      fail_http(413, "the decompressed body has more than {} bytes", max_bytes);
    }
    append_held(text, {piece.data(), made}, max_bytes, held);
    const bool none_left = stream.avail_in == 0 && packed.empty();
    if (result == Z_STREAM_END) {
      if (none_left) return text;
      if (coding == Coding::kDeflate)
        fail_http(400, "the body goes on after the end of its {} data", name_of(coding));
      if (inflateReset(&stream) != Z_OK) fail_http(400, "the body is not {}", name_of(coding));
    } else if (result == Z_BUF_ERROR || (result == Z_OK && made == 0 && none_left)) {
      if (none_left) fail_http(400, "the body ends in the middle of its {} data", name_of(coding));
    } else if (result != Z_OK) {
      fail_http(400, "the body is not {}: {}", name_of(coding),
                stream.msg ? stream.msg : "the data are damaged");
    }
  }
}

}  // namespace focus::http
