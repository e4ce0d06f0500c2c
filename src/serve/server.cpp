#include "serve/server.h"

#include <httplib.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "base/address.h"
#include "base/console.h"
#include "base/error.h"
#include "base/machine.h"
#include "detector/detection_json.h"
#include "detector/explanation_json.h"
#include "nn/threads.h"
#include "serve/http_error.h"
#include "serve/kserve.h"
#include "serve/metrics.h"
#include "serve/openapi.h"
#include "serve/page.h"
#include "serve/run_jobs.h"

namespace focus::serve {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Text of strangers as JSON: what is no UTF-8 is replaced.
std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// Takes as long for a wrong token as for the right one, wherever it differs.
bool same_token(const std::string& found, const std::string& expected) {
  unsigned difference = found.size() == expected.size() ? 0 : 1;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference |=
        static_cast<unsigned char>(expected[i]) ^ static_cast<unsigned char>(i < found.size() ? found[i] : 0);
  }
  return difference == 0;
}

std::chrono::microseconds microseconds(double seconds) {
  return std::chrono::microseconds(static_cast<int64_t>(1e6 * seconds));
}

const char* meaning_of(int status) {
  switch (status) {
    case 404:
      return "there is no such route; see /openapi.json";
    case 413:
      return "the body is too large";
    case 414:
      return "the address is too long";
    default:
      return "this is no request that can be answered";
  }
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, std::shared_ptr<ModelSlot> model)
      : options_(std::move(options)),
        model_(std::move(model)),
        batcher_(options_.batching, [this](const std::vector<Job>& jobs) { return run(jobs); }) {
    http_.new_task_queue = [this] {
      return new httplib::ThreadPool(static_cast<size_t>(options_.connections));
    };
    http_.set_payload_max_length(static_cast<size_t>(options_.max_body_bytes));
    http_.set_read_timeout(microseconds(options_.timeout_seconds));
    http_.set_write_timeout(microseconds(options_.timeout_seconds));
    http_.set_tcp_nodelay(true);
    http_.set_default_headers({{"X-Content-Type-Options", "nosniff"}});
    // One request a connection: what follows a refused one on it would be its body, taken for a request.
    http_.set_keep_alive_max_count(1);
    http_.set_pre_routing_handler(
        [this](const auto& request, auto& response) { return admit(request, response); });
    // What no route answers, and what the library refuses by itself.
    http_.set_error_handler(httplib::Server::HandlerWithResponse(
        [this](const httplib::Request& request, httplib::Response& response) {
          if (!response.body.empty()) return httplib::Server::HandlerResponse::Unhandled;
          answer_error(response, response.status, meaning_of(response.status));
          finish("other", request, response, 0);
          return httplib::Server::HandlerResponse::Handled;
        }));
    add_routes();
  }

  int bind() {
    const int port = options_.port == 0 ? http_.bind_to_any_port(options_.host) : options_.port;
    if (port < 0 || (options_.port != 0 && !http_.bind_to_port(options_.host, port))) {
      fail("cannot listen on {}; is the port in use, or not yours to take?",
           host_and_port(options_.host, options_.port));
    }
    return port;
  }

  void run(const std::function<bool()>& should_stop) {
    std::thread watcher([&] {
      auto looked = Clock::now();
      while (!should_stop() && !ended_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        if (options_.reload_seconds > 0 && seconds_since(looked) >= options_.reload_seconds) {
          reload();
          looked = Clock::now();
        }
      }
      ready_ = false;
      batcher_.hurry();
      http_.stop();
    });
    http_.listen_after_bind();  // Returns when stopped and all connections are answered.
    ended_ = true;
    watcher.join();
    batcher_.stop();
  }

 private:
  using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

  void add_routes() {
    http_.Post("/v1/detect", guarded("/v1/detect", [this](const auto& q, auto& a) { look(q, a, false); }));
    http_.Post("/v1/explain", guarded("/v1/explain", [this](const auto& q, auto& a) { look(q, a, true); }));
    http_.Get("/v1/model", guarded("/v1/model", [this](const auto&, auto& a) { describe_model(a); }));
    http_.Get("/metrics", guarded("/metrics", [this](const auto&, auto& a) {
                metrics_.set_queue_length(batcher_.waiting());
                a.set_content(metrics_.text(), "text/plain; version=0.0.4; charset=utf-8");
              }));
    http_.Get("/openapi.json", guarded("/openapi.json", [this](const auto&, auto& a) {
                answer(a, openapi_document("1", options_.limits));
              }));
    http_.Get("/v2/health/live", open("/v2/health/live", [](const auto&, auto& a) {
                answer(a, {{"live", true}});
              }));
    http_.Get("/v2/health/ready", open("/v2/health/ready", [this](const auto&, auto& a) {
                if (!ready_) fail_http(503, "the server is stopping");
                answer(a, {{"ready", true}});
              }));
    add_kserve_routes();
    // The page shows nothing secret: what it asks for needs the token.
    for (const auto& file : page()) {
      http_.Get(file.path, open("page", [&file](const auto&, auto& a) {
                  a.set_header("Content-Security-Policy", kPagePolicy);
                  a.set_header("Cache-Control", "no-cache");
                  a.set_content(file.text.data(), file.text.size(), file.type);
                }));
    }
  }

  void add_kserve_routes() {
    http_.Get("/v2", guarded("/v2", [](const auto&, auto& a) {
                answer(a, {{"name", "focus-detr"}, {"version", "1"}, {"extensions", {"binary_tensor_data"}}});
              }));
    const std::string model = "/v2/models/([^/]+)", version = "(?:/versions/1)?";
    http_.Get(model + version, guarded("/v2/models", [this](const auto& q, auto& a) {
                require_model(q);
                answer(a, kserve_model(model_->name()));
              }));
    http_.Get(model + version + "/ready", guarded("/v2/models/ready", [this](const auto& q, auto& a) {
                require_model(q);
                answer(a, {{"name", model_->name()}, {"ready", true}});
              }));
    http_.Post(model + version + "/infer",
               guarded("/v2/models/infer", [this](const auto& q, auto& a) { infer(q, a); }));
  }

  /// Refuses what must not be read: its head has arrived, its body has not.
  httplib::Server::HandlerResponse admit(const httplib::Request& request, httplib::Response& response) {
    try {
      // The library bounds a body by its Content-Length alone.
      if (request.has_header("Content-Encoding")) fail_http(415, "compressed bodies are not accepted");
      if (request.has_header("Transfer-Encoding") ||
          (request.method == "POST" && !request.has_header("Content-Length"))) {
        fail_http(411, "send the body with its Content-Length");
      }
      return httplib::Server::HandlerResponse::Unhandled;
    } catch (const HttpError& error) {
      answer_error(response, error.status(), error.what());
      finish("refused", request, response, 0);
      return httplib::Server::HandlerResponse::Handled;
    }
  }

  /// A handler behind the token.
  Handler guarded(const std::string& route, Handler handler) {
    return open(route, [this, handler = std::move(handler)](const auto& request, auto& response) {
      if (!options_.token.empty() &&
          !same_token(request.get_header_value("Authorization"), "Bearer " + options_.token)) {
        response.set_header("WWW-Authenticate", "Bearer");
        fail_http(401, "the bearer token is missing or wrong");
      }
      handler(request, response);
    });
  }

  /// A handler whose errors become answers, and whose answers are counted and logged.
  Handler open(const std::string& route, Handler handler) {
    return [this, route, handler = std::move(handler)](const httplib::Request& request,
                                                       httplib::Response& response) {
      const auto start = Clock::now();
      try {
        handler(request, response);
        response.status = 200;
      } catch (const HttpError& error) {
        answer_error(response, error.status(), error.what());
      } catch (const UsageError& error) {
        answer_error(response, 400, error.what());
      } catch (const std::exception& error) {
        answer_error(response, 500, error.what());
      }
      finish(route, request, response, seconds_since(start));
    };
  }

  static void answer(httplib::Response& response, const json& value) {
    response.set_content(text_of(value), "application/json");
  }

  static void answer_error(httplib::Response& response, int status, const std::string& message) {
    response.status = status;
    if (status == 503) response.set_header("Retry-After", "1");
    answer(response, {{"error", message}});
  }

  void finish(const std::string& route, const httplib::Request& request, const httplib::Response& response,
              double seconds) {
    metrics_.count_request(route, response.status, seconds);
    if (!options_.log) return;
    log({{"route", route},
         {"method", request.method},
         {"path", request.path},
         {"status", response.status},
         {"client", request.remote_addr},
         {"bytes", request.body.size()},
         {"ms", 1e3 * seconds}});
  }

  static void log(json line) {
    line["time"] = utc_time();
    print_note("{}", text_of(line));
  }

  /// Detections in each picture of the request, or with `explain` where the model looked, too.
  void look(const httplib::Request& request, httplib::Response& response, bool explain) {
    const auto start = Clock::now();
    std::optional<Batcher::Places> places;
    auto named = read_pictures(request, options_.limits, [&](int64_t n) { places.emplace(places_for(n)); });
    const double decoding = seconds_since(start);
    metrics_.observe_stage("decode", decoding);
    auto pictures = json::array();
    std::vector<Job> jobs;
    jobs.reserve(named.size());
    for (auto& [name, job, part_read] : named) {
      pictures.push_back({{"file", name}, {"width", job.picture.width()}, {"height", job.picture.height()}});
      if (!part_read.empty()) pictures.back()["note"] = part_read;
      jobs.push_back(std::move(job));
      jobs.back().explain = explain;
      if (explain && jobs.back().tiles > 1) fail_http(400, "parameter 'tiles' belongs to /v1/detect");
    }
    const auto model = model_->get();
    const auto& categories = model->info().categories;
    const auto outcomes = wait_for(batcher_.submit(std::move(*places), std::move(jobs)));
    double queue = 0, inference = 0;
    for (size_t i = 0; i < outcomes.size(); ++i) {
      const auto& finding = outcomes[i].finding;
      if (finding.explanation) {
        pictures[i].update(detector::to_json(*finding.explanation, categories));
      } else {
        pictures[i]["detections"] = detector::to_json(finding.detections, categories);
      }
      queue = std::max(queue, outcomes[i].queue_seconds);
      inference = std::max(inference, outcomes[i].run_seconds);
    }
    answer(response,
           {{"model", model_->name()},
            {"pictures", pictures},
            {"milliseconds",
             {{"decode", 1e3 * decoding}, {"queue", 1e3 * queue}, {"inference", 1e3 * inference}}}});
  }

  /// Asked for before pictures are decoded: who is refused costs no more than what was read.
  Batcher::Places places_for(int64_t pictures) {
    auto places = batcher_.reserve(pictures);
    if (!places) fail_http(503, "the queue is full");
    return std::move(*places);
  }

  std::vector<Outcome> wait_for(std::vector<std::future<Outcome>> futures) {
    const auto deadline = Clock::now() + microseconds(options_.timeout_seconds);
    std::vector<Outcome> outcomes;
    outcomes.reserve(futures.size());
    for (auto& future : futures) {
      if (future.wait_until(deadline) != std::future_status::ready) fail_http(503, "no answer in time");
      outcomes.push_back(future.get());
      metrics_.observe_stage("queue", outcomes.back().queue_seconds);
      metrics_.observe_stage("inference", outcomes.back().run_seconds);
    }
    return outcomes;
  }

  void require_model(const httplib::Request& request) const {
    const std::string name = request.matches[1];
    if (name != model_->name()) fail_http(404, "there is no model '{}'; there is '{}'", name, model_->name());
  }

  void infer(const httplib::Request& request, httplib::Response& response) {
    require_model(request);
    const auto start = Clock::now();
    constexpr const char* kJsonBytes = "Inference-Header-Content-Length";
    std::optional<std::string> json_bytes;
    if (request.has_header(kJsonBytes)) json_bytes = request.get_header_value(kJsonBytes);
    std::optional<Batcher::Places> places;
    auto inference = read_infer_request(request.body, json_bytes, options_.limits,
                                        [&](int64_t n) { places.emplace(places_for(n)); });
    metrics_.observe_stage("decode", seconds_since(start));
    const auto model = model_->get();
    std::vector<std::vector<detector::Detection>> found;
    for (auto& outcome : wait_for(batcher_.submit(std::move(*places), std::move(inference.jobs)))) {
      found.push_back(std::move(outcome.finding.detections));
    }
    const auto written = write_infer_response(inference, model_->name(), found, model->info().categories);
    response.set_content(written.body, written.json_bytes ? "application/octet-stream" : "application/json");
    if (written.json_bytes) response.set_header(kJsonBytes, std::to_string(*written.json_bytes));
  }

  void describe_model(httplib::Response& response) const {
    const auto model = model_->get();
    auto categories = json::array();
    for (const auto& category : model->info().categories) {
      categories.push_back({{"id", category.id}, {"name", category.name}});
    }
    const auto& options = model->info().model;
    answer(response, {{"name", model_->name()},
                      {"architecture", options.architecture},
                      {"categories", categories},
                      {"keep_ratio", model->keep_ratio()},
                      {"max_detections", options.max_detections}});
  }

  std::vector<Finding> run(const std::vector<Job>& jobs) {
    nn::use_threads_here(options_.threads);
    auto findings = run_jobs(*model_->get(), jobs);
    metrics_.observe_batch(static_cast<int64_t>(jobs.size()));
    return findings;
  }

  void reload() {
    std::string message;
    const auto what = model_->reload_if_changed(message);
    if (what == ModelSlot::Reload::kUnchanged) return;
    metrics_.count_reload(what == ModelSlot::Reload::kDone);
    log({{"event", "reload"}, {"message", message}});
  }

  ServerOptions options_;
  std::shared_ptr<ModelSlot> model_;
  Metrics metrics_;
  std::atomic<bool> ready_{true}, ended_{false};
  Batcher batcher_;
  httplib::Server http_;
};

Server::Server(ServerOptions options, std::shared_ptr<ModelSlot> model)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(model))) {}
Server::~Server() = default;

int Server::bind() { return impl_->bind(); }
void Server::run(const std::function<bool()>& should_stop) { impl_->run(should_stop); }

}  // namespace focus::serve
