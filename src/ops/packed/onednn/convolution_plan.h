// A convolution for one shape and layout, and the weights and number types it needs. Not for headers:
// oneDNN's own is large.
#pragma once

#include <mutex>
#include <vector>

#include "ops/packed/onednn/onednn.h"
#include "ops/packed/packed_convolution.h"

namespace focus::ops::onednn {

/// What a convolution reads: layouts, and the scales of quantised values (1 for floats).
struct ConvolutionInputs {
  dnnl::memory::desc source, addend;  ///< The addend's is empty without one.
  double source_scale = 1, addend_scale = 1;
  bool rows = false;  ///< Results are channels-last too.

  bool operator==(const ConvolutionInputs& other) const = default;
};

struct ConvolutionPlan {
  ConvolutionInputs inputs;
  dnnl::convolution_forward::primitive_desc description;
  dnnl::convolution_forward primitive;
  std::shared_ptr<const dnnl::memory> weights;
  at::Tensor bias;
  ChannelScales scales;
  double output_scale = 1;
  bool adds_in_place = false;  ///< The addend has to lie in the output, in the output's layout.
};

/// The weights of a convolution and what it computes with; makes plans.
class ConvolutionPlanner {
 public:
  ConvolutionPlanner(const at::Tensor& weight, const at::Tensor& bias, const ConvolutionOptions& options);

  /// Not thread-safe.
  std::shared_ptr<const ConvolutionPlan> make(const ConvolutionInputs& inputs);

  /// The type a source is multiplied in.
  Type source_type() const;
  /// What one step of a source is worth when it comes as floats.
  double source_scale() const { return quantised() ? options_.input.scale() : 1.0; }

  bool quantised() const { return options_.precision == Precision::kInt8; }
  /// What one step of the result is worth; 1 for floats.
  double output_scale() const { return returns_bytes() ? options_.output.scale() : 1.0; }
  bool returns_bytes() const { return quantised() && !options_.float_output; }
  bool rounds_to_bfloat16() const { return emulated_; }

  int64_t in() const { return in_; }
  int64_t out() const { return out_; }

 private:
  Type output_type() const;
  dnnl::memory::desc wanted_source(const ConvolutionInputs& inputs) const;
  dnnl::post_ops post_ops(const ConvolutionInputs& inputs, double output_scale) const;
  std::shared_ptr<const dnnl::memory> weights_as(const dnnl::memory::desc& wanted);
  dnnl::memory weights_as_given() const;
  void pack_into(dnnl::memory to) const;
  void quantise_weights();

  ConvolutionOptions options_;
  int64_t in_, out_, kernel_;
  bool emulated_ = false;
  Type weight_type_ = Type::f32;
  dnnl::memory::dims weight_dims_;
  at::Tensor weight_, bias_;
  std::vector<float> weight_scales_;  ///< One an output channel; empty for floats.
  std::vector<std::shared_ptr<const dnnl::memory>> packed_;
};

}  // namespace focus::ops::onednn
