// focus-detr serve: a model over HTTP.
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/address.h"
#include "base/console.h"
#include "base/stop_signal.h"
#include "cli/commands.h"
#include "cli/placement_option.h"
#include "cli/threads_option.h"
#include "serve/server.h"

namespace focus::cli {
namespace {

struct ServeArguments {
  serve::ServerOptions options;
  std::string model;
  PlacementOption placement;
  int64_t max_body_mb = 32, max_megapixels = 64;
  double batch_wait_ms = 2;
  bool quiet = false;
  Threads threads;
};

void run_serve(const ServeArguments& arguments) {
  auto options = arguments.options;
  options.threads = arguments.threads.count;
  options.max_body_bytes = arguments.max_body_mb << 20;
  options.limits.max_pixels = arguments.max_megapixels * 1000000;
  options.batching.wait = std::chrono::microseconds(static_cast<int64_t>(1e3 * arguments.batch_wait_ms));
  options.log = !arguments.quiet;
  // A secret on the command line is seen by everyone on the machine.
  if (const char* token = std::getenv("FOCUS_DETR_TOKEN"); token != nullptr) options.token = token;
  at::set_num_threads(options.threads);
  const auto model = std::make_shared<serve::ModelSlot>(arguments.model, arguments.placement.placement());
  const StopSignal stop;
  serve::Server server(options, model);
  const int port = server.bind();
  print_result("serving {} on http://{}\n", arguments.model, host_and_port(options.host, port));
  flush_results();
  server.run([&stop] { return stop.requested(); });
  print_result("stopped\n");
}

}  // namespace

void add_serve(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("serve", "Answer detections over HTTP.");
  auto arguments = std::make_shared<ServeArguments>();
  auto& options = arguments->options;
  verb->add_option("--model", arguments->model, "Model file; read again when it changes.")->required();
  verb->add_option("--host", options.host, "Address to listen on; 0.0.0.0: all of the machine.")
      ->capture_default_str();
  verb->add_option("--port", options.port, "Port; 0: any that is free.")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  verb->add_option("--max-batch", options.batching.max_batch, "Most pictures that run together.")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  verb->add_option("--batch-wait-ms", arguments->batch_wait_ms,
                   "How long a picture waits for others to run with.")
      ->check(CLI::Range(0.0, 10000.0))
      ->capture_default_str();
  verb->add_option("--queue", options.batching.queue, "Most pictures that wait; more are answered 503.")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  verb->add_option("--connections", options.connections, "Connections served at the same time.")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  verb->add_option("--timeout", options.timeout_seconds,
                   "Seconds for a request to arrive, and for its answer.")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb->add_option("--max-body-mb", arguments->max_body_mb, "Largest request in MiB.")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  verb->add_option("--max-megapixels", arguments->max_megapixels, "Largest picture in 10^6 pixels.")
      ->check(CLI::Range(1, 134))
      ->capture_default_str();
  verb->add_option("--max-pictures", options.limits.max_pictures, "Most pictures of a request.")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  verb->add_option("--reload", options.reload_seconds, "Seconds between looks at the model file; 0: never.")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  verb->add_flag("--quiet", arguments->quiet, "Do not log requests.");
  arguments->placement.add_to(*verb);
  arguments->threads.add_to(*verb);
  verb->footer("A bearer token that requests need is read from the environment: FOCUS_DETR_TOKEN.");
  verb->callback([arguments] { run_serve(*arguments); });
}

}  // namespace focus::cli
