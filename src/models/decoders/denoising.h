// Contrastive denoising queries: noised ground truth for the decoder to reconstruct (DINO, section 3.3).
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "base/options.h"
#include "nn/batch.h"

namespace focus::models {

struct DenoisingOptions {
  int64_t queries = 100;
  double label_noise = 0.5;
  double box_noise = 1.0;

  void describe(OptionTable& table);
};

/// The source of the noise. Tensors are on the CPU.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual at::Tensor uniform(at::IntArrayRef shape) = 0;  ///< float32 in [0, 1).
  virtual at::Tensor integers(int64_t low, int64_t high,
                              at::IntArrayRef shape) = 0;  ///< int64, low .. high - 1.
};

/// Draws from a LibTorch generator, by default its global CPU generator.
class GeneratorSource : public RandomSource {
 public:
  explicit GeneratorSource(c10::optional<at::Generator> generator = c10::nullopt)
      : generator_(std::move(generator)) {}
  at::Tensor uniform(at::IntArrayRef shape) override;
  at::Tensor integers(int64_t low, int64_t high, at::IntArrayRef shape) override;

 private:
  c10::optional<at::Generator> generator_;
};

/// The decoder's extra queries, in front of its own. N = groups * group_size. Each group holds every image's
/// boxes twice: first slightly noised ("positive", to be reconstructed), then strongly ("negative", to be
/// rejected). Images are padded with zeros to the number of boxes of the one that has most.
struct DenoisingQueries {
  at::Tensor labels;   ///< (B, N) int64, the noised class; -1 where padded.
  at::Tensor content;  ///< (B, N, D), embedding of the noised class; differentiable in it. 0 where padded.
  at::Tensor reference_logits;  ///< (B, N, 4) float32, noised cxcywh before the sigmoid; 0 where padded.
  at::Tensor attention_mask;    ///< (N + Q, N + Q) bool, [query, key], true = must not attend.
  int64_t groups = 0;
  int64_t group_size = 0;  ///< 2 * the largest number of boxes in an image.
};

/// Makes the queries for one batch, on the device of `label_embedding`; nullopt if options.queries is 0 or no
/// image has boxes. groups = max(1, options.queries / largest number of boxes in an image).
///   label_embedding  (classes, D).     num_queries  Q, the decoder's own queries.
/// Draws in this order, with R = 2 * groups * boxes of the batch: uniform (R) and one class for each label to
/// replace if label_noise > 0; integers 0..1 (R, 4) and uniform (R, 4) if box_noise > 0.
/// Throws Error for a label outside the classes.
std::optional<DenoisingQueries> make_denoising_queries(const std::vector<nn::Target>& targets,
                                                       const DenoisingOptions& options,
                                                       const at::Tensor& label_embedding, int64_t num_queries,
                                                       RandomSource& random);

/// (N + num_queries, N + num_queries) bool, true = must not attend: a group attends to itself and to the
/// decoder's own queries, which attend to no group.
at::Tensor denoising_attention_mask(int64_t groups, int64_t group_size, int64_t num_queries);

}  // namespace focus::models
