#include "http/request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>

#include "http/error.h"
#include "http/text.h"

namespace focus::http {
namespace {

namespace beast = boost::beast;

// More than any client sends. A field takes more memory than its bytes.
constexpr size_t kMaxFields = 200;
constexpr size_t kMaxMethod = 32;

std::string_view view_of(beast::string_view text) { return {text.data(), text.size()}; }

[[noreturn]] void fail_version(std::string_view line) {
  if (line.starts_with("PRI * HTTP/2")) {
    fail_http(505, "the client speaks HTTP/2; this port speaks HTTP/1.0 and HTTP/1.1");
  }
  fail_http(505, "this server speaks HTTP/1.0 and HTTP/1.1");
}

/// Checks the method at the start of a request line, as far as it has arrived. Reads only the first bytes, so
/// that a line that arrives byte by byte is not scanned again and again.
void check_method(std::string_view line, bool is_whole) {
  const size_t space = line.substr(0, kMaxMethod + 1).find(' ');
  const bool is_open = space == std::string_view::npos && !is_whole && line.size() <= kMaxMethod;
  if (is_open && (line.empty() || line == "\r")) return;
  if ((space == std::string_view::npos && !is_open) || !is_token(line.substr(0, space))) {
    fail_http(400, "the request line does not begin with a method and a space");
  }
}

/// Translates Beast's errors. Beast checks the three words of a request line, except for the characters of
/// the method.
[[noreturn]] void fail_head(const beast::error_code& error, std::string_view head) {
  namespace http = beast::http;
  if (error == http::error::bad_version) {
    const auto line = head.substr(0, head.find("\r\n"));
    const auto version = line.substr(std::min(line.rfind(' '), line.size() - 1) + 1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (std::count(line.begin(), line.end(), ' ') == 2 && version.size() == 8 &&
        version.substr(0, 5) == "HTTP/" && is_digit(version[5]) && version[6] == '.' &&
        is_digit(version[7])) {
      fail_version(line);
    }
    fail_http(400, "the request line does not end in a version such as HTTP/1.1");
  }
  if (error == http::error::bad_method)
    fail_http(400, "the request line does not begin with a method and a space");
  if (error == http::error::bad_target)
    fail_http(400, "the request line has no valid path between two spaces");
  fail_http(400, "the head of the request is malformed: {}", error.message());
}

/// The path of "http://host/path" or "http://host", which clients send to proxies; empty for anything else.
std::string_view without_authority(std::string_view target) {
  const size_t scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return {};
  const auto scheme = target.substr(0, scheme_end);
  if (!same_word(scheme, "http") && !same_word(scheme, "https")) return {};
  const auto rest = target.substr(scheme_end + 3);
  const size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  if (authority_end == 0) return {};
  return authority_end == rest.size() ? std::string_view("/") : rest.substr(authority_end);
}

void read_target(std::string_view target, RequestHead& request) {
  if (target.find('#') != std::string_view::npos)
    fail_http(400, "the path has a '#', which clients must not send; write %23 for '#'");
  auto& head = request.head;
  if (head.method == "CONNECT" || (target == "*" && head.method == "OPTIONS")) {
    request.target = head.path = target;
    return;
  }
  auto local = target.front() == '/' ? target : without_authority(target);
  if (local.empty()) fail_http(400, "the path '{}' does not begin with '/'", target.substr(0, 200));
  const size_t mark = std::min(local.find('?'), local.size());
  const auto query = local.substr(std::min(mark + 1, local.size()));
  request.target = local.substr(0, mark);
  if (request.target.empty()) request.target = "/";
  auto path = percent_decoded(request.target);
  if (!path) {
    fail_http(400, "the path '{}' has a '%' without two hexadecimal digits after it; write %25 for '%'",
              request.target.substr(0, 200));
  }
  head.path = std::move(*path);
  head.query = parse_query(query);
}

}  // namespace

/// Receives the parts of the head from Beast.
class RequestReader::Parser : public beast::http::basic_parser<true> {
 public:
  Parser(RequestHead& head, size_t max_head_bytes) : head_(head) {
    // The caller bounds both. Some releases of Beast read "none" as zero, so the limits are set to the
    // largest.
    body_limit(std::numeric_limits<uint64_t>::max());
    header_limit(
        static_cast<uint32_t>(std::min<size_t>(max_head_bytes + 4, std::numeric_limits<uint32_t>::max())));
    eager(false);
  }

  std::string target;

 private:
  using Code = beast::error_code;
  using Text = beast::string_view;

  void on_request_impl(beast::http::verb, Text method, Text path, int version, Code&) override {
    head_.head.method = view_of(method);
    target = view_of(path);
    head_.is_http10 = version == 10;
  }
  void on_response_impl(int, Text, int, Code&) override {}
  void on_field_impl(beast::http::field, Text name, Text value, Code&) override {
    head_.head.headers.add(std::string(view_of(name)), std::string(view_of(value)));
  }
  void on_header_impl(Code&) override {}
  // Never called: only the head is passed to the parser.
  void on_body_init_impl(const boost::optional<uint64_t>&, Code&) override {}
  size_t on_body_impl(Text, Code&) override { return 0; }
  void on_chunk_header_impl(uint64_t, Text, Code&) override {}
  size_t on_chunk_body_impl(uint64_t, Text, Code&) override { return 0; }
  void on_finish_impl(Code&) override {}

