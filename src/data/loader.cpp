#include "data/loader.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <numeric>

#include "base/error.h"
#include "nn/threads.h"

namespace focus::data {
namespace {

// What a stream of random numbers is for: the order of an epoch and its samples must not share one.
enum Stream : uint64_t { kOrder = 1, kSample = 2 };

Rng rng_for(int64_t seed, int64_t epoch, Stream stream, int64_t index) {
  return {static_cast<uint64_t>(seed), static_cast<uint64_t>(epoch), stream, static_cast<uint64_t>(index)};
}

}  // namespace

// A batch that is being made. Each sample is written by one worker; `missing` and `ready` are guarded by the
// mutex.
struct DataLoader::Slot {
  int64_t epoch;
  std::vector<int64_t> indices;
  std::vector<Sample> samples;
  std::vector<std::exception_ptr> errors;
  size_t missing;
  bool ready = false;
  Batch batch;               ///< Once ready, unless there is an error.
  std::exception_ptr error;  ///< The first by position.
};

void LoaderOptions::describe(OptionTable& table) {
  table.add("workers", &workers, "Threads that prepare batches in advance; 0 prepares them on demand.",
            {.min = 0, .max = 256});
  table.add("prefetch", &prefetch, "The most batches prepared in advance.", {.min = 1, .max = 1024});
  table.add("cache_mb", &cache_mb, "Megabytes of decoded images to keep in memory.",
            {.min = 0, .max = 1 << 24});
  table.add(
      "exif_orientation", &exif_orientation,
      "Whether to turn images by their EXIF orientation, in training and evaluation. auto: decided by the "
      "data set's format and stated sizes.",
      {.choices = {"auto", "true", "false"}});
  table.add("voc_corners", &voc_corners,
            "Corners of Pascal VOC annotations: kit (pixels counted from 1, the last one inside the box) or "
            "plain (edges counted from 0), as many programs write them.",
            {.choices = {kKitCorners, kPlainCorners}});
}

DatasetReading reading_of(const LoaderOptions& options) {
  return {images::image_reading_of(options.exif_orientation, "loader"), voc_corners(options.voc_corners)};
}

DataLoader::DataLoader(std::shared_ptr<const AnnotationStore> store, SampleTransform transform,
                       LoaderOptions options)
    : store_(std::move(store)),
      transform_(std::move(transform)),
      options_(options),
      images_(store_, options.cache_mb << 20) {
  if (options_.batch_size < 1 || options_.workers < 0 || options_.prefetch < 1) {
    fail_usage("loader: batch_size {}, workers {}, prefetch {}; they must be at least 1, 0 and 1",
               options_.batch_size, options_.workers, options_.prefetch);
  }
  if (options_.shards < 1 || options_.shard < 0 || options_.shard >= options_.shards) {
    fail_usage("loader: shard {} of {}", options_.shard, options_.shards);
  }
  for (int64_t i = 0; i < options_.workers; ++i) {
    workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
}

/// Images per epoch, over all shards.
int64_t DataLoader::used_images() const {
  const int64_t together = options_.batch_size * options_.shards;
  return options_.drop_last ? store_->size() / together * together : store_->size();
}

int64_t DataLoader::batches() const {
  const int64_t of_all = (used_images() + options_.batch_size - 1) / options_.batch_size;
  return (of_all - options_.shard + options_.shards - 1) / options_.shards;
}

void DataLoader::start_epoch(int64_t epoch, int64_t first_batch) {
  if (first_batch < 0 || first_batch > batches()) {
    fail("loader: epoch {} cannot start at batch {} of {}; was the data set or the batch size changed?",
         epoch, first_batch, batches());
  }
  std::vector<int64_t> order(static_cast<size_t>(store_->size()));
  std::iota(order.begin(), order.end(), 0);
  if (options_.shuffle) {
    auto rng = rng_for(options_.seed, epoch, kOrder, 0);
    for (int64_t i = std::ssize(order) - 1; i > 0; --i) std::swap(order[i], order[rng.integer(0, i)]);
  }
  order.resize(static_cast<size_t>(used_images()));
  if (options_.shards > 1) {
    std::vector<int64_t> own;
    for (int64_t i = 0; i < std::ssize(order); ++i) {
      if (i / options_.batch_size % options_.shards == options_.shard)
        own.push_back(order[static_cast<size_t>(i)]);
    }
    order = std::move(own);
  }
  {
    const std::scoped_lock lock(mutex_);
    // Workers that are still busy with the old epoch share ownership of their slots, which nobody will read.
    slots_.clear();
    order_ = std::move(order);
    epoch_ = epoch;
    next_batch_ = first_batch;
    next_position_ = first_batch * options_.batch_size;
    started_ = true;
  }
  work_to_do_.notify_all();
}

Sample DataLoader::make_sample(int64_t index, int64_t epoch) {
  auto rng = rng_for(options_.seed, epoch, kSample, index);
  Scene scene{images_.image(index), learnable_boxes(store_->annotations(index))};
  try {
    return transform_(std::move(scene), rng);
  } catch (const std::exception& error) {
    fail("{}: {}", store_->image_path(index).string(), error.what());
  }
}

std::shared_ptr<DataLoader::Slot> DataLoader::new_slot(int64_t batch) const {
  const auto first = static_cast<size_t>(batch * options_.batch_size);
  const auto length = std::min(static_cast<size_t>(options_.batch_size), order_.size() - first);
  auto slot = std::make_shared<Slot>();
  slot->epoch = epoch_;
  slot->indices.assign(&order_[first], &order_[first] + length);
  slot->samples.resize(length);
  slot->errors.resize(length);
  slot->missing = length;
  return slot;
}

void DataLoader::fill(Slot& slot, size_t place) {
  try {
    slot.samples[place] = make_sample(slot.indices[place], slot.epoch);
  } catch (...) {
    slot.errors[place] = std::current_exception();
  }
}

void DataLoader::complete(Slot& slot) const {
  try {
    for (const auto& error : slot.errors) {
      if (error) std::rethrow_exception(error);
    }
    std::vector<at::Tensor> images;
    for (auto& sample : slot.samples) {
      images.push_back(std::move(sample.image));
      slot.batch.targets.push_back(std::move(sample.target));
    }
    slot.batch.images = images::collate(images);
    for (const int64_t index : slot.indices) slot.batch.original_sizes.push_back(store_->image(index).size);
    slot.batch.indices = std::move(slot.indices);
  } catch (...) {
    slot.error = std::current_exception();
  }
}

void DataLoader::work(const std::stop_token& stop) {
  nn::use_threads_here(1);  // Workers are the parallelism: each uses one core.
  const auto has_work = [&] {
    return next_position_ < std::ssize(order_) &&
           next_position_ / options_.batch_size < next_batch_ + options_.prefetch;
  };
  std::unique_lock lock(mutex_);
  while (work_to_do_.wait(lock, stop, has_work) && !stop.stop_requested()) {
    const auto [batch, place] = std::lldiv(next_position_++, options_.batch_size);
    auto& entry = slots_[batch];
    if (!entry) entry = new_slot(batch);
    const auto slot = entry;
    lock.unlock();
    fill(*slot, static_cast<size_t>(place));
    lock.lock();
    if (--slot->missing > 0) continue;
    lock.unlock();
    complete(*slot);
    lock.lock();
    slot->ready = true;
    batch_ready_.notify_one();
  }
}

std::optional<Batch> DataLoader::next() {
  std::unique_lock lock(mutex_);
  if (!started_) fail("loader: start_epoch must come before next");
  if (next_batch_ >= batches()) return {};
  std::shared_ptr<Slot> slot;
  if (workers_.empty()) {
    slot = new_slot(next_batch_);
    for (size_t place = 0; place < slot->samples.size(); ++place) fill(*slot, place);
    complete(*slot);
  } else {
    batch_ready_.wait(lock, [&] {
      const auto found = slots_.find(next_batch_);
      return found != slots_.end() && found->second->ready;
    });
    slot = slots_.at(next_batch_);
  }
  if (slot->error) std::rethrow_exception(slot->error);
  slots_.erase(next_batch_++);
  lock.unlock();
  work_to_do_.notify_all();
  return std::move(slot->batch);
}

}  // namespace focus::data
