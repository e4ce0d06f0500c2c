#include "serve/server.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "http/server.h"
#include "nn/threads.h"
#include "serve/grpc_server.h"
#include "serve/image_routes.h"
#include "serve/kserve_routes.h"
#include "serve/model_watcher.h"
#include "serve/openapi.h"
#include "serve/page.h"
#include "serve/request_log.h"
#include "serve/responses.h"
#include "serve/run_jobs.h"

namespace focus::serve {
namespace {

using http::Access;
using http::ExchangePointer;
using http::Runs;

constexpr std::chrono::milliseconds kBetweenLooks{100};
/// Two images are decoded in parallel while a batch runs; more would only take time from the model.
constexpr int kDecoders = 2;

const char* name_of(ModelChange::What what) {
  switch (what) {
    case ModelChange::What::kLoaded:
      return "loaded";
    case ModelChange::What::kReloaded:
      return "reloaded";
    case ModelChange::What::kDropped:
      return "dropped";
    default:
      return "failed";
  }
}

/// The options common to the HTTP and gRPC servers.
template <typename Options>
Options common_options(const ServerOptions& options) {
  Options common;
  common.host = options.host;
  common.workers = kDecoders;
  common.max_connections = options.connections;
  common.request_seconds = options.timeout_seconds;
  common.idle_seconds = options.idle_seconds;
  common.stopping_seconds = std::min(common.stopping_seconds, options.grace_seconds);
  common.token = options.token;
  return common;
}

http::ServerOptions http_options(const ServerOptions& options) {
  auto http = common_options<http::ServerOptions>(options);
  http.port = options.port;
  http.max_body_bytes = static_cast<size_t>(options.max_body_bytes);
  http.max_body_bytes_together = static_cast<size_t>(options.max_body_bytes_together);
  http.allow_origins = options.allow_origins;
  http.headers = {{"X-Content-Type-Options", "nosniff"}};
  http.not_found = "there is no such route; see /openapi.json";
  return http;
}

GrpcServerOptions grpc_options(const ServerOptions& options) {
  auto grpc = common_options<GrpcServerOptions>(options);
  grpc.port = options.grpc_port.value_or(0);
  grpc.max_message_bytes = static_cast<size_t>(options.max_body_bytes);
  grpc.max_message_bytes_together = static_cast<size_t>(options.max_body_bytes_together);
  grpc.version = options.version;
  grpc.limits = options.limits;
  return grpc;
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, ModelRepository& models)
      : options_(std::move(options)),
        models_(models),
        log_(options_.log),
        batcher_(options_.batching, [this](const auto& jobs, const auto& stop) { return run(jobs, stop); }),
        serving_{models_, batcher_, metrics_, options_.limits, options_.version},
        http_(http_options(options_), routes(), [this](const auto& answered) { note(answered); }) {
    if (options_.grpc_port) {
      grpc_ = std::make_unique<GrpcServer>(grpc_options(options_), models_, batcher_,
                                           [this](const auto& answered) { note(answered); });
    }
  }

  ~Impl() {
    stop(0);
    if (connections_.joinable()) connections_.join();
    batcher_.cancel();
    batcher_.stop();
  }

  Ports start() {
    Ports ports;
    ports.http = http_.bind();
    if (grpc_) ports.grpc = grpc_->bind();
    warm_up();
    watcher_ = std::make_unique<ModelWatcher>(models_, options_.reload_seconds,
                                              [this](const auto& change) { note(change); });
    if (grpc_) grpc_->start();
    std::promise<void> started;
    auto has_started = started.get_future();
    try {
      connections_ = std::thread([this, started = std::move(started)]() mutable {
        bool told = false;
        try {
          http_.run([&] {
            if (!std::exchange(told, true)) started.set_value();
          });
          if (!told) started.set_value();
        } catch (...) {
          if (!told) started.set_exception(std::current_exception());
        }
        ended_ = true;
      });
    } catch (const std::system_error& error) {
      fail("cannot start the thread of connections: {}; allow this user more threads or memory",
           error.code().message());
    }
    has_started.get();
    return ports;
  }

  void wait(const std::function<bool()>& should_stop) {
    while (!should_stop() && !ended_) std::this_thread::sleep_for(kBetweenLooks);
    stop(options_.grace_seconds);
    connections_.join();
    batcher_.cancel();
    batcher_.stop();
  }

 private:
  /// Accepts no more requests; those in progress are answered without waiting for others to share a batch.
  void stop(double grace_seconds) {
    ready_ = false;
    batcher_.drain();
    http_.stop(grace_seconds);
    if (grpc_) grpc_->stop(grace_seconds);
  }

