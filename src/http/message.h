// Requests and responses of HTTP/1.1 (RFC 9110, 9112), without a connection.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace focus::http {

/// Header fields in the order sent. Names are compared without regard to case.
class Fields {
 public:
  void add(std::string name, std::string value) { list_.emplace_back(std::move(name), std::move(value)); }
  /// The first value of that name; none if there is none.
  std::optional<std::string_view> find(std::string_view name) const;
  /// The same, or an empty text if there is none.
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view()); }
  const std::vector<std::pair<std::string, std::string>>& list() const { return list_; }

 private:
  std::vector<std::pair<std::string, std::string>> list_;
};

/// Decoded parameters of a query or of a form's parts, in the order sent.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Request line and fields of a request.
struct Head {
  std::string method;  ///< "GET"
  std::string path;    ///< percent-decoded, without the query
  Parameters query;    ///< percent-decoded; '+' is a space
  Fields headers;
  std::string client;                           ///< address of the peer, without its port
  std::map<std::string, std::string> captured;  ///< parts of the path that the route's pattern names
};

struct Request {
  Head head;
  std::string body;  ///< not parsed, whatever its Content-Type; decompressed if it had a Content-Encoding
  size_t sent_bytes = 0;  ///< of the body on the wire, before decompression
};

struct Response {
  int status = 200;
  std::string type = "application/json";  ///< Content-Type; empty: none is sent
  Fields headers;                         ///< in addition to those of the engine
  std::string body;
  std::string_view lasting_body;  ///< if not empty, sent instead of `body`; must outlive the server

  size_t size() const { return lasting_body.empty() ? body.size() : lasting_body.size(); }
};

}  // namespace focus::http
