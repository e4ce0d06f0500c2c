// Finds the handler of a request.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace focus::http {

/// Where a handler runs: on the thread of connections, if it takes microseconds only, or on a worker thread.
enum class Runs { kAtOnce, kAmongWorkers };
/// Whether the route needs the token.
enum class Access { kToken, kEverybody };

struct Route {
  std::string method;   ///< "GET" also answers HEAD
  std::string pattern;  ///< "/v2/models/{model}/infer": a name in braces captures one part of the path
  std::string label;    ///< its name in log and metrics
  Handler handler;
  Runs runs = Runs::kAmongWorkers;
  Access access = Access::kToken;
  /// Answers those requests that take microseconds, which is less than handing them to a worker; returns
  /// false to leave a request to `handler`. Runs on the thread of connections; not called for compressed
  /// bodies.
  std::function<bool(const ExchangePointer&)> at_sight = nullptr;
};

/// Finds routes. Immutable once the server runs. If several patterns match, literal parts win over captures:
/// "/models/new" over "/models/{model}".
class Router {
 public:
  /// Throws Error for an invalid pattern, or one that was already added for the method.
  void add(Route route);

  struct Match {
    const Route* route = nullptr;  ///< none: no such path (404), or none of its methods (405, `allowed`)
    std::map<std::string, std::string> captured;
    std::string allowed;  ///< the path's methods, in the form of Allow: "GET, HEAD, OPTIONS"; empty: no such
                          ///< path
  };
  /// @param path as sent, with its %-escapes: an escaped slash does not split the path. Captured parts are
  ///   decoded. Throws HttpError 400 for an invalid escape.
  Match find(const std::string& method, const std::string& path) const;

 private:
  /// A part of a pattern.
  struct Word {
    std::string text;  ///< without braces
    bool captures = false;
  };
  struct Entry {
    Route route;
    std::vector<Word> words;

    bool fits(const std::vector<std::string>& parts) const;
    /// Whether it wins over another entry that matches the same path.
    bool is_before(const Entry& other) const;
  };
  std::vector<Entry> entries_;
};

}  // namespace focus::http
