#include "serve/server.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <regex>

#include "base/error.h"
#include "detector/tiles.h"
#include "http/packed.h"
#include "serve/running_server.h"
#include "serve/served_models.h"

namespace focus::serve {
namespace {

using nlohmann::json;
using test::form_part;
using test::kFormEnd;
using test::kFormType;
using test::ServerTest;

TEST_F(ServerTest, AModelThatGivesNoNumbersIsAnError) {
  test::write_overflowing_model(model_path_);
  start({}, {model_path_.string()});
  for (const char* route : {"/v1/detect", "/v1/detect?tiles=2", "/v1/explain"}) {
    const auto reply = post(route, image_);
    EXPECT_EQ(reply.status, 500) << route << reply.body;
    EXPECT_NE(reply.body.find("that are not finite"), std::string::npos) << route << reply.body;
  }
}

TEST_F(ServerTest, DetectsWhatTheLibraryDetects) {
  start();
  const auto [status, found] = detect(image_, "?threshold=0.5&max=3");
  ASSERT_EQ(status, 200) << found;
  EXPECT_EQ(found["model"], "tiny");
  ASSERT_EQ(found["images"].size(), 1U);
  const auto& image = found["images"][0];
  EXPECT_EQ(image["width"], 64);
  EXPECT_EQ(image["height"], 48);
  const detector::Detector detector = detector::Detector::load(model_path_);
  const auto expected = detector.detect(test::noise(48, 64), {0.5, 3});
  ASSERT_EQ(image["detections"].size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto& one = image["detections"][i];
    EXPECT_EQ(one["category"], "cat");
    EXPECT_EQ(one["category_id"], test::kCat);
    EXPECT_NEAR(one["score"].get<double>(), expected[i].score, 1e-6);
    EXPECT_NEAR(one["bbox"][0].get<double>(), expected[i].x1, 1e-3);
    EXPECT_NEAR(one["bbox"][2].get<double>(), expected[i].x2 - expected[i].x1, 1e-3);
  }
  EXPECT_GT(found["milliseconds"]["decode"], 0);
  EXPECT_GT(found["milliseconds"]["inference"], 0);
}

TEST_F(ServerTest, AnImageIsToldFromItsBytesWhateverTheTypeSays) {
  start();
  // What curl's --data-binary, axios and others call a body; parameters of a query never come from it.
  for (const std::string type :
       {"", "Content-Type: application/x-www-form-urlencoded\r\n", "Content-Type: text/plain\r\n",
        "Content-Type: application/json\r\n", "Content-Type: image/webp\r\n"}) {
    const auto reply = post("/v1/detect?max=2", image_, type);
    ASSERT_EQ(reply.status, 200) << type << reply.body;
    EXPECT_EQ(json::parse(reply.body)["images"][0]["detections"].size(), 2U) << type;
  }
}

TEST_F(ServerTest, LooksAtPartsAsTheLibraryDoes) {
  start();
  const auto [status, found] = detect(image_, "?threshold=0.1&tiles=2");
  ASSERT_EQ(status, 200) << found;
  const detector::Detector detector = detector::Detector::load(model_path_);
  const auto expected = detector::detect_in_tiles(detector, test::noise(48, 64), {0.1, 300}, 2);
  const auto& detections = found["images"][0]["detections"];
  ASSERT_EQ(detections.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(detections[i]["bbox"][0].get<double>(), expected[i].x1, 1e-3);
    EXPECT_NEAR(detections[i]["bbox"][3].get<double>(), expected[i].y2 - expected[i].y1, 1e-3);
  }
  EXPECT_EQ(detect(image_, "?tiles=9").first, 400);
  EXPECT_EQ(post("/v1/explain?tiles=2", image_).status, 400);
}

TEST_F(ServerTest, TakesTheFilesOfAFormInTheirOrderAndItsFieldsAsParameters) {
  start();
  const auto form = form_part("z", "first.png", image_) +
                    form_part("a", "second.jpg", test::encoded(test::noise(40, 30), ".jpg")) +
                    form_part("max", "", "2") + kFormEnd;
  const auto reply = post("/v1/detect?keep=0.2", form, kFormType);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto images = json::parse(reply.body)["images"];
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images[0]["file"], "first.png");
  EXPECT_EQ(images[1]["file"], "second.jpg");
  EXPECT_EQ(images[1]["height"], 40);
  EXPECT_EQ(images[1]["detections"].size(), 2U);
}

TEST_F(ServerTest, ExplainsWhatTheLibraryExplains) {
  start();
  const auto reply = post("/v1/explain?threshold=0.5&max=3&keep=0.2", image_);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto found = json::parse(reply.body)["images"][0];
  auto loaded = detector::load_model(model_path_);
  loaded.model->set_keep_ratio(0.2);
  const auto expected = explain::explain(*loaded.model, images::Preprocess(loaded.info.preprocess),
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
  const auto index = get("/");
  ASSERT_EQ(index.status, 200);
  EXPECT_EQ(index.field("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(index.field("content-security-policy").find("script-src 'self'"), std::string::npos);
  EXPECT_EQ(index.field("x-content-type-options"), "nosniff");
  // All it names is there.
  int named = 0;
  const std::regex link("(?:href|src)=\"([^\"]+)\"");
  for (std::sregex_iterator it(index.body.begin(), index.body.end(), link), end; it != end; ++it, ++named) {
    EXPECT_EQ(get((*it)[1].str()).status, 200) << (*it)[1];
  }
  EXPECT_EQ(named, 3);
  EXPECT_EQ(get("/page/app.js").field("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/page/../server.cpp").status, 404);
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
  refused(detect("no image"), 400, "body: not a JPEG, PNG, WebP, BMP, TIFF, HEIC or AVIF image");
  refused(detect(""), 400, "the body is empty");
  refused(detect(image_.substr(0, image_.size() / 2)), 400, "truncated");
  refused(detect(image_, "?threshold=2"), 400, "parameter 'threshold' is '2'");
  refused(detect(image_, "?threshold=nan"), 400, "threshold");
  refused(detect(image_, "?max=0"), 400, "parameter 'max'");
  refused(detect(image_, "?keep=x"), 400, "parameter 'keep'");
  refused(detect(image_, "?treshold=0.1"), 400, "treshold");
  refused(detect(test::encoded(cv::Mat(100, 51, CV_8UC3, cv::Scalar(1)))), 413,
          "51 x 100 pixels; at most 5000");
  refused(detect(std::string(100001, 'x')), 413, "");
  const auto one = form_part("a", "a.png", image_);
  EXPECT_EQ(post("/v1/detect", one + one + one + kFormEnd, kFormType).status, 413);
  EXPECT_EQ(get("/nowhere").status, 404);
  const auto get_detect = get("/v1/detect");
  EXPECT_EQ(get_detect.status, 405);
  EXPECT_EQ(get_detect.field("allow"), "POST, OPTIONS");
  EXPECT_EQ(post("/v1/detect", image_, "Content-Encoding: br\r\n").status, 415);
  EXPECT_EQ(detect(image_).first, 200) << "and goes on";
}

TEST_F(ServerTest, TakesABodyInChunks) {
  start();
  http::test::Client client(port_);
  client.send("POST /v1/detect?max=2 HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (size_t at = 0; at < image_.size(); at += 500) {
    const auto chunk = image_.substr(at, 500);
    client.send(fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk));
  }
  const auto reply = client.ask("0\r\n\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200) << reply->body;
  EXPECT_EQ(client.ask(http::test::get("/v2/health/live")).value_or(Reply()).status, 200) << "kept alive";
}

TEST_F(ServerTest, ATokenIsNeededWhereThereIsOne) {
  ServerOptions options;
  options.token = "secret";
  start(options);
  EXPECT_EQ(detect(image_).first, 401);
  EXPECT_EQ(get("/metrics").status, 401);
  EXPECT_EQ(get("/v2/health/ready").status, 200) << "probes have none";
  EXPECT_EQ(post("/v1/detect", image_, "Authorization: Bearer secret\r\n").status, 200);
  EXPECT_EQ(get("/v1/model", "Authorization: Bearer secret2\r\n").status, 401);
}

TEST_F(ServerTest, ApplicationsOfOtherOriginsAskIfTheyMay) {
  ServerOptions options;
  options.allow_origins = {"https://app.example"};
  start(options);
  const auto reply = post("/v1/detect", image_, "Origin: https://app.example\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.field("access-control-allow-origin"), "https://app.example");
  EXPECT_EQ(
      post("/v1/detect", image_, "Origin: https://other.example\r\n").field("access-control-allow-origin"),
      "");
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
        const auto reply = post("/v1/detect", image_);
        ++(reply.status == 200 ? fine : reply.status == 503 ? full : other);
        if (reply.status == 503) {
          EXPECT_EQ(reply.field("retry-after"), "1");
        }
      }
    });
  }
  for (auto& thread : clients) thread.join();
  EXPECT_GT(fine, 0);
  EXPECT_GT(full, 0);
  EXPECT_EQ(other, 0);
}

TEST_F(ServerTest, WhatIsNoImageIsToldAlikeAtSightAndByAWorker) {
  start();
  const std::string page = "<!doctype html><p>Not found", zeros(1024, '\0');
  for (const std::string& body : {zeros, page, std::string("no image")}) {
    for (const auto* path : {"/v1/detect", "/v1/explain?keep=0.5", "/v1/models/tiny/detect?max=3"}) {
      const auto sight = post(path, body);
      const auto worker =
          post(path, http::test::packed(body, http::Coding::kGzip), "Content-Encoding: gzip\r\n");
      EXPECT_EQ(sight.status, 400) << path;
      EXPECT_EQ(sight.body, worker.body) << path;
      EXPECT_EQ(sight.body.rfind("{\"error\":\"body: ", 0), 0U) << sight.body;
    }
  }
  EXPECT_NE(post("/v1/detect", page).body.find("a web page"), std::string::npos);
  // What else is wrong is said first, as for images.
  EXPECT_EQ(post("/v1/models/none/detect", zeros).status, 404);
  EXPECT_NE(post("/v1/detect?max=0", zeros).body.find("'max' is '0'"), std::string::npos);
  EXPECT_NE(post("/v1/detect", "").body.find("the body is empty"), std::string::npos);
  EXPECT_NE(post("/v1/detect", zeros, "Content-Type: multipart/form-data\r\n").body.find("no boundary"),
            std::string::npos);
  const auto stats = json::parse(get("/v2/models/tiny/stats").body)["model_stats"][0]["inference_stats"];
  EXPECT_EQ(stats["fail"]["count"], 19) << stats;
}

TEST_F(ServerTest, ModelsMayBeCalledAsRoutesAre) {
  test::write_tiny_model(folder_.path() / "a.safetensors");
  const auto file = (folder_.path() / "a.safetensors").string();
  std::vector<std::string> sources;
  const std::vector<std::string> names{"config", "ready", "infer", "versions", "detect", "models", "1"};
  for (const auto& name : names) sources.push_back(name + "=" + file);
  start({}, sources);
  for (const auto& name : names) {
    EXPECT_EQ(json::parse(get("/v1/models/" + name).body)["name"], name);
    EXPECT_EQ(json::parse(post("/v1/models/" + name + "/detect", image_).body)["model"], name);
    for (const std::string version : {"", "/versions/1"}) {
      const auto path = "/v2/models/" + name + version;
      EXPECT_EQ(json::parse(get(path).body)["name"], name) << path;
      EXPECT_EQ(json::parse(get(path + "/ready").body)["name"], name) << path;
      EXPECT_EQ(json::parse(get(path + "/config").body)["name"], name) << path;
      EXPECT_EQ(json::parse(get(path + "/stats").body)["model_stats"][0]["name"], name) << path;
      const auto reply = post(path + "/infer", image_, "Inference-Header-Content-Length: 0\r\n");
      EXPECT_EQ(reply.status, 200) << path << reply.body;
    }
  }
}

TEST_F(ServerTest, UnknownModelsAreToldAlikeEverywhere) {
  start();
  const std::string expected = "{\"error\":\"there is no model 'nope'; the server has 'tiny'\"}";
  for (const auto* path :
       {"/v1/models/nope", "/v2/models/nope", "/v2/models/nope/ready", "/v2/models/nope/stats"}) {
    EXPECT_EQ(get(path).body, expected) << path;
  }
  for (const auto* path : {"/v1/models/nope/detect", "/v1/models/nope/explain", "/v2/models/nope/infer"}) {
    EXPECT_EQ(post(path, image_, "Inference-Header-Content-Length: 0\r\n").body, expected) << path;
  }
  const auto unknown = get("/v1/nope");
  EXPECT_EQ(unknown.status, 404);
  for (const auto* path : {"/v2/nope", "/v2/models/tiny/nope", "/v1/models/tiny/nope", "/nope"}) {
    EXPECT_EQ(get(path).body, unknown.body) << path;
  }
}

TEST_F(ServerTest, AnImageWithoutTilesComesInBetweenTheTilesOfOthers) {
  ServerOptions options;
  options.batching = {.max_batch = 1, .queue = 32, .wait = std::chrono::microseconds(0)};
  options.timeout_seconds = 300;
  start(options);
  // 2 images of 65 views each, which is more than the queue has places.
  const auto large = test::encoded(test::noise(256, 256));
  std::atomic<bool> over{false};
  std::thread client([&] {
    const auto reply =
        post("/v1/detect?tiles=8", form_part("a", "a.png", large) + form_part("b", "b.png", large) + kFormEnd,
             kFormType);
    EXPECT_EQ(reply.status, 200) << reply.body;
    over = true;
  });
  ASSERT_TRUE(http::test::wait_until(
      [&] { return metrics().find("focus_detr_queue_length 0\n") == std::string::npos || over; }));
  int in_between = 0;
  for (int i = 0; i < 5; ++i) {
    const auto [status, found] = detect(image_);
    EXPECT_EQ(status, 200) << found;
    in_between += !over;
  }
  client.join();
  EXPECT_GE(in_between, 3);
}

TEST_F(ServerTest, CountsWhatItDoes) {
  start();
  for (const char* change : {"loaded", "reloaded", "dropped", "failed"}) {
    EXPECT_NE(metrics().find("focus_detr_model_changes_total{change=\"" + std::string(change) + "\"} 0"),
              std::string::npos);
  }
  EXPECT_NE(metrics().find("focus_detr_log_lines_lost 0"), std::string::npos);
  detect(image_);
  detect("no image");
  // A request is counted once its answer is on its way.
  const auto counted = [&](const std::string& line) {
    return http::test::wait_until([&] { return metrics().find(line) != std::string::npos; });
  };
  EXPECT_TRUE(counted("focus_detr_requests_total{route=\"/v1/detect\",status=\"200\"} 1")) << metrics();
  EXPECT_TRUE(counted("focus_detr_requests_total{route=\"/v1/detect\",status=\"400\"} 1")) << metrics();
  EXPECT_TRUE(counted("focus_detr_stage_seconds_count{stage=\"inference\"} 1"));
  EXPECT_TRUE(counted("focus_detr_batch_images_sum 1"));
  EXPECT_TRUE(counted("focus_detr_queue_length 0"));
  EXPECT_TRUE(counted("focus_detr_image_bytes 0"));
  EXPECT_TRUE(counted("focus_detr_models 1"));
}

TEST_F(ServerTest, EveryRouteThatIsDescribedAnswers) {
  start();
  const auto model = json::parse(get("/v1/model").body);
  EXPECT_EQ(model["architecture"], "focus-detr");
  EXPECT_EQ(model["categories"][1]["name"], "dog");
  const auto api = nlohmann::ordered_json::parse(get("/openapi.json").body);
  EXPECT_EQ(api["openapi"], "3.0.3");
  int routes = 0;
  for (const auto& [path, item] : api["paths"].items()) {
    auto asked = std::regex_replace(path, std::regex("\\{model\\}"), "tiny");
    asked = std::regex_replace(asked, std::regex("\\{version\\}"), "1");
    const bool infer = asked.size() > 6 && asked.substr(asked.size() - 6) == "/infer";
    const auto reply = item.contains("get") ? get(asked)
                       : infer              ? post(asked, image_, "Inference-Header-Content-Length: 0\r\n")
                                            : post(asked, image_);
    EXPECT_EQ(reply.status, 200) << path << " is promised: " << reply.body;
    ++routes;
    if (item.contains("post") && !infer) {
      bool seen = false;
      for (const auto& parameter : item["post"]["parameters"]) {
        if (parameter["name"] != "max") continue;
        seen = true;
        EXPECT_EQ(parameter["schema"]["minimum"], 1) << path;
        EXPECT_EQ(parameter["schema"]["maximum"], 100000) << path;
      }
      EXPECT_TRUE(seen) << path;
    }
    if (item.contains("post")) {
      const auto& content = item["post"]["requestBody"]["content"];
      EXPECT_EQ(content.begin().key(), infer ? "application/json" : "multipart/form-data") << path;
    }
  }
  EXPECT_EQ(routes, 23);
}

TEST_F(ServerTest, SpeaksKServesProtocol) {
  start();
  EXPECT_EQ(json::parse(get("/v2").body)["extensions"][0], "binary_tensor_data");
  EXPECT_EQ(json::parse(get("/v2/models/tiny").body)["inputs"][0]["name"], "image");
  EXPECT_EQ(get("/v2/models/tiny/versions/1/ready").status, 200);
  EXPECT_EQ(get("/v2/models/tiny/versions/2").status, 404);
  EXPECT_EQ(get("/v2/models/other").status, 404);
  const auto size = static_cast<uint32_t>(image_.size());
  const std::string tensor = std::string(reinterpret_cast<const char*>(&size), 4) + image_;
  const auto head =
      json{{"inputs",
            {{{"name", "image"},
              {"shape", {1}},
              {"datatype", "BYTES"},
              {"parameters", {{"binary_data_size", tensor.size()}}}}}},
           {"outputs", {{{"name", "scores"}}, {{"name", "counts"}, {"parameters", {{"binary_data", true}}}}}}}
          .dump();
  const auto reply = post("/v2/models/tiny/infer", head + tensor,
                          "Inference-Header-Content-Length: " + std::to_string(head.size()) + "\r\n");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.field("content-type"), "application/octet-stream");
  const auto json_bytes = std::stoul(reply.field("inference-header-content-length"));
  const auto answer = json::parse(reply.body.substr(0, json_bytes));
  EXPECT_EQ(answer["model_version"], "1");
  ASSERT_EQ(answer["outputs"].size(), 2U);
  EXPECT_NEAR(answer["outputs"][0]["data"][0].get<double>(), test::kTinyScore, 1e-5);
  ASSERT_EQ(reply.body.size(), json_bytes + 8) << "the one count, in binary";
  EXPECT_EQ(static_cast<unsigned char>(reply.body[json_bytes]), test::kTinyQueries);
  EXPECT_EQ(post("/v2/models/tiny/infer", "{}").status, 400);
}

