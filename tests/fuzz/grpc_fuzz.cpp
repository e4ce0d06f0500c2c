#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include "http/error.h"
#include "rpc/message_body.h"
#include "serve/grpc/infer_message.h"

namespace {

constexpr size_t kMostBytes = 100000;

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void read(std::string_view message) {
  try {
    const auto read = focus::serve::grpc::read_infer_request(message);
    for (const auto& input : read.request.inputs) {
      if (input.raw && !lies_in(*input.raw, message)) __builtin_trap();
      if (input.numbers && input.numbers->size() > message.size()) __builtin_trap();
      if (!input.elements) continue;
      for (const auto element : *input.elements) {
        if (!lies_in(element, message)) __builtin_trap();
      }
    }
  } catch (const focus::http::HttpError& error) {
    if (error.status() != 400) __builtin_trap();
  }
}

/// Bytes of a call, in pieces of that size.
void receive(std::string_view bytes, size_t piece, focus::http::Coding coding) {
  const auto budget = std::make_shared<focus::http::ByteBudget>(4 * kMostBytes);
  try {
    focus::rpc::MessageBody body(kMostBytes, coding, budget);
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
      body.append(bytes.substr(0, piece));
    if (body.complete()) {
      const auto message = body.take();
      if (message.bytes.size() > kMostBytes) __builtin_trap();
      read(message.bytes);
    }
  } catch (const focus::http::HttpError&) {
  }
  if (budget->used() != 0) __builtin_trap();
}

}  // namespace

/// The first byte says what the rest is: a message, or bytes of a call in one of three codings.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 4 == 0) {
    read(rest);
  } else {
    receive(rest, size_t{1} + data[0] / 4, static_cast<focus::http::Coding>(data[0] % 4 - 1));
  }
  return 0;
}
