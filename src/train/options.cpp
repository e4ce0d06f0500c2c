#include "train/options.h"

namespace focus::train {

void OptimizerOptions::describe(OptionTable& table) {
  table.add("lr", &lr, "Learning rate.", {.min = 0});
  table.add("backbone_lr_factor", &backbone_lr_factor,
            "Factor on the learning rate of parameters whose name contains 'backbone'.", {.min = 0});
  table.add("weight_decay", &weight_decay, "Decoupled weight decay; normalisation layers have none.",
            {.min = 0});
  table.add("betas", &betas, "Decay of AdamW's first and second moment: two numbers.",
            {.min = 0, .max = 0.9999999});
  table.add("eps", &eps, "Added to the root of the second moment.", {.min = 0});
  table.add("clip_grad_norm", &clip_grad_norm,
            "Largest global norm of the gradient; 0 switches clipping off.", {.min = 0});
}

void ScheduleOptions::describe(OptionTable& table) {
  table.add("kind", &kind, "How the learning rate falls.", {.choices = {"step", "cosine", "constant"}});
  table.add("milestones", &milestones,
            "step: epochs after which the learning rate is multiplied by step_factor.", {.min = 0});
  table.add("step_factor", &step_factor, "step: factor at each milestone.", {.min = 0, .max = 1});
  table.add("final_factor", &final_factor,
            "cosine: factor on the learning rate at the end of the last epoch.", {.min = 0, .max = 1});
  table.add("warmup_iterations", &warmup_iterations, "Optimiser steps of linear warm-up at the start.",
            {.min = 0});
  table.add("warmup_factor", &warmup_factor, "Factor on the learning rate at the first step of the warm-up.",
            {.min = 0, .max = 1});
}

void TrainOptions::describe(OptionTable& table) {
  table.add("epochs", &epochs, "Passes over the training set.", {.min = 1});
  table.add("batch_size", &batch_size, "Images per batch, of each process.", {.min = 1});
  table.add("accumulate", &accumulate, "Batches whose gradients are averaged into one optimiser step.",
            {.min = 1});
  table.group("optimizer", optimizer);
  table.group("schedule", schedule);
  table.add("ema_decay", &ema_decay,
            "Decay of the exponential moving average of the weights, used to evaluate; 0 switches it off.",
            {.min = 0, .max = 0.9999999});
  table.add("seed", &seed, "Seed of every random choice.", {.min = 0});
  table.add("eval_every", &eval_every,
            "Epochs between evaluations; the last epoch is always evaluated. 0: never.", {.min = 0});
  table.add("checkpoint_every", &checkpoint_every,
            "Optimiser steps between checkpoints within an epoch; 0: only at the end of each epoch.",
            {.min = 0});
  table.add("log_every", &log_every, "Optimiser steps between lines of the metrics log.", {.min = 1});
  table.add("threads", &threads, "CPU threads of the tensor operations; 0: one per core.",
            {.min = 0, .max = 4096});
  table.add("device", &device,
            "Where the model is trained: cpu, cuda, cuda:N, or auto, a GPU where there is one. Of several "
            "processes on a machine each takes its own GPU.");
  table.add(
      "precision", &precision,
      "bf16: matrix products and convolutions in bfloat16; weights, losses, matching and coordinates stay "
      "in float32. Faster where the processor has it, slower where not.",
      {.choices = {"float32", "bf16"}});
  table.add(
      "recompute", &recompute,
      "Whether blocks and layers keep only their inputs for the backward pass and are computed again there: "
      "less memory, more time, the same numbers.");
  table.add("max_minutes", &max_minutes, "Stop and save after this many minutes, to be resumed; 0: no limit.",
            {.min = 0});
  table.add("max_skipped_steps", &max_skipped_steps,
            "Steps in a row that may be skipped because the loss or the gradient is not finite; then the run "
            "ends.",
            {.min = 1});
  table.add("worker_timeout", &worker_timeout,
            "Several processes: seconds that one waits for another that is silent. One that ended is noticed "
            "at once.",
            {.min = 1, .max = 1e6});
}

}  // namespace focus::train
