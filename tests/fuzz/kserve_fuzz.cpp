#include <cstdlib>
#include <string>

#include "http/error.h"
#include "serve/kserve/http_request.h"

namespace {

void read(std::string_view body, std::optional<std::string_view> json_bytes) {
  using namespace focus::serve::kserve;
  try {
    const Request request = read_http_request(body, json_bytes);
    for (const auto& input : request.inputs) {
      // What an input shows is in the body, or the request's own.
      const auto shown = input.raw ? *input.raw : input.numbers.value_or(std::string_view());
      if (!shown.empty() && shown.size() > body.size()) __builtin_trap();
      if (input.raw && !input.raw->empty() &&
          (input.raw->data() < body.data() ||
           input.raw->data() + input.raw->size() > body.data() + body.size())) {
        __builtin_trap();
      }
    }
  } catch (const focus::http::HttpError& error) {
    if (error.status() != 400) __builtin_trap();
  }
}

}  // namespace

/// The first byte says how much of the rest is behind the JSON.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  read(body, std::nullopt);
  if (data[0] <= body.size()) read(body, std::to_string(body.size() - data[0]));
  return 0;
}
