#include "serve/server.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>

#include "base/error.h"
#include "cli/tiny_model.h"
#include "data/temporary_folder.h"
#include "data/test_pictures.h"
#include "detector/tiles.h"
#include "serve/raw_client.h"

namespace focus::serve {
namespace {

using nlohmann::json;

/// A server of the tiny model on a free port, until the end of the test.
class ServerTest : public testing::Test {
 protected:
  void start(ServerOptions options = {}, bool broken = false) {
    broken ? test::write_overflowing_model(model_path_) : test::write_tiny_model(model_path_);
    options.port = 0;
    options.log = false;
    options.reload_seconds = 0.1;
    model_ = std::make_shared<ModelSlot>(model_path_);
    server_ = std::make_unique<Server>(options, model_);
    port_ = server_->bind();
    running_ = std::thread([this] { server_->run([this] { return stop_.load(); }); });
    auto live = client().Get("/v2/health/live");
    ASSERT_TRUE(live);
  }
  void stop() {
    stop_ = true;
    if (running_.joinable()) running_.join();
  }
  void TearDown() override { stop(); }

  httplib::Client client() const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(60);
    return client;
  }
  /// Status and answer of a picture.
  std::pair<int, json> detect(const std::string& body, const std::string& query = "") const {
    const auto answer = client().Post("/v1/detect" + query, body, "image/png");
    if (!answer) return {0, {}};
    return {answer->status, json::parse(answer->body)};
  }
  std::string metrics() const { return client().Get("/metrics")->body; }

  test::TemporaryFolder folder_;
  std::filesystem::path model_path_ = folder_.path() / "tiny.safetensors";
  std::shared_ptr<ModelSlot> model_;
  std::unique_ptr<Server> server_;
  std::thread running_;
  std::atomic<bool> stop_{false};
  int port_ = 0;
  const std::string picture_ = test::encoded(test::noise(48, 64));
};

TEST_F(ServerTest, AModelThatGivesNoNumbersIsAnError) {
  start({}, /*broken=*/true);
  for (const char* route : {"/v1/detect", "/v1/detect?tiles=2", "/v1/explain"}) {
    const auto answer = client().Post(route, picture_, "image/png");
    ASSERT_TRUE(answer) << route;
    EXPECT_EQ(answer->status, 500) << route << answer->body;
    EXPECT_NE(answer->body.find("that are not finite"), std::string::npos) << route << answer->body;
  }
}

TEST_F(ServerTest, DetectsWhatTheLibraryDetects) {
  start();
  const auto [status, found] = detect(picture_, "?threshold=0.5&max=3");
  ASSERT_EQ(status, 200) << found;
  EXPECT_EQ(found["model"], "tiny");
  ASSERT_EQ(found["pictures"].size(), 1U);
  const auto& picture = found["pictures"][0];
  EXPECT_EQ(picture["width"], 64);
  EXPECT_EQ(picture["height"], 48);
  const detector::Detector detector = detector::Detector::load(model_path_);
  const auto expected = detector.detect(test::noise(48, 64), {0.5, 3});
  ASSERT_EQ(picture["detections"].size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto& one = picture["detections"][i];
    EXPECT_EQ(one["category"], "cat");
    EXPECT_EQ(one["category_id"], test::kCat);
    EXPECT_NEAR(one["score"].get<double>(), expected[i].score, 1e-6);
    EXPECT_NEAR(one["bbox"][0].get<double>(), expected[i].x1, 1e-3);
    EXPECT_NEAR(one["bbox"][2].get<double>(), expected[i].x2 - expected[i].x1, 1e-3);
  }
  for (const char* stage : {"decode", "queue", "inference"})
    EXPECT_GE(found["milliseconds"][stage], 0) << stage;
}

TEST_F(ServerTest, LooksAtPartsAsTheLibraryDoes) {
  start();
  const auto [status, found] = detect(picture_, "?threshold=0.1&tiles=2");
  ASSERT_EQ(status, 200) << found;
  const detector::Detector detector = detector::Detector::load(model_path_);
  const auto expected = detector::detect_in_tiles(detector, test::noise(48, 64), {0.1, 300}, 2);
  const auto& detections = found["pictures"][0]["detections"];
  ASSERT_EQ(detections.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(detections[i]["bbox"][0].get<double>(), expected[i].x1, 1e-3);
    EXPECT_NEAR(detections[i]["bbox"][3].get<double>(), expected[i].y2 - expected[i].y1, 1e-3);
  }
  EXPECT_EQ(detect(picture_, "?tiles=9").first, 400);
  EXPECT_EQ(client().Post("/v1/explain?tiles=2", picture_, "image/png")->status, 400);
}

TEST_F(ServerTest, TakesSeveralPicturesAtOnce) {
  start();
  const httplib::MultipartFormDataItems items{
      {"a", picture_, "first.png", "image/png"},
      {"b", test::encoded(test::noise(40, 30), ".jpg"), "second.jpg", "image/jpeg"}};
  const auto answer = client().Post("/v1/detect?keep=0.2", items);
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->status, 200) << answer->body;
  const auto pictures = json::parse(answer->body)["pictures"];
  ASSERT_EQ(pictures.size(), 2U);
  EXPECT_EQ(pictures[0]["file"], "first.png");
  EXPECT_EQ(pictures[1]["file"], "second.jpg");
  EXPECT_EQ(pictures[1]["height"], 40);
}

