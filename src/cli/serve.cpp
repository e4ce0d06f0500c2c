// focus-detr serve: models over HTTP and gRPC.
#include <ATen/Parallel.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/console.h"
#include "base/error.h"
#include "base/stop_signal.h"
#include "base/threads.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/placement_option.h"
#include "cli/threads_option.h"
#include "http/cross_origin.h"
#include "http/token.h"
#include "serve/grpc_server.h"
#include "serve/server.h"

namespace focus::cli {
namespace {

struct ServeArguments {
  serve::ServerOptions options;
  std::vector<std::string> models;
  PlacementOption placement;
  int grpc_port = 0;
  int64_t max_body_mb = 32, max_bodies_mb = 512, max_megapixels = 64, max_decoded_mb = 1024;
  double batch_wait_ms = 2;
  bool quiet = false;
  Threads threads;
};

/// Each connection is an open file. Raises the soft limit of open files as far as it is needed and allowed.
/// Returns how many connections there may be: at most `wanted`, and few enough to leave files for everything
/// else.
int64_t allowed_connections(int64_t wanted) {
  constexpr int64_t kOthers = 40;  // Models, libraries, and files that are read while serving.
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return wanted;
  const auto needed = static_cast<rlim_t>(wanted + kOthers);
  if (files.rlim_cur >= needed) return wanted;
  files.rlim_cur = std::min(needed, files.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur >= needed) return wanted;
  const auto possible = std::max<int64_t>(1, static_cast<int64_t>(files.rlim_cur) - kOthers);
  print_note(
      "warning: this user may have {} files open (ulimit -n), so {} connections at the same time, not {}",
      files.rlim_cur, possible, wanted);
  return possible;
}

/// Call this before anything is loaded: if a thread cannot be created, LibTorch waits forever and OpenMP ends
/// the process.
void require_threads(int of_model) {
  // LibTorch's own and OpenMP's for the model; those of connections, decoding, queue, log and files.
  const int needed = 2 * of_model + 10;
  if (!has_room_for_threads(needed)) {
    fail(
        "this user may not start {} more threads, which the server needs with --threads {}; allow more "
        "(ulimit -u, the control group's pids.max), or ask for fewer",
        needed, of_model);
  }
}

/// The bearer token; empty if the variable is not set. It is no option: every user of the machine can see
/// command lines.
std::string token_of_environment() {
  constexpr const char* kName = "FOCUS_DETR_TOKEN";
  const char* token = std::getenv(kName);
  if (token == nullptr) return "";
  if (const auto fault = http::token_fault(token); !fault.empty()) {
    fail_usage("the environment variable {} {}; set it to what clients send after 'Bearer', or unset it",
               kName, fault);
  }
  return token;
}

/// The address is printed to standard output; call this before a model is loaded.
void require_standard_output() {
  const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
  if (flags != -1 && (flags & O_ACCMODE) != O_RDONLY) return;
  fail(
      "standard output is closed, but the server prints its address there; redirect it to a file, or to "
      "/dev/null");
}

void say_what_is_served(const serve::ModelRepository& models, const serve::ServerOptions& options,
                        const serve::Server::Ports& ports) {
  std::vector<std::string> names;
  for (const auto& model : models.list()) names.push_back(model->name);
  print_result("serving {} on http://{}\n", fmt::join(names, ", "), host_and_port(options.host, ports.http));
  if (options.grpc_port) print_result("gRPC on {}\n", host_and_port(options.host, ports.grpc));
  flush_results();
}

void run_serve(const ServeArguments& arguments) {
  const StopSignal stop;  // First, so that a signal during start-up is noticed.
  require_standard_output();
  auto options = arguments.options;
  options.threads = arguments.threads.count;
  options.max_body_bytes = arguments.max_body_mb << 20;
  options.max_body_bytes_together = std::max(arguments.max_bodies_mb, arguments.max_body_mb) << 20;
  options.limits.max_pixels = arguments.max_megapixels * 1000000;
  options.batching.max_bytes = arguments.max_decoded_mb << 20;
  options.batching.wait = std::chrono::microseconds(static_cast<int64_t>(1e3 * arguments.batch_wait_ms));
  options.log = !arguments.quiet;
  options.version = project_version();
  options.token = token_of_environment();
  require_threads(options.threads);
  // HTTP and gRPC get the same number each.
  const int servers = options.grpc_port ? 2 : 1;
  options.connections = static_cast<int>(
      std::max<int64_t>(1, allowed_connections(int64_t{options.connections} * servers) / servers));
  at::set_num_threads(options.threads);
  std::vector<serve::ModelChange> changes;
  serve::ModelRepository models(arguments.models, arguments.placement.placement(), &changes);
  for (const auto& change : changes) {
    if (change.what == serve::ModelChange::What::kFailed) print_note("warning: {}", change.message);
  }
  if (stop.requested()) return;
  serve::Server server(options, models);
  const auto ports = server.start();
  say_what_is_served(models, options, ports);
  server.wait([&stop] { return stop.requested(); });
  print_result("stopped\n");
}

}  // namespace

void add_serve(CLI::App& app) {
  CLI::App* subcommand = app.add_subcommand("serve", "Serve models over HTTP and gRPC.");
  auto arguments = std::make_shared<ServeArguments>();
  auto& options = arguments->options;
  subcommand
      ->add_option(
          "--model", arguments->models,
          "Model file, NAME=FILE, or a folder of models; repeatable. The first is the default. Files "
          "are reloaded when they change, folders searched for new ones.")
      ->required()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  subcommand->add_option("--host", options.host, "Address to listen on; 0.0.0.0: all interfaces.")
      ->check([](const std::string& host) -> std::string {
        return host.empty() ? "it is empty; name an address, such as 127.0.0.1" : "";
      })
      ->capture_default_str();
  subcommand->add_option("--port", options.port, "Port; 0: any free one.")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  const auto* grpc =
      subcommand
          ->add_option(
              "--grpc-port", arguments->grpc_port,
              "Port of KServe's protocol over gRPC, which Triton's clients use; 0: any free one. Without the "
              "option, gRPC is off.")
          ->check(CLI::Range(0, 65535));
  subcommand
      ->add_option(
          "--allow-origin", options.allow_origins,
          "Origin of browser applications that may send requests (CORS), such as https://example.org; "
          "*: all; repeatable.")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  subcommand->add_option("--max-batch", options.batching.max_batch, "Most images and tiles per batch.")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  subcommand
      ->add_option("--batch-wait-ms", arguments->batch_wait_ms,
                   "Milliseconds that an image waits for others to share a batch with.")
      ->check(CLI::Range(0.0, 10000.0))
      ->capture_default_str();
  subcommand
      ->add_option("--queue", options.batching.queue,
                   "Most images and tiles that wait; requests beyond that get 503.")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  subcommand
      ->add_option("--connections", options.connections, "Most connections that are open at the same time.")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  subcommand
      ->add_option("--timeout", options.timeout_seconds,
                   "Most seconds from a request's first byte to its answer.")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  subcommand
      ->add_option("--idle", options.idle_seconds,
                   "Seconds that a connection may stay open without a request.")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  subcommand
      ->add_option("--grace", options.grace_seconds,
                   "Seconds that requests in progress have left when the server is told to stop.")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  subcommand->add_option("--max-body-mb", arguments->max_body_mb, "Largest request body in MiB.")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  subcommand->add_option("--max-megapixels", arguments->max_megapixels, "Largest image in 10^6 pixels.")
      ->check(CLI::Range(1, 134))
      ->capture_default_str();
  subcommand
      ->add_option("--max-bodies-mb", arguments->max_bodies_mb,
                   "Most memory for the bodies of all requests together, in MiB.")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  subcommand
      ->add_option("--max-decoded-mb", arguments->max_decoded_mb,
                   "Most memory for the decoded images of all requests together, in MiB.")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  subcommand->add_option("--max-images", options.limits.max_images, "Most images per request.")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  subcommand
      ->add_option("--reload", options.reload_seconds,
                   "Seconds between checks of the models' files; 0: never.")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  subcommand->add_flag("--quiet", arguments->quiet, "Do not log requests.");
  arguments->placement.add_to(*subcommand);
  arguments->threads.add_to(*subcommand);
  subcommand->footer(
      "If the environment variable FOCUS_DETR_TOKEN is set, requests need it as their bearer token.");
  subcommand->callback([arguments, grpc] {
    if (grpc->count() > 0) {
      if (!serve::GrpcServer::is_built()) fail_usage("--grpc-port: this build has no gRPC");
      arguments->options.grpc_port = arguments->grpc_port;
    }
    for (auto& origin : arguments->options.allow_origins) {
      try {
        origin = http::origin_of(origin);
      } catch (const UsageError& error) {
        fail_usage("--allow-origin: {}", error.what());
      }
    }
    run_serve(*arguments);
  });
}

}  // namespace focus::cli