  http::Router routes() {
    http::Router router;
    add_image_routes(router, serving_);
    add_model_routes(router, serving_);
    add_kserve_routes(router, serving_);
    router.add({"GET", "/metrics", "/metrics", [this](const auto& exchange) { tell_metrics(exchange); }});
    router.add({"GET", "/openapi.json", "/openapi.json", [this](const auto& exchange) {
                  exchange->answer(json_response(openapi_document(options_.version, options_.limits)));
                }});
    router.add({"GET", "/v2/health/live", "/v2/health/live",
                [](const auto& exchange) {
                  exchange->answer(json_response(nlohmann::json{{"live", true}}));
                },
                Runs::kAtOnce, Access::kEverybody});
    router.add({"GET", "/v2/health/ready", "/v2/health/ready",
                [this](const auto& exchange) {
                  if (!ready_) http::fail_http(503, "the server is stopping");
                  if (!models_.first()) http::fail_http(503, "no model is loaded yet");
                  exchange->answer(json_response(nlohmann::json{{"ready", true}}));
                },
                Runs::kAtOnce, Access::kEverybody});
    // The page itself is public: its requests need the token.
    for (const auto& file : page()) {
      router.add({"GET", file.path, "page",
                  [&file](const auto& exchange) {
                    http::Response response;
                    response.type = file.type;
                    response.headers.add("Content-Security-Policy", kPagePolicy);
                    response.headers.add("Cache-Control", "no-cache");
                    response.lasting_body = file.text;
                    exchange->answer(std::move(response));
                  },
                  Runs::kAtOnce, Access::kEverybody});
    }
    return router;
  }

  void tell_metrics(const ExchangePointer& exchange) {
    metrics_.set({batcher_.waiting(), batcher_.bytes(),
                  http_.connections() + (grpc_ ? grpc_->connections() : 0),
                  static_cast<int64_t>(models_.list().size()), log_.lost()});
    http::Response response;
    response.type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics_.text();
    exchange->answer(std::move(response));
  }

  std::vector<JobResult> run(const std::vector<Job>& jobs, const std::function<bool()>& stop) {
    nn::use_threads_here(options_.threads);
    auto results = run_jobs(jobs, options_.batching.max_batch, stop, [this] { batcher_.let_others_run(); });
    if (!warming_) metrics_.observe_batch(static_cast<int64_t>(jobs.size()));
    return results;
  }

  /// Runs the model once, which creates its threads. If they cannot be created, OpenMP ends the process: now,
  /// before any request is answered. The result is not used.
  void warm_up() {
    const auto first = models_.first();
    if (!first) return;
    const auto model = std::make_shared<ServedModel>(*first);
    model->statistics = std::make_shared<Statistics>();
    constexpr int kSide = 64;
    auto nothing =
        images::Image::by_rows(kSide, kSide, 3, [](int, uint8_t* row) { std::fill_n(row, 3 * kSide, 0); });
    auto room = batcher_.reserve({1, 3 * kSide * kSide});
    if (!room) return;
    std::promise<void> done;
    warming_ = true;
    std::vector<Job> jobs;
    jobs.push_back({model, std::move(nothing), {}, {}, {}, true});
    batcher_.submit(std::move(*room), std::move(jobs), [&done](auto, auto) { done.set_value(); });
    done.get_future().wait();
    warming_ = false;
  }

  void note(const http::Answered& answered) {
    metrics_.count_request(answered.route, answered.status, answered.seconds);
    if (!log_.is_enabled()) return;
    log_.add({{"route", answered.route},
              {"method", answered.method},
              {"path", answered.path},
              {"status", answered.status},
              {"client", answered.client},
              {"bytes", answered.body_bytes},
              {"ms", 1e3 * answered.seconds}});
  }

  void note(const ModelChange& change) {
    metrics_.count_model_change(name_of(change.what));
    log_.add({{"event", "model"},
              {"change", name_of(change.what)},
              {"model", change.name},
              {"message", change.message}});
  }

  ServerOptions options_;
  ModelRepository& models_;
  Metrics metrics_;
  RequestLog log_;
  std::atomic<bool> ready_{true}, ended_{false}, warming_{false};
  Batcher batcher_;
  Serving serving_;
  http::Server http_;
  std::unique_ptr<GrpcServer> grpc_;
  std::unique_ptr<ModelWatcher> watcher_;
  std::thread connections_;
};

Server::Server(ServerOptions options, ModelRepository& models)
    : impl_(std::make_unique<Impl>(std::move(options), models)) {}
Server::~Server() = default;

Server::Ports Server::start() { return impl_->start(); }
void Server::wait(const std::function<bool()>& should_stop) { impl_->wait(should_stop); }

}  // namespace focus::serve