TEST_F(ServerTest, ExplainsWhatTheLibraryExplains) {
  start();
  const auto answer = client().Post("/v1/explain?threshold=0.5&max=3&keep=0.2", picture_, "image/png");
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->status, 200) << answer->body;
  const auto found = json::parse(answer->body)["pictures"][0];
  auto loaded = detector::load_model(model_path_);
  loaded.model->set_keep_ratio(0.2);
  const auto expected = detector::explain(*loaded.model, data::Preprocess(loaded.info.preprocess),
                                          test::noise(48, 64), {0.5, 3});
  EXPECT_EQ(found["file"], "body");
  EXPECT_EQ(found["width"], 64);
  ASSERT_EQ(found["detections"].size(), expected.detections.size());
  EXPECT_EQ(found["detections"][0]["sampled"].size(), expected.sampled[0].size());
  ASSERT_EQ(found["layers"].size(), 1U);
  EXPECT_EQ(found["layers"][0]["updated"].size(), expected.layers[0].updated.size());
  EXPECT_EQ(found["levels"].size(), expected.levels.size());
}

TEST_F(ServerTest, ShowsItsPageToAnyoneAndForNobodyElsesScripts) {
  ServerOptions options;
  options.token = "secret";
  start(options);
  const auto index = client().Get("/");
  ASSERT_TRUE(index);
  ASSERT_EQ(index->status, 200);
  EXPECT_EQ(index->get_header_value("Content-Type"), "text/html; charset=utf-8");
  EXPECT_NE(index->get_header_value("Content-Security-Policy").find("script-src 'self'"), std::string::npos);
  EXPECT_EQ(index->get_header_value("X-Content-Type-Options"), "nosniff");
  // All it names is there.
  int named = 0;
  const std::regex link("(?:href|src)=\"([^\"]+)\"");
  for (std::sregex_iterator it(index->body.begin(), index->body.end(), link), end; it != end; ++it, ++named) {
    EXPECT_EQ(client().Get((*it)[1].str())->status, 200) << (*it)[1];
  }
  EXPECT_EQ(named, 3);
  EXPECT_EQ(client().Get("/page/app.js")->get_header_value("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(client().Get("/page/../server.cpp")->status, 404);
}

TEST_F(ServerTest, SaysWhatIsWrong) {
  ServerOptions options;
  options.max_body_bytes = 100000;
  options.limits = {2, 5000};
  start(options);
  const auto refused = [&](const std::pair<int, json>& answer, int status, const std::string& words) {
    EXPECT_EQ(answer.first, status) << answer.second;
    EXPECT_NE(answer.second.value("error", "").find(words), std::string::npos) << answer.second;
  };
  refused(detect("no picture"), 400, "body: not a JPEG, PNG, WebP, BMP, TIFF, HEIC or AVIF image");
  refused(detect(""), 400, "the body is empty");
  refused(detect(picture_.substr(0, picture_.size() / 2)), 400, "truncated");
  refused(detect(picture_, "?threshold=2"), 400, "parameter 'threshold' is '2'");
  refused(detect(picture_, "?threshold=nan"), 400, "threshold");
  refused(detect(picture_, "?max=0"), 400, "parameter 'max'");
  refused(detect(picture_, "?keep=x"), 400, "parameter 'keep'");
  refused(detect(test::encoded(cv::Mat(100, 51, CV_8UC3, cv::Scalar(1)))), 413,
          "51 x 100 pixels; at most 5000");
  refused(detect(std::string(100001, 'x')), 413, "too large");
  const httplib::MultipartFormDataItems three(3, {"a", picture_, "a.png", "image/png"});
  EXPECT_EQ(client().Post("/v1/detect", three)->status, 413);
  EXPECT_EQ(client().Get("/nowhere")->status, 404);
  EXPECT_EQ(client().Get("/v1/detect")->status, 404);
  EXPECT_EQ(client().Post("/v1/detect", {{"Content-Encoding", "gzip"}}, picture_, "image/png")->status, 415);
  EXPECT_EQ(detect(picture_).first, 200) << "and goes on";
}

TEST_F(ServerTest, ABodyOfUnknownLengthIsNotRead) {
  start();
  // A client that goes on sending may see a reset instead of the answer: this one sends the head alone.
  const auto answer = test::say(port_,
                                "POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(answer.value_or("").substr(0, 12), "HTTP/1.1 411");
}

TEST_F(ServerTest, ATokenIsNeededWhereThereIsOne) {
  ServerOptions options;
  options.token = "secret";
  start(options);
  EXPECT_EQ(detect(picture_).first, 401);
  EXPECT_EQ(client().Get("/metrics")->status, 401);
  EXPECT_EQ(client().Get("/v2/health/ready")->status, 200) << "probes have none";
  auto authorised = client();
  authorised.set_bearer_token_auth("secret");
  EXPECT_EQ(authorised.Post("/v1/detect", picture_, "image/png")->status, 200);
  authorised.set_bearer_token_auth("secret2");
  EXPECT_EQ(authorised.Get("/v1/model")->status, 401);
}

TEST_F(ServerTest, AFullQueueIsAnsweredWith503) {
  ServerOptions options;
  options.batching = {.max_batch = 1, .queue = 1, .wait = std::chrono::microseconds(0)};
  start(options);
  std::atomic<int> fine{0}, full{0}, other{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        const auto answer = client().Post("/v1/detect", picture_, "image/png");
        const int status = answer ? answer->status : 0;
        ++(status == 200 ? fine : status == 503 ? full : other);
        if (status == 503) {
          EXPECT_EQ(answer->get_header_value("Retry-After"), "1");
        }
      }
    });
  }
  for (auto& thread : clients) thread.join();
  EXPECT_GT(fine, 0);
  EXPECT_GT(full, 0);
  EXPECT_EQ(other, 0);
}

