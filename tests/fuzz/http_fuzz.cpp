#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/error.h"
#include "http/inflate.h"
#include "http/multipart.h"
#include "http/request_reader.h"
#include "http/text.h"

namespace {

using namespace focus::http;

struct Outcome {
  int status = 0;  ///< of the error; 200: a whole request; 0: more has to come
  std::string body;
  std::string target;

  bool operator==(const Outcome&) const = default;
};

constexpr size_t kMaxBytes = size_t{1} << 20;

/// As a connection does, `step` bytes at a time.
Outcome read_request(std::string_view bytes, size_t step) {
  Outcome outcome;
  RequestReader reader(4096);
  std::string pending;
  try {
    while (!reader.is_done() && !bytes.empty()) {
      pending += bytes.substr(0, step);
      bytes.remove_prefix(std::min(step, bytes.size()));
      if (!reader.has_head()) {
        const size_t size = reader.read_head(pending);
        pending.erase(0, size);
        if (size == 0) continue;
        outcome.target = reader.head().target;
      }
      pending.erase(0, reader.read_body(pending, [&](std::string_view part) { outcome.body += part; }));
    }
    outcome.status = reader.is_done() ? 200 : 0;
  } catch (const HttpError& error) {
    outcome = {error.status(), {}, {}};
  }
  return outcome;
}

template <typename Work>
void without_http_errors(Work&& work) {
  try {
    work();
  } catch (const HttpError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = read_request(bytes, std::max<size_t>(size, 1));
  // However it is cut, it is the same request.
  if (!(read_request(bytes, 1 + size % 13) == whole)) std::abort();
  for (const auto& body : {bytes, whole.body}) {
    without_http_errors([&] {
      for (const auto& part : read_form(body, "b", 100)) {
        if (part.content.size() > body.size()) std::abort();
      }
    });
    without_http_errors([&] { form_boundary(body); });
    without_http_errors([&] { parse_query(body); });
    for (const auto coding : {Coding::kGzip, Coding::kDeflate}) {
      without_http_errors([&] {
        HeldBytes held(std::make_shared<ByteBudget>(2 * kMaxBytes));
        if (inflated(body, coding, kMaxBytes, held).size() > kMaxBytes) std::abort();
      });
    }
  }
  return 0;
}
