#include "serve/kserve/infer.h"

#include <gtest/gtest.h>

#include <future>

#include "http/error.h"
#include "images/test_images.h"
#include "serve/kserve/bodies.h"
#include "serve/run_jobs.h"
#include "serve/served_models.h"

namespace focus::serve::kserve {
namespace {

using nlohmann::json;

/// The tiny model behind a queue.
class KServeInfer : public testing::Test {
 protected:
  std::future<Response> infer(const Request& request, const Patience& patience = {}) {
    const auto promise = std::make_shared<std::promise<Response>>();
    kserve::infer(request, model_, patience, {}, batcher_,
                  [promise](std::exception_ptr error, Response response) {
                    error ? promise->set_exception(error) : promise->set_value(std::move(response));
                  });
    return promise->get_future();
  }
  std::future<Response> infer(const std::string& body, const std::string& json_bytes) {
    return infer(read_http_request(body, json_bytes));
  }

  ServedModelPointer model_ = test::served_tiny_model();
  Batcher batcher_{{}, [](const std::vector<Job>& jobs, const std::function<bool()>& stop) {
                     return run_jobs(jobs, 4, stop);
                   }};
  std::string png_ = test::encoded(test::noise(48, 64));
};

TEST_F(KServeInfer, ARequestIsAnswered) {
  const auto tensor = test::element_of(png_) + test::element_of(png_);
  json body = test::body_with(
      test::image_input({{"shape", {2}}, {"parameters", {{"binary_data_size", tensor.size()}}}}));
  body["id"] = "42";
  body["parameters"] = {{"threshold", 0.5}, {"max", 3}};
  const auto head = body.dump();
  const auto response = infer(head + tensor, std::to_string(head.size())).get();
  EXPECT_EQ(response.model_name, "tiny");
  EXPECT_EQ(response.model_version, "1");
  EXPECT_EQ(response.id, "42");
  ASSERT_EQ(response.outputs.size(), 4U);
  EXPECT_EQ(std::get<std::vector<int64_t>>(response.outputs[0].values), (std::vector<int64_t>{3, 3}));
  EXPECT_EQ(response.outputs[1].shape, (std::vector<int64_t>{2, 3, 4}));
  EXPECT_NEAR(std::get<std::vector<float>>(response.outputs[2].values).at(5), test::kTinyScore, 1e-4);
  EXPECT_EQ(std::get<std::vector<int64_t>>(response.outputs[3].values), std::vector<int64_t>(6, test::kCat));
  EXPECT_GT(response.run_seconds, 0);
  const auto counts = model_->statistics->counts();
  EXPECT_EQ(counts.success.count, 1U);
  EXPECT_EQ(counts.inference_count, 2U);
  EXPECT_GT(counts.input.ns, 0U);
}

TEST_F(KServeInfer, NothingFoundIsAnAnswer) {
  Request request = read_http_request(png_, "0");
  request.parameters["threshold"] = 0.99;
  const auto response = infer(request).get();
  EXPECT_EQ(response.outputs[1].shape, (std::vector<int64_t>{1, 0, 4}));
}

TEST_F(KServeInfer, TheClientsTimeoutIsADeadline) {
  Request request = read_http_request(png_, "0");
  request.parameters["timeout"] = int64_t{1};
  int status = 0;
  try {
    infer(request).get();
  } catch (const http::HttpError& error) {
    status = error.status();
  }
  EXPECT_EQ(status, 504);
  request.parameters["timeout"] = int64_t{0};
  EXPECT_EQ(infer(request).get().outputs.size(), 4U) << "none";
}

TEST_F(KServeInfer, WhatIsNoImageIsRefusedAtOnce) {
  try {
    infer(read_http_request("no image", "0"));
    ADD_FAILURE();
  } catch (const http::HttpError& error) {
    EXPECT_EQ(error.status(), 400);
    EXPECT_NE(std::string(error.what()).find("input 'image', element 0: not a JPEG"), std::string::npos);
  }
  EXPECT_EQ(batcher_.waiting(), 0);
  EXPECT_EQ(model_->statistics->counts().fail.count, 1U);
}

}  // namespace
}  // namespace focus::serve::kserve