TEST_F(ServerTest, SeveralModelsAnswerByName) {
  test::write_tiny_model(folder_.path() / "a.safetensors");
  test::write_tiny_model(folder_.path() / "b.safetensors", {{7, "bird"}});
  start({}, {"first=" + (folder_.path() / "a.safetensors").string(),
             (folder_.path() / "b.safetensors").string()});
  EXPECT_EQ(json::parse(get("/v1/model").body)["name"], "first");
  const auto all = json::parse(get("/v1/models").body)["models"];
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1]["name"], "b");
  EXPECT_EQ(all[1]["categories"][0]["name"], "bird");
  const auto first = json::parse(post("/v1/detect", image_).body);
  EXPECT_EQ(first["model"], "first");
  EXPECT_EQ(first["images"][0]["detections"][0]["category"], "cat");
  const auto other = json::parse(post("/v1/models/b/detect?threshold=0", image_).body);
  EXPECT_EQ(other["model"], "b");
  EXPECT_EQ(other["images"][0]["detections"][0]["category"], "bird");
  const auto missing = post("/v1/models/c/detect", image_);
  EXPECT_EQ(missing.status, 404);
  EXPECT_NE(missing.body.find("the server has 'first', 'b'"), std::string::npos) << missing.body;
}

TEST_F(ServerTest, ANewModelFileIsLoadedAndABrokenOneIsNot) {
  start();
  const auto before = models_->first()->detector;
  const auto until = [&](const std::string& line) {
    return http::test::wait_until([&] { return metrics().find(line) != std::string::npos; });
  };
  std::ofstream(model_path_, std::ios::trunc) << "broken";
  EXPECT_TRUE(until("focus_detr_model_changes_total{change=\"failed\"} 1"));
  EXPECT_EQ(models_->first()->detector, before);
  EXPECT_EQ(detect(image_).first, 200);
  test::write_tiny_model(model_path_);
  EXPECT_TRUE(until("focus_detr_model_changes_total{change=\"reloaded\"} 1"));
  EXPECT_NE(models_->first()->detector, before);
  EXPECT_EQ(detect(image_).first, 200);
}

