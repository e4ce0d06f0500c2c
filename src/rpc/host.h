// State shared by all connections of a server.
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
  /// Runs the thread of connections. Calls hold it weakly, as they may be answered after the server is gone.
  std::shared_ptr<boost::asio::io_context> io = std::make_shared<boost::asio::io_context>(1);
  http::Workers workers;
  std::atomic<int> connections{0};
  int calls = 0;          ///< of all connections; used only on the thread of connections
  bool stopping = false;  ///< used only on the thread of connections
};

}  // namespace focus::rpc
