// Several ranks in one process, each a thread.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>
#include <vector>

#include "train/distributed/collective.h"

namespace focus::test {

inline int unused_port() {
  const int handle = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  bind(handle, reinterpret_cast<sockaddr*>(&address), length);
  getsockname(handle, reinterpret_cast<sockaddr*>(&address), &length);
  close(handle);
  return ntohs(address.sin_port);
}

/// Runs `body` once a rank, all at the same time, connected to each other.
inline void in_world(int size, const std::function<void(train::Collective&)>& body, double timeout = 30) {
  const int port = unused_port();
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < size; ++rank) {
    ranks.emplace_back([&, rank] {
      train::World world;
      world.rank = rank;
      world.size = size;
      world.port = port;
      const auto collective = train::connect(world, timeout);
      body(*collective);
    });
  }
  for (auto& rank : ranks) rank.join();
}

}  // namespace focus::test
