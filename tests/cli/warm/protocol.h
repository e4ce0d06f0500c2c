// How a test's shell asks for a run of the command by a process that has LibTorch loaded already.
#pragma once

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>

namespace focus::test::warm {

/// The variable with the socket's name, which lies outside of the file system.
inline constexpr const char* kSocketVariable = "FOCUS_DETR_TEST_SOCKET";

/// The answer where the request has to run by itself: its environment is another than the process began with.
inline constexpr int32_t kRunItYourself = -1;

/// A request is one message: standard input, output and error as descriptors, and text: the folder, how many arguments
/// there are, the arguments, the environment with inherited(); each ended by a zero. The answer is the status that waitpid gives.
inline constexpr size_t kMostBytes = 100'000;

inline socklen_t address_of(const char* name, sockaddr_un& address) {
  address = {};
  address.sun_family = AF_UNIX;
  const size_t length = strnlen(name, sizeof(address.sun_path) - 1);
  std::memcpy(address.sun_path + 1, name, length);
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
}

/// A message of a text and of three descriptors beside it, to be sent or received.
struct StreamsMessage {
  int streams[3] = {-1, -1, -1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(streams))] = {};
  iovec part{};
  msghdr message{};

  explicit StreamsMessage(std::string& text) : part{text.data(), text.size()} {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
  }
  StreamsMessage(const StreamsMessage&) = delete;
  StreamsMessage& operator=(const StreamsMessage&) = delete;
};

/// What a process has from its parent beside the environment, as entries of one: limits and the mask of permissions.
inline std::set<std::string> inherited() {
  std::set<std::string> all;
  for (int kind = 0; kind < RLIM_NLIMITS; ++kind) {
    rlimit limit{};
    ::getrlimit(static_cast<__rlimit_resource_t>(kind), &limit);
    all.insert("limit " + std::to_string(kind) + "=" + std::to_string(limit.rlim_cur) + "," +
               std::to_string(limit.rlim_max));
  }
  const auto mask = ::umask(0);
  ::umask(mask);
  all.insert("mask=" + std::to_string(mask));
  return all;
}

/// The environment but for what a shell sets itself.
inline std::set<std::string> telling(const std::set<std::string>& environment) {
  std::set<std::string> kept;
  for (const auto& entry : environment) {
    const auto name = entry.substr(0, entry.find('='));
    if (name != "_" && name != "PWD" && name != "OLDPWD" && name != "SHLVL") kept.insert(entry);
  }
  return kept;
}

}  // namespace focus::test::warm