TEST_F(ServerTest, StoppingAnswersWhatItTook) {
  constexpr int kClients = 6;
  ServerOptions options;
  options.batching = {.max_batch = 100, .queue = 100, .wait = std::chrono::minutes(2)};
  options.timeout_seconds = 300;
  start(options);
  std::atomic<int> fine{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&] { fine += detect(image_).first == 200; });
  }
  EXPECT_TRUE(http::test::wait_until(
      [&] { return metrics().find("focus_detr_queue_length 6") != std::string::npos; }));
  EXPECT_EQ(fine, 0) << "all wait";
  stop();
  for (auto& thread : clients) thread.join();
  EXPECT_EQ(fine, kClients);
  EXPECT_EQ(get("/v2/health/live").status, 0) << "nobody listens any more";
}

TEST_F(ServerTest, WhatIsNotAnsweredWhenTheGraceIsOverIsDropped) {
  ServerOptions options;
  options.batching = {.max_batch = 1, .queue = 100, .wait = std::chrono::microseconds(0)};
  options.grace_seconds = 0;
  start(options);
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&] { post("/v1/detect?tiles=8", image_); });
  }
  EXPECT_TRUE(http::test::wait_until(
      [&] { return metrics().find("focus_detr_queue_length 0\n") == std::string::npos; }));
  stop();
  for (auto& thread : clients) thread.join();
}

TEST_F(ServerTest, GarbageIsSurvived) {
  start();
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    std::string body = image_;
    for (int k = 0; k < 8; ++k) body[random() % body.size()] = static_cast<char>(random());
    const int status = detect(body.substr(0, 1 + random() % body.size())).first;
    EXPECT_TRUE(status == 200 || status == 400 || status == 413) << status;
    const auto type =
        "Content-Type: multipart/form-data; boundary=" + std::string(random() % 5, 'b') + "\r\n";
    EXPECT_GE(post("/v1/detect", body.substr(0, random() % 200), type).status, 400) << i;
  }
  EXPECT_EQ(detect(image_).first, 200);
}

TEST(ServerPort, ATakenOneIsNamed) {
  const test::TemporaryFolder folder;
  test::write_tiny_model(folder.path() / "a.safetensors");
  ModelRepository models({(folder.path() / "a.safetensors").string()});
  ServerOptions options;
  options.host = "256.0.0.1";
  Server server(options, models);
  try {
    server.start();
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("256.0.0.1:8080"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace focus::serve
