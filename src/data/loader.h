// Batches of a data set, prepared in advance by worker threads and delivered in an order that does not depend
// on them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/options.h"
#include "data/annotations.h"
#include "data/dataset_reading.h"
#include "data/image_source.h"
#include "data/sample.h"
#include "nn/batch.h"

namespace focus::data {

struct Batch {
  nn::ImageBatch images;
  std::vector<nn::Target> targets;
  std::vector<int64_t> indices;               ///< Which images of the store.
  std::vector<nn::ImageSize> original_sizes;  ///< Their sizes before any resizing.
};

struct LoaderOptions {
  // Set by the run, not by the loader's configuration, so describe() omits them.
  int64_t batch_size = 2;
  bool shuffle = true;
  int64_t seed = 0;
  bool drop_last = false;
  int64_t shards = 1;  ///< Processes that share an epoch: batch i goes to process i % shards.
  int64_t shard = 0;   ///< Which of them this is.
  // How batches are made; their content does not depend on these.
  int64_t workers = 2;
  int64_t prefetch = 2;
  int64_t cache_mb = 0;
  // How to read the data set: for the code that loads the store (reading_of), not for the loader.
  std::string exif_orientation = "auto";
  std::string voc_corners = kKitCorners;

  void describe(OptionTable& table);
};

/// The way to read a data set that these options state.
DatasetReading reading_of(const LoaderOptions& options);

/// Delivers a data set batch by batch. The content of a batch depends only on seed, epoch and its number, not
/// on the number of workers, so that training can be repeated and resumed exactly. One thread may call at a
/// time.
class DataLoader {
 public:
  /// The store is shared, not copied. Throws UsageError for options that make no sense.
  DataLoader(std::shared_ptr<const AnnotationStore> store, SampleTransform transform, LoaderOptions options);

  /// Batches per epoch, of this shard. With drop_last all shards have the same number.
  int64_t batches() const;

  /// Starts an epoch at batch `first_batch`, dropping the rest of the previous one. Throws Error if there is
  /// no such batch (first_batch == batches() is allowed: an epoch with nothing left).
  void start_epoch(int64_t epoch, int64_t first_batch = 0);

  /// The next batch, or nothing at the end of the epoch. Throws the error of a worker at the batch where it
  /// belongs, naming the image, and then at each call until the next start_epoch.
  std::optional<Batch> next();

  /// Bytes of decoded images kept in memory; at most cache_mb.
  int64_t cached_bytes() const { return images_.cached_bytes(); }

 private:
  struct Slot;

  void work(const std::stop_token& stop);
  int64_t used_images() const;
  std::shared_ptr<Slot> new_slot(int64_t batch) const;  // With the mutex held.
  Sample make_sample(int64_t index, int64_t epoch);
  void fill(Slot& slot, size_t place);
  void complete(Slot& slot) const;

  std::shared_ptr<const AnnotationStore> store_;
  SampleTransform transform_;
  LoaderOptions options_;
  ImageSource images_;

  std::mutex mutex_;  // Guards everything below except the threads.
  std::condition_variable_any work_to_do_;
  std::condition_variable batch_ready_;
  bool started_ = false;
  int64_t epoch_ = 0;
  std::vector<int64_t> order_;                      // Image at each position of the epoch.
  int64_t next_position_ = 0;                       // The next sample to be made.
  int64_t next_batch_ = 0;                          // The next batch to be delivered.
  std::map<int64_t, std::shared_ptr<Slot>> slots_;  // Batches begun but not delivered.

  std::vector<std::jthread> workers_;  // Last, so that the threads end before the members that they use.
};

}  // namespace focus::data
