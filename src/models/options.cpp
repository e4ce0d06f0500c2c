#include "models/options.h"

#include "base/error.h"

namespace focus::models {

void BackboneOptions::describe(OptionTable& table) {
  table.add("name", &name, "Network that turns the picture into features.",
            {.choices = {"resnet18", "resnet34", "resnet50", "resnet101", "mobilenet_v2"}});
  table.add("norm", &norm, "Batch normalisation: frozen (pretrained statistics) or live.",
            {.choices = {"frozen", "live"}});
  table.add("frozen_stages", &frozen_stages,
            "Stages from the stem on whose weights are not trained: 0 none, 1 the stem.",
            {.min = 0, .max = 5});
}

void TransformerOptions::describe(OptionTable& table) {
  table.add("width", &width, "Features of a token.", {.min = 8, .max = 4096});
  table.add("heads", &heads, "Attention heads; divides width.", {.min = 1, .max = 64});
  table.add("points", &points, "Sampling points a head and level in deformable attention.",
            {.min = 1, .max = 64});
  table.add("levels", &levels,
            "Feature levels, from stride 8 on: three of the backbone, the rest by convolution.",
            {.min = 3, .max = 6});
  table.add("feedforward_width", &feedforward_width, "Hidden features of feed-forward networks.",
            {.min = 8, .max = 65536});
  table.add("encoder_layers", &encoder_layers, "Encoder layers.", {.min = 1, .max = 24});
  table.add("decoder_layers", &decoder_layers, "Decoder layers.", {.min = 1, .max = 24});
  table.add("queries", &queries, "Proposals the decoder refines.", {.min = 1, .max = 10000});
  table.add(
      "learnt_queries", &learnt_queries,
      "Start the queries' content from learnt vectors (mixed selection) instead of the proposals' features.");
}

void FocusOptions::describe(OptionTable& table) {
  table.add("keep_ratio", &keep_ratio, "Share of a picture's tokens that count as foreground (rho).",
            {.min = kLeastKeepRatio, .max = 1});
  table.add("cascade", &cascade,
            "Share of the foreground tokens each encoder layer updates, one number a layer.",
            {.min = 0.001, .max = 1});
  table.add("fine_grained_tokens", &fine_grained_tokens,
            "Tokens that attend to each other in an encoder layer.", {.min = 1, .max = 100000});
}

void FocusOptions::validate(int64_t encoder_layers) const {
  // The declaration says what is in range: values are set on a copy as if a person had written them.
  FocusOptions copy;
  OptionTable table;
  copy.describe(table);
  table.set_json(options_to_json(*this), "model.focus");
  if (static_cast<int64_t>(cascade.size()) != encoder_layers) {
    fail_usage("model.focus.cascade has {} numbers for {} encoder layers; give one a layer", cascade.size(),
               encoder_layers);
  }
}

void ReferenceQuirks::describe(OptionTable& table) {
  table.add("ignore_padding_in_eval", &ignore_padding_in_eval, "Treat padding as picture outside training.");
  table.add("fixed_top_k", &fixed_top_k, "Refuse pictures with fewer tokens than the top-k sizes.");
}

void FocusDetrOptions::describe(OptionTable& table) {
  table.add("classes", &classes, "Object classes; the data set decides when training.",
            {.min = 1, .max = 100000});
  table.group("backbone", backbone);
  table.group("transformer", transformer);
  table.group("focus", focus);
  table.group("denoising", denoising);
  table.add("max_detections", &max_detections, "Most detections a picture.", {.min = 1, .max = 100000});
  table.group("quirks", quirks);
}

void FocusDetrOptions::validate() const {
  focus.validate(transformer.encoder_layers);
  if (transformer.width % transformer.heads != 0) {
    fail_usage("model.transformer.width {} is not a multiple of model.transformer.heads {}",
               transformer.width, transformer.heads);
  }
  if (transformer.width % 4 != 0) {
    fail_usage("model.transformer.width {} is not a multiple of 4, as the scorer and position encoding need",
               transformer.width);
  }
}

}  // namespace focus::models
