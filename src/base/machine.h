// What a measurement must say about where and when it was made.
#pragma once

#include <filesystem>
#include <string>

namespace focus {

/// The CPU's name as Linux's cpuinfo file gives it; "unknown" if it does not.
std::string cpu_name(const std::filesystem::path& cpuinfo = "/proc/cpuinfo");

/// Now, in UTC: "2026-01-31T12:34:56Z".
std::string utc_time();

}  // namespace focus
