// The state of a call on its connection.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "rpc/call.h"

namespace focus::rpc {

struct CallState {
  enum class Stage { kHead, kMessage, kRunning, kAnswered };

  Stage stage = Stage::kHead;
  Clock::time_point begun, deadline;
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);

  // The head; freed once it was checked.
  size_t metadata_bytes = 0;
  bool too_much_metadata = false;
  std::string http_method, path, type, authorization, timeout, encoding;

  const Method* method = nullptr;
  std::optional<MessageBody> body;
  size_t body_bytes = 0;

  std::string answer;  ///< with its prefix
  size_t sent = 0;     ///< bytes of `answer`
};

}  // namespace focus::rpc
