// Answers on their way from the threads that made them to the one that looks after connections.
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
  uint64_t request = 0;              ///< which one of that session
  std::optional<Response> response;  ///< none: whoever had to answer has let go of the request
};

/// Thread-safe. Answers may be put in after the server is gone; nobody reads them then.
class Mailbox {
 public:
  /// @param wake asks the reader to come; called with the box locked
  void open(std::function<void()> wake);
  void close();

  void put(Mail mail);
  std::vector<Mail> take_all();
  /// The reader will come by itself: it need not be asked before it has.
  void expect_reader();

 private:
  std::mutex mutex_;
  std::function<void()> wake_;
  std::vector<Mail> mails_;
  bool reader_comes_ = false;
};

}  // namespace focus::http