TEST_F(ServerTest, CountsWhatItDoes) {
  start();
  detect(picture_);
  detect("no picture");
  const auto text = metrics();
  EXPECT_NE(text.find("focus_detr_requests_total{route=\"/v1/detect\",status=\"200\"} 1"), std::string::npos)
      << text;
  EXPECT_NE(text.find("focus_detr_requests_total{route=\"/v1/detect\",status=\"400\"} 1"), std::string::npos);
  EXPECT_NE(text.find("focus_detr_stage_seconds_count{stage=\"inference\"} 1"), std::string::npos);
  EXPECT_NE(text.find("focus_detr_batch_pictures_sum 1"), std::string::npos);
  EXPECT_NE(text.find("focus_detr_queue_length 0"), std::string::npos);
}

TEST_F(ServerTest, DescribesItself) {
  start();
  const auto model = json::parse(client().Get("/v1/model")->body);
  EXPECT_EQ(model["architecture"], "focus-detr");
  EXPECT_EQ(model["categories"][1]["name"], "dog");
  const auto api = json::parse(client().Get("/openapi.json")->body);
  EXPECT_EQ(api["openapi"], "3.0.3");
  for (const auto& [path, item] : api["paths"].items()) {
    const bool get = item.contains("get");
    const auto answer = get ? client().Get(path) : client().Post(path, picture_, "image/png");
    EXPECT_EQ(answer->status, 200) << path << " is promised";
  }
}

