// The queue of a batcher: admits requests and keeps their order.
#include "serve/batcher.h"

#include <system_error>

#include "http/error.h"
#include "serve/batcher_impl.h"

namespace focus::serve {
namespace {

int64_t bytes_of(const images::Image& image) { return static_cast<int64_t>(image.bytes()); }

}  // namespace

Batcher::Impl::Impl(BatcherOptions options, Run run) : options_(options), run_(std::move(run)) {
  try {
    worker_ = std::thread([this] { work(); });
  } catch (const std::system_error& error) {
    fail("cannot start the thread that runs the models: {}; allow this user more threads or memory",
         error.code().message());
  }
}

std::optional<Batcher::Reservation> Batcher::Impl::reserve(Room room, const Patience& patience) {
  const Room taken{places_taken(room.places), room.bytes};
  std::list<Reservation::Held> held;
  held.push_back({taken, patience});
  std::unique_lock lock(mutex_);
  if (!fits(room)) drop_what_nobody_waits_for(lock);
  if (ending_ || cancelled_ || !fits(room)) return std::nullopt;
  reserved_ += taken.places;
  bytes_ += room.bytes;
  reservations_.splice(reservations_.end(), held);
  return Reservation(*this, std::prev(reservations_.end()));
}

void Batcher::Impl::give_back(std::list<Reservation::Held>::iterator held) {
  const std::lock_guard lock(mutex_);
  forget_reservation(held);
  changed_.notify_all();
}

void Batcher::Impl::submit(Reservation reservation, std::vector<Job> jobs, Done done) {
  if (jobs.empty()) fail("a request without an image was submitted to the queue");
  const auto request = std::make_shared<Request>();
  request->taken = Clock::now();
  request->statistics = jobs.front().model ? jobs.front().model->statistics : nullptr;
  request->results.resize(jobs.size());
  request->open = jobs.size();
  request->done = std::move(done);
  Entries entries;
  Room room;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const Room own{views_of(images::size_of(jobs[i].image), jobs[i].look), bytes_of(jobs[i].image)};
    room.places += own.places;
    room.bytes += own.bytes;
    request->decoding += jobs[i].decoding;
    entries.push_back({request, i, std::move(jobs[i]), own});
  }
  // The first entries take the uncounted places, so that the request holds places until its last entries
  // run.
  int64_t uncounted = room.places - places_taken(room.places);
  for (auto& entry : entries) {
    const int64_t left_out = std::min(uncounted, entry.room.places);
    entry.room.places -= left_out;
    uncounted -= left_out;
  }
  room.places = places_taken(room.places);
  const std::lock_guard lock(mutex_);
  if (cancelled_) http::fail_http(503, "the server is stopping");
  reservation.impl_ = nullptr;
  forget_reservation(reservation.held_);
  places_ += room.places;
  bytes_ += room.bytes;
  entries_.splice(entries_.end(), entries);
  changed_.notify_all();
}

int64_t Batcher::Impl::waiting() const {
  const std::lock_guard lock(mutex_);
  return places_ + reserved_;
}

int64_t Batcher::Impl::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void Batcher::Impl::drain() {
  const std::lock_guard lock(mutex_);
  drained_ = true;
  changed_.notify_all();
}

void Batcher::Impl::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

void Batcher::Impl::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  const std::lock_guard once(joining_);
  if (worker_.joinable()) worker_.join();
}

bool Batcher::Impl::fits(Room room) const {
  const int64_t taken = places_ + reserved_;
  return (taken == 0 || taken + room.places <= options_.queue) &&
         (bytes_ == 0 || bytes_ + room.bytes <= options_.max_bytes);
}

void Batcher::Impl::forget_reservation(std::list<Reservation::Held>::iterator held) {
  reserved_ -= held->room.places;
  bytes_ -= held->room.bytes;
  reservations_.erase(held);
}

void Batcher::Impl::drop_what_nobody_waits_for(std::unique_lock<std::mutex>& lock) {
  Entries gone;
  const auto now = Clock::now();
  for (auto& held : reservations_) {
    if (held.patience.is_over(now)) reserved_ -= std::exchange(held.room.places, 0);
  }
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (cancelled_ || entry->request->over || entry->job.patience.is_over(now)) {
      places_ -= entry->room.places;
      gone.splice(gone.end(), entries_, entry);
    }
    entry = next;
  }
  if (gone.empty()) return;
  // Freeing large images takes a while, so do it without the lock.
  lock.unlock();
  int64_t bytes = 0;
  for (auto& entry : gone) {
    bytes += entry.room.bytes;
    entry.job.image = {};
  }
  lock.lock();
  bytes_ -= bytes;
  dropped_.splice(dropped_.end(), gone);
  changed_.notify_all();
}

Batcher::Batcher(BatcherOptions options, Run run) : impl_(std::make_unique<Impl>(options, std::move(run))) {}

Batcher::~Batcher() { stop(); }

Batcher::Reservation::~Reservation() {
  if (impl_ != nullptr) impl_->give_back(held_);
}

std::optional<Batcher::Reservation> Batcher::reserve(Room room, const Patience& patience) {
  return impl_->reserve(room, patience);
}

void Batcher::submit(Reservation reservation, std::vector<Job> jobs, Done done) {
  impl_->submit(std::move(reservation), std::move(jobs), std::move(done));
}

const BatcherOptions& Batcher::options() const { return impl_->options(); }
void Batcher::let_others_run() { impl_->let_others_run(); }
int64_t Batcher::waiting() const { return impl_->waiting(); }
int64_t Batcher::bytes() const { return impl_->bytes(); }
void Batcher::drain() { impl_->drain(); }
void Batcher::cancel() { impl_->cancel(); }
void Batcher::stop() { impl_->stop(); }

}  // namespace focus::serve