  RequestHead& head_;
};

RequestReader::RequestReader(size_t max_head_bytes) : max_head_bytes_(max_head_bytes) {}

void RequestReader::check_lines(std::string_view bytes) {
  // Skip empty lines before the request: old clients send one after a body.
  while (lines_ == 0 && scanned_ == begin_ && bytes.substr(begin_, 2) == "\r\n")
    looked_ = scanned_ = begin_ += 2;

  while (!complete_) {
    const size_t end = bytes.find('\n', std::max(looked_, scanned_));
    if (end == std::string_view::npos) break;
    if (end == scanned_ || bytes[end - 1] != '\r') {
      fail_http(400, "a line of the head ends in a line feed alone; lines end in CR LF");
    }
    const auto line = bytes.substr(scanned_, end - 1 - scanned_);
    looked_ = scanned_ = end + 1;
    if (!is_plain_line(line))
      fail_http(400, "a line of the head has a control character, which is not allowed");
    if (lines_ > 0 && line.empty()) {
      complete_ = true;
      break;
    }
    if (lines_ > 0 && (line.front() == ' ' || line.front() == '\t')) {
      fail_http(400,
                "a field of the head continues on a second line, which is obsolete; write it on one line");
    }
    if (lines_ == 0) check_method(line, true);
    const size_t colon = line.find(':');
    if (lines_ > 0 && (colon == std::string_view::npos || !is_token(line.substr(0, colon)))) {
      fail_http(400, "a line of the head is not of the form 'Name: value': '{}'", line.substr(0, 80));
    }
    if (++lines_ > kMaxFields + 1) fail_http(431, "the head has more than {} fields", kMaxFields);
  }
  if (complete_) return;
  looked_ = bytes.size();

  // Reject other protocols at once, without waiting for the end of the line.
  if (lines_ == 0) check_method(bytes.substr(begin_), false);
}

size_t RequestReader::read_head(std::string_view bytes) {
  // Only the bytes within the limit, so that the answer does not depend on how many arrived at once.
  check_lines(bytes.substr(0, max_head_bytes_));
  if (!complete_) {
    if (bytes.size() <= max_head_bytes_) return 0;
    if (lines_ == 0) fail_http(414, "the request line is longer than {} bytes", max_head_bytes_);
    fail_http(431, "the head of the request is longer than {} bytes", max_head_bytes_);
  }

  const auto whole = bytes.substr(begin_, scanned_ - begin_);
  Parser parser(head_, max_head_bytes_);
  check_lengths(whole);
  beast::error_code error;
  const size_t count = parser.put(boost::asio::buffer(whole.data(), whole.size()), error);
  if (error || count != whole.size() || !parser.is_header_done()) fail_head(error, whole);
  finish_head(parser);
  has_head_ = true;
  return scanned_;
}

void RequestReader::check_lengths(std::string_view head) {
  size_t lengths = 0, encodings = 0;
  size_t begin = head.find("\r\n") + 2;
  while (true) {
    const size_t end = head.find("\r\n", begin);
    const auto line = head.substr(begin, end - begin);
    if (line.empty()) break;
    begin = end + 2;
    const size_t colon = line.find(':');
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (same_word(name, "content-length")) {
      if (++lengths > 1) fail_http(400, "the head has two Content-Length fields");
      if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos) {
        fail_http(400, "'Content-Length: {}' is not a number of bytes", value.substr(0, 80));
      }
      if (value.size() > 18) fail_http(413, "a body of {} bytes is too large", value.substr(0, 80));
    } else if (same_word(name, "transfer-encoding")) {
      if (++encodings > 1) fail_http(400, "the head has two Transfer-Encoding fields");
      if (!same_word(value, "chunked")) {
        fail_http(501, "'Transfer-Encoding: {}' is not supported; use chunked", value.substr(0, 80));
      }
    }
  }
  if (lengths > 0 && encodings > 0) fail_http(400, "the head has both Content-Length and Transfer-Encoding");
}

void RequestReader::finish_head(const Parser& parser) {
  auto& headers = head_.head.headers;
  const auto hosts = std::count_if(headers.list().begin(), headers.list().end(),
                                   [](const auto& field) { return same_word(field.first, "host"); });
  if (hosts > 1) fail_http(400, "the head has two Host fields");
  if (hosts == 0 && !head_.is_http10) fail_http(400, "the head has no Host field, which HTTP/1.1 requires");
  if (head_.is_http10 && parser.chunked()) fail_http(400, "HTTP/1.0 has no Transfer-Encoding");
  read_target(parser.target, head_);
  head_.keeps_alive = parser.keep_alive();
  head_.is_chunked = parser.chunked();
  head_.content_length = left_ = head_.is_chunked ? 0 : parser.content_length().value_or(0);
  const auto expect = headers.find("Expect");
  if (expect && !same_word(*expect, "100-continue")) {
    fail_http(417, "'Expect: {}' is not supported; only 100-continue is", expect->substr(0, 80));
  }
  head_.expects_continue = expect && !head_.is_http10;
}

size_t RequestReader::read_body(std::string_view bytes, const std::function<void(std::string_view)>& sink) {
  if (head_.is_chunked) return chunks_.read(bytes, sink);
  const auto part = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(left_, bytes.size())));
  if (!part.empty()) sink(part);
  left_ -= part.size();
  return part.size();
}

bool RequestReader::is_done() const {
  return has_head_ && (head_.is_chunked ? chunks_.is_done() : left_ == 0);
}

}  // namespace focus::http
