#include "models/decoders/denoising.h"

#include <algorithm>

#include "base/error.h"
#include "nn/box_ops.h"

namespace focus::models {
namespace {

/// The boxes of a batch, concatenated, on the CPU.
struct KnownBoxes {
  at::Tensor labels, boxes;    ///< (K), (K, 4) cxcywh.
  at::Tensor image, position;  ///< (K) each: index of the image and of the box in it.
  int64_t most = 0;            ///< The largest number of boxes in an image.
};

KnownBoxes gather(const std::vector<nn::Target>& targets, int64_t num_classes) {
  std::vector<at::Tensor> labels, boxes, image, position;
  int64_t most = 0;
  for (size_t i = 0; i < targets.size(); ++i) {
    labels.push_back(targets[i].labels.to(at::kCPU));
    boxes.push_back(targets[i].boxes.to(at::kCPU, at::kFloat));
    const int64_t count = labels.back().size(0);
    image.push_back(at::full({count}, static_cast<int64_t>(i), at::kLong));
    position.push_back(at::arange(count, at::kLong));
    most = std::max(most, count);
    const at::Tensor bad = labels.back().lt(0).logical_or(labels.back().ge(num_classes));
    if (bad.any().item<bool>()) {
      fail("denoising: image {} has label {}; the detector has classes 0 to {}", i,
           labels.back().masked_select(bad)[0].item<int64_t>(), num_classes - 1);
    }
  }
  return {at::cat(labels), at::cat(boxes), at::cat(image), at::cat(position), most};
}

/// Replaces half of label_noise's share of the labels by a random class, which may be the right one.
at::Tensor noised_labels(const at::Tensor& labels, double label_noise, int64_t num_classes,
                         RandomSource& random) {
  if (label_noise <= 0) return labels;
  const at::Tensor chosen = random.uniform({labels.size(0)}).lt(label_noise * 0.5).nonzero().flatten();
  return labels.index_copy(0, chosen, random.integers(0, num_classes, {chosen.size(0)}));
}

/// With a box_noise of 1, moves each side of a box by up to half its width or height, of negatives by between
/// half and all of it. `negative` is (R, 1), 1 for negatives and 0 for positives.
at::Tensor noised_boxes(const at::Tensor& boxes, const at::Tensor& negative, double box_noise,
                        RandomSource& random) {
  if (box_noise <= 0) return boxes;
  const at::Tensor sign = random.integers(0, 2, boxes.sizes()).to(at::kFloat) * 2 - 1;
  const at::Tensor shift = (random.uniform(boxes.sizes()) + negative) * sign;
  const at::Tensor half_size = boxes.slice(1, 2, 4).repeat({1, 2}) / 2;
  const at::Tensor moved = nn::cxcywh_to_xyxy(boxes) + shift * half_size * box_noise;
  return nn::xyxy_to_cxcywh(moved.clamp(0, 1));
}

}  // namespace

void DenoisingOptions::describe(OptionTable& table) {
  table.add(
      "queries", &queries,
      "Noised boxes per image, and as many negatives: there are max(1, queries / most boxes of an image) "
      "groups. 0 trains without denoising.",
      {.min = 0, .max = 100000});
  table.add("label_noise", &label_noise, "Twice the share of labels replaced by a random class.",
            {.min = 0, .max = 1});
  table.add(
      "box_noise", &box_noise,
      "Largest shift of a noised box's sides, in halves of its width or height; negatives shift by one to "
      "two times as much.",
      {.min = 0});
}

at::Tensor GeneratorSource::uniform(at::IntArrayRef shape) { return at::rand(shape, generator_, at::kFloat); }

at::Tensor GeneratorSource::integers(int64_t low, int64_t high, at::IntArrayRef shape) {
  return at::randint(low, high, shape, generator_, at::kLong);
}

at::Tensor denoising_attention_mask(int64_t groups, int64_t group_size, int64_t num_queries) {
  constexpr int64_t kOwnQuery = -1;
  const at::Tensor group = at::cat({at::arange(groups, at::kLong).repeat_interleave(group_size),
                                    at::full({num_queries}, kOwnQuery, at::kLong)});
  const at::Tensor other_group = group.unsqueeze(1).ne(group.unsqueeze(0));
  return other_group.logical_and(group.ne(kOwnQuery).unsqueeze(0));
}

std::optional<DenoisingQueries> make_denoising_queries(const std::vector<nn::Target>& targets,
                                                       const DenoisingOptions& options,
                                                       const at::Tensor& label_embedding, int64_t num_queries,
                                                       RandomSource& random) {
  if (options.queries <= 0 || targets.empty()) return std::nullopt;
  const int64_t num_classes = label_embedding.size(0);
  const KnownBoxes known = gather(targets, num_classes);
  if (known.most == 0) return std::nullopt;

  const int64_t groups = std::max<int64_t>(1, options.queries / known.most);
  const int64_t group_size = 2 * known.most, halves = 2 * groups, count = known.labels.size(0);
  const auto images = static_cast<int64_t>(targets.size()), size = groups * group_size;

  // The rows of all tensors below: the batch's boxes once per half, halves alternating positive and negative.
  const at::Tensor half = at::arange(halves, at::kLong).repeat_interleave(count);
  const at::Tensor negative = half.remainder(2).to(at::kFloat).unsqueeze(1);
  const at::Tensor labels =
      noised_labels(known.labels.repeat({halves}), options.label_noise, num_classes, random);
  const at::Tensor boxes = noised_boxes(known.boxes.repeat({halves, 1}), negative, options.box_noise, random);
  const at::Tensor slot =
      known.image.repeat({halves}) * size + half * known.most + known.position.repeat({halves});

  DenoisingQueries queries;
  const auto device = label_embedding.device();
  const at::Tensor padded_labels = at::full({images * size}, -1, at::kLong).index_copy(0, slot, labels);
  const at::Tensor logits = at::zeros({images * size, 4}).index_copy(0, slot, nn::inverse_sigmoid(boxes));
  const at::Tensor embedded = label_embedding.index_select(0, labels.to(device));
  queries.labels = padded_labels.view({images, size}).to(device);
  queries.content = at::zeros({images * size, label_embedding.size(1)}, embedded.options())
                        .index_copy(0, slot.to(device), embedded)
                        .view({images, size, -1});
  queries.reference_logits = logits.view({images, size, 4}).to(device);
  queries.attention_mask = denoising_attention_mask(groups, group_size, num_queries).to(device);
  queries.groups = groups;
  queries.group_size = group_size;
  return queries;
}

}  // namespace focus::models
