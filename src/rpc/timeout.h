// A client's own deadline.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace focus::rpc {

/// The time that the field grpc-timeout names, "100m": up to eight digits and a unit, H, M, S, m, u or n.
/// None for anything else.
std::optional<std::chrono::nanoseconds> read_timeout(std::string_view text);

}  // namespace focus::rpc
