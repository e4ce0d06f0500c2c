#include "http/cross_origin.h"

#include <algorithm>

#include "http/text.h"

namespace focus::http {

void allow_origin(const std::vector<std::string>& allowed, std::optional<std::string_view> origin,
                  Fields& fields) {
  if (allowed.empty()) return;
  const bool everybody = std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
  // A cache must not give one origin's response to another.
  if (!everybody) fields.add("Vary", "Origin");
  if (!origin) return;
  if (!everybody && std::find(allowed.begin(), allowed.end(), *origin) == allowed.end()) return;
  fields.add("Access-Control-Allow-Origin", everybody ? "*" : std::string(*origin));
  fields.add("Access-Control-Expose-Headers", "Inference-Header-Content-Length, Retry-After");
}

bool is_preflight(const Head& head) {
  return head.method == "OPTIONS" && head.headers.find("Origin") &&
         head.headers.find("Access-Control-Request-Method");
}

void answer_preflight(const Head& head, const std::string& methods, Fields& fields) {
  fields.add("Access-Control-Allow-Methods", methods);
  std::string names;
  for (const auto name : list_of(head.headers.get("Access-Control-Request-Headers"))) {
    // Named one by one: "*" would not stand for Authorization.
    if (is_token(name)) names.append(names.empty() ? "" : ", ").append(name);
  }
  if (!names.empty()) fields.add("Access-Control-Allow-Headers", names);
  fields.add("Access-Control-Max-Age", "600");
  fields.add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers");
}

}  // namespace focus::http