TEST_F(ServerTest, SpeaksKServesProtocol) {
  start();
  EXPECT_EQ(json::parse(client().Get("/v2")->body)["extensions"][0], "binary_tensor_data");
  EXPECT_EQ(json::parse(client().Get("/v2/models/tiny")->body)["inputs"][0]["name"], "image");
  EXPECT_EQ(client().Get("/v2/models/tiny/versions/1/ready")->status, 200);
  EXPECT_EQ(client().Get("/v2/models/other")->status, 404);
  const auto size = static_cast<uint32_t>(picture_.size());
  const std::string tensor = std::string(reinterpret_cast<const char*>(&size), 4) + picture_;
  const auto head = json{{"inputs",
                          {{{"name", "image"},
                            {"shape", {1}},
                            {"datatype", "BYTES"},
                            {"parameters", {{"binary_data_size", tensor.size()}}}}}}}
                        .dump();
  const auto answer = client().Post("/v2/models/tiny/infer",
                                    {{"Inference-Header-Content-Length", std::to_string(head.size())}},
                                    head + tensor, "application/octet-stream");
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->status, 200) << answer->body;
  const auto outputs = json::parse(answer->body)["outputs"];
  EXPECT_EQ(outputs[0]["data"][0], test::kTinyQueries);
  EXPECT_NEAR(outputs[2]["data"][0].get<double>(), test::kTinyScore, 1e-5);
  EXPECT_EQ(outputs[3]["data"][0], test::kCat);
  EXPECT_EQ(client().Post("/v2/models/tiny/infer", "{}", "application/json")->status, 400);
}

TEST_F(ServerTest, ANewModelFileIsLoadedAndABrokenOneIsNot) {
  start();
  const auto before = model_->get();
  const auto until = [&](const std::string& line) {
    for (int i = 0; i < 100 && metrics().find(line) == std::string::npos; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return metrics().find(line) != std::string::npos;
  };
  std::ofstream(model_path_, std::ios::trunc) << "broken";
  EXPECT_TRUE(until("focus_detr_reloads_total{success=\"false\"} "));
  EXPECT_EQ(model_->get(), before);
  EXPECT_EQ(detect(picture_).first, 200);
  test::write_tiny_model(model_path_);
  EXPECT_TRUE(until("focus_detr_reloads_total{success=\"true\"} "));
  EXPECT_NE(model_->get(), before);
  EXPECT_EQ(detect(picture_).first, 200);
}

TEST_F(ServerTest, StoppingAnswersWhatItTook) {
  constexpr int kClients = 6;
  ServerOptions options;
  options.batching = {.max_batch = 100, .queue = 100, .wait = std::chrono::minutes(2)};
  start(options);
  std::atomic<int> fine{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&] { fine += detect(picture_).first == 200; });
  }
  while (metrics().find("focus_detr_queue_length 6") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(fine, 0) << "all wait";
  stop();
  for (auto& thread : clients) thread.join();
  EXPECT_EQ(fine, kClients);
  EXPECT_FALSE(client().Get("/v2/health/live")) << "nobody listens any more";
}

TEST_F(ServerTest, GarbageIsSurvived) {
  start();
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    std::string body = picture_;
    for (int k = 0; k < 8; ++k) body[random() % body.size()] = static_cast<char>(random());
    const int status = detect(body.substr(0, 1 + random() % body.size())).first;
    EXPECT_TRUE(status == 200 || status == 400 || status == 413) << status;
    const auto type = "multipart/form-data; boundary=" + std::string(random() % 5, 'b');
    const auto answer = client().Post("/v1/detect", body.substr(0, random() % 200), type);
    EXPECT_TRUE(answer && answer->status >= 400) << i;
  }
  EXPECT_EQ(detect(picture_).first, 200);
}

TEST(ServerPort, ATakenOneIsNamed) {
  const test::TemporaryFolder folder;
  test::write_tiny_model(folder.path() / "a.safetensors");
  const auto model = std::make_shared<ModelSlot>(folder.path() / "a.safetensors");
  ServerOptions options;
  options.host = "256.0.0.1";
  Server server(options, model);
  try {
    server.bind();
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot listen on 256.0.0.1:8080"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace focus::serve
