#include "http/mailbox.h"

#include <utility>

namespace focus::http {

void Mailbox::open(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void Mailbox::close() {
  std::vector<Mail> dropped;
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
  dropped.swap(mails_);
}

void Mailbox::put(Mail mail) {
  const std::lock_guard lock(mutex_);
  if (!wake_) return;
  mails_.push_back(std::move(mail));
  if (reader_comes_) return;
  try {
    wake_();
    reader_comes_ = true;
  } catch (const std::exception&) {
    // No memory to wake the reader: it checks ten times a second by itself.
  }
}

std::vector<Mail> Mailbox::take_all() {
  const std::lock_guard lock(mutex_);
  reader_comes_ = false;
  return std::exchange(mails_, {});
}

void Mailbox::expect_reader() {
  const std::lock_guard lock(mutex_);
  reader_comes_ = true;
}

}  // namespace focus::http
