// What all connections of a server share.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "http/byte_budget.h"
#include "http/workers.h"
#include "rpc/server.h"

namespace focus::rpc {

struct Host {
  ServerOptions options;
  std::unordered_map<std::string, Method> methods;  ///< by path
  std::function<void(const http::Answered&)> answered;
  std::shared_ptr<http::ByteBudget> budget;
  /// Of the thread of connections; calls that are answered later find out whether it is still there.
  std::shared_ptr<boost::asio::io_context> io = std::make_shared<boost::asio::io_context>(1);
  http::Workers workers;
  std::atomic<int> connections{0};
  int calls = 0;          ///< of all connections; of the thread of connections
  bool stopping = false;  ///< the same
};

}  // namespace focus::rpc
