// Which handler a request belongs to.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace focus::http {

/// Where a handler runs: where connections are looked after, if it takes microseconds, or among the workers.
enum class Runs { kAtOnce, kAmongWorkers };
/// Whether the token is needed.
enum class Access { kToken, kEverybody };

struct Route {
  std::string method;   ///< "GET" answers HEAD, too
  std::string pattern;  ///< "/v2/models/{model}/infer": a name in braces stands for one part of a path
  std::string label;    ///< what log and metrics call it
  Handler handler;
  Runs runs = Runs::kAmongWorkers;
  Access access = Access::kToken;
  /// Answers requests of which microseconds tell what to say, which is less than handing them to a worker
  /// takes; false: `handler` is to. Runs where connections are looked after, unless the body is compressed.
  std::function<bool(const ExchangePointer&)> at_sight = nullptr;
};

/// Finds routes. Immutable once the server runs. Of several patterns that fit, the one whose own words come
/// first counts: "/models/new" before "/models/{model}".
class Router {
 public:
  /// Throws Error for a pattern that cannot be one, or is there twice for a method.
  void add(Route route);

  struct Match {
    const Route* route = nullptr;  ///< none: no such path (404), or none of its methods (405, `allowed`)
    std::map<std::string, std::string> captured;
    std::string allowed;  ///< methods that the path takes, as Allow has them: "GET, HEAD, OPTIONS"; empty: no
                          ///< such path
  };
  /// @param path as it was sent, still with its %-escapes: what they stand for divides no path, and is what
  /// is
  ///   captured. Throws HttpError 400 for a bad one.
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
    /// Whether its own words come before another's that fits the same path.
    bool is_before(const Entry& other) const;
  };
  std::vector<Entry> entries_;
};

}  // namespace focus::http
