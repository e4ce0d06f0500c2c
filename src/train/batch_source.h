// Where a trainer's batches come from.
#pragma once

#include <cstdint>
#include <optional>

#include "data/loader.h"

namespace focus::train {

/// Batches in an order that is a function of the epoch alone, so that a run can be continued in the middle of
/// one.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  /// Batches in an epoch.
  virtual int64_t batches() const = 0;
  /// The next batch is number `first_batch` of `epoch`, both from 0.
  virtual void start_epoch(int64_t epoch, int64_t first_batch) = 0;
  /// The next batch, or nothing at the end of the epoch.
  virtual std::optional<data::Batch> next() = 0;
};

/// A data loader as a source. Does not own it.
class LoaderSource final : public BatchSource {
 public:
  explicit LoaderSource(data::DataLoader& loader) : loader_(loader) {}

  int64_t batches() const override { return loader_.batches(); }
  void start_epoch(int64_t epoch, int64_t first_batch) override { loader_.start_epoch(epoch, first_batch); }
  std::optional<data::Batch> next() override { return loader_.next(); }

 private:
  data::DataLoader& loader_;
};

}  // namespace focus::train
