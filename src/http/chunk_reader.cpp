#include "http/chunk_reader.h"

#include <algorithm>

#include "http/error.h"
#include "http/text.h"

namespace focus::http {
namespace {

// Bytes of the line with a chunk's size and its extensions; extensions are rare.
constexpr size_t kMaxSizeLine = size_t{4} << 10;
constexpr size_t kMaxTrailer = size_t{16} << 10;

bool closes_its_quotes(std::string_view extensions) {
  bool quoted = false;
  for (size_t i = 0; i < extensions.size(); ++i) {
    if (extensions[i] == '"') quoted = !quoted;
    if (extensions[i] == '\\' && quoted) ++i;
  }
  return !quoted;
}

[[noreturn]] void fail_size(std::string_view line) {
  fail_http(400, "the body has '{}' where the size of a chunk, in hexadecimal digits, is expected",
            line.substr(0, std::min<size_t>(line.size(), 40)));
}

}  // namespace

size_t ChunkReader::read(std::string_view bytes, const std::function<void(std::string_view)>& sink) {
  size_t taken = 0;
  while (state_ != State::kDone && taken < bytes.size()) {
    const auto rest = bytes.substr(taken);
    if (state_ == State::kData) {
      const auto part = rest.substr(0, static_cast<size_t>(std::min<uint64_t>(left_, rest.size())));
      sink(part);
      taken += part.size();
      left_ -= part.size();
      if (left_ == 0) state_ = State::kDataEnd;
      continue;
    }
    if (state_ == State::kDataEnd) {
      if (rest.front() != '\r' || (rest.size() > 1 && rest[1] != '\n')) {
        fail_http(400, "a chunk of the body is longer than its size says");
      }
      if (rest.size() < 2) break;
      taken += 2;
      state_ = State::kSize;
      continue;
    }
    const bool is_size = state_ == State::kSize;
    const size_t end = rest.find('\n');
    const auto line = rest.substr(0, end);
    if (is_size && line.size() > kMaxSizeLine)
      fail_http(431, "the line with the size of a chunk is longer than {} bytes", kMaxSizeLine);
    if (!is_size && trailer_bytes_ + line.size() > kMaxTrailer) {
      fail_http(431, "the trailer fields after the body have more than {} bytes", kMaxTrailer);
    }
    if (end == std::string_view::npos) {
      if (is_size && hex_digit(rest.front()) < 0) fail_size(rest.substr(0, 1));
      break;
    }
    if (line.empty() || line.back() != '\r')
      fail_http(400, "a line of the chunked body ends in a line feed alone; lines end in CR LF");
    const auto text = line.substr(0, line.size() - 1);
    taken += end + 1;
    if (!is_plain_line(text))
      fail_http(400, "a line of the chunked body has a control character, which is not allowed");
    if (is_size) {
      read_size(text);
    } else {
      trailer_bytes_ += end + 1;
      read_trailer(text);
    }
  }
  return taken;
}

void ChunkReader::read_size(std::string_view line) {
  size_t digits = 0;
  uint64_t size = 0;
  while (digits < line.size() && hex_digit(line[digits]) >= 0) {
    if (size >> 60) fail_http(413, "a chunk of the body is too large");
    size = size * 16 + static_cast<uint64_t>(hex_digit(line[digits++]));
  }
  const auto extensions = line.substr(digits);
  const auto marked = trimmed(extensions);
  if (digits == 0 || (!extensions.empty() && (marked.empty() || marked.front() != ';')) ||
      !closes_its_quotes(extensions)) {
    fail_size(line);
  }
  left_ = size;
  state_ = size > 0 ? State::kData : State::kTrailer;
}

void ChunkReader::read_trailer(std::string_view line) {
  if (line.empty()) {
    state_ = State::kDone;
    return;
  }
  // Trailer fields are ignored, as they are not part of the head. But these two would say where the body
  // ends, and two readers could then disagree on that.
  const auto name = line.substr(0, line.find(':'));
  if (name.size() == line.size() || !is_token(name) || same_word(name, "content-length") ||
      same_word(name, "transfer-encoding")) {
    fail_http(400, "the line '{}' is not allowed as a trailer field after a body",
              line.substr(0, std::min<size_t>(line.size(), 80)));
  }
}

}  // namespace focus::http
