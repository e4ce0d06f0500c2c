// A server of models in memory of a test, and what clients ask it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/tiny_model.h"
#include "http/client.h"
#include "images/test_images.h"
#include "serve/server.h"
#include "support/temporary_folder.h"

namespace focus::test {

/// A server of the tiny model on a free port, until the end of the test.
class ServerTest : public testing::Test {
 protected:
  using json = nlohmann::json;
  using Reply = http::test::Reply;

  void start(serve::ServerOptions options = {}, std::vector<std::string> sources = {}) {
    if (sources.empty()) {
      write_tiny_model(model_path_);
      sources = {model_path_.string()};
    }
    options.port = 0;
    options.log = false;
    options.reload_seconds = 0.05;
    models_ = std::make_unique<serve::ModelRepository>(sources);
    server_ = std::make_unique<serve::Server>(options, *models_);
    port_ = server_->start().http;
    running_ = std::thread([this] { server_->wait([this] { return stop_.load(); }); });
  }
  void stop() {
    stop_ = true;
    if (running_.joinable()) running_.join();
  }
  void TearDown() override {
    stop();
    server_.reset();
  }

  /// Status 0 if there was no answer.
  Reply ask(const std::string& request) const {
    http::test::Client client(port_);
    return client.ask(request).value_or(Reply());
  }
  Reply get(const std::string& path, const std::string& fields = "") const {
    return ask(http::test::get(path, fields));
  }
  Reply post(const std::string& path, const std::string& body, const std::string& fields = "") const {
    return ask(http::test::post(path, body, fields));
  }
  /// Status and answer of an image.
  std::pair<int, json> detect(const std::string& body, const std::string& query = "") const {
    const auto reply = post("/v1/detect" + query, body, "Content-Type: image/png\r\n");
    return {reply.status, reply.status == 0 ? json() : json::parse(reply.body)};
  }
  std::string metrics() const { return get("/metrics").body; }

  TemporaryFolder folder_;
  std::filesystem::path model_path_ = folder_.path() / "tiny.safetensors";
  std::unique_ptr<serve::ModelRepository> models_;
  std::unique_ptr<serve::Server> server_;
  std::thread running_;
  std::atomic<bool> stop_{false};
  int port_ = 0;
  const std::string image_ = encoded(noise(48, 64));
};

/// A part of a form as browsers send it; without a file name if that is empty.
inline std::string form_part(const std::string& name, const std::string& file_name,
                             const std::string& content) {
  return "--edge\r\nContent-Disposition: form-data; name=\"" + name + "\"" +
         (file_name.empty() ? "" : "; filename=\"" + file_name + "\"") + "\r\n\r\n" + content + "\r\n";
}
inline constexpr const char* kFormType = "Content-Type: multipart/form-data; boundary=edge\r\n";
inline constexpr const char* kFormEnd = "--edge--\r\n";

}  // namespace focus::test
