// Bodies of KServe's protocol, and what they are refused with.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "http/error.h"
#include "serve/kserve/http_request.h"
#include "serve/kserve/request.h"

namespace focus::test {

inline nlohmann::json image_input(nlohmann::json more = nlohmann::json::object()) {
  nlohmann::json input{{"name", "image"}, {"datatype", "BYTES"}, {"shape", {1}}};
  input.update(more);
  return input;
}

inline nlohmann::json body_with(nlohmann::json input) { return {{"inputs", {std::move(input)}}}; }

/// An element of a binary BYTES tensor.
inline std::string element_of(const std::string& bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  return std::string(reinterpret_cast<const char*>(&size), sizeof(size)) + bytes;
}

/// Status and message a body is refused with; 200 and nothing if it is understood.
inline std::pair<int, std::string> refused_body(const std::string& body,
                                                std::optional<std::string_view> json_bytes = std::nullopt,
                                                const serve::RequestLimits& limits = {2, 5000}) {
  try {
    const auto request = serve::kserve::read_http_request(body, json_bytes);
    serve::kserve::understand(request, limits);
  } catch (const http::HttpError& error) {
    return {error.status(), error.what()};
  }
  return {200, ""};
}

inline void expect_refused(const std::pair<int, std::string>& found, int status, const std::string& words) {
  EXPECT_EQ(found.first, status) << words << ": " << found.second;
  EXPECT_NE(found.second.find(words), std::string::npos) << words << ": " << found.second;
}
inline void expect_refused(const nlohmann::json& body, int status, const std::string& words) {
  expect_refused(refused_body(body.dump()), status, words);
}

}  // namespace focus::test
