// The deadline that a client sets.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace focus::rpc {

/// Parses the field grpc-timeout, such as "100m": up to eight digits and a unit, H, M, S, m, u or n. None for
/// anything else.
std::optional<std::chrono::nanoseconds> read_timeout(std::string_view text);

}  // namespace focus::rpc
