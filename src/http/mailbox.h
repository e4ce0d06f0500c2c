// Passes answers from the threads that made them to the thread of connections.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "http/message.h"

namespace focus::http {

class Session;

struct Mail {
  std::weak_ptr<Session> to;
  uint64_t request = 0;              ///< which request of that session
  std::optional<Response> response;  ///< none: the request was dropped without an answer
};

/// Thread-safe. Answers may also be put in after the server is gone; they are dropped.
class Mailbox {
 public:
  /// @param wake makes the reader call take_all(); called with the mailbox locked
  void open(std::function<void()> wake);
  void close();

  void put(Mail mail);
  std::vector<Mail> take_all();
  /// The reader will call take_all() by itself: it need not be woken until then.
  void expect_reader();

 private:
  std::mutex mutex_;
  std::function<void()> wake_;
  std::vector<Mail> mails_;
  bool reader_comes_ = false;
};

}  // namespace focus::http
