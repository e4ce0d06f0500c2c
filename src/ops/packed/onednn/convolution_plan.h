// A convolution for one shape and layout, and the weights and types it needs. Not to be included by headers,
// because oneDNN's own header is large.
#pragma once

#include <mutex>
#include <vector>

#include "ops/packed/onednn/onednn.h"
#include "ops/packed/packed_convolution.h"

namespace focus::ops::onednn {

/// The inputs of a convolution: layouts, and the scales of quantised values (1 for floats).
struct ConvolutionInputs {
  dnnl::memory::desc source, addend;  ///< `addend` is empty if there is none.
  double source_scale = 1, addend_scale = 1;
  bool rows = false;  ///< Rows of a linear layer; results are channels last too.

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
  bool adds_in_place = false;  ///< The addend must be copied into the output before the run.
};

/// The weights and options of a convolution; makes plans.
class ConvolutionPlanner {
 public:
  ConvolutionPlanner(const at::Tensor& weight, const at::Tensor& bias, const ConvolutionOptions& options);

  /// The layout in which a float addend can be added by other than oneDNN's reference implementation.
  dnnl::memory::desc wanted_addend(const dnnl::memory::desc& given) const;

  /// Not thread-safe.
  std::shared_ptr<const ConvolutionPlan> make(const ConvolutionInputs& inputs);

  /// The type in which a source is multiplied.
  Type source_type() const;
  /// The value of one step of a source that is quantised from floats.
  double source_scale() const { return quantised() ? options_.input.scale() : 1.0; }

  bool quantised() const { return options_.precision == Precision::kInt8; }
  /// The value of one step of the result; 1 for floats.
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
  std::vector<float> weight_scales_;  ///< One per output channel; empty for floats.
  std::vector<std::shared_ptr<const dnnl::memory>> packed_;
};

}  // namespace focus::ops::onednn
