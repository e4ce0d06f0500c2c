// The protocol as a client made from its messages sees it.
#include "serve/grpc_server.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <future>
#include <mutex>
#include <thread>

#include "images/test_images.h"
#include "inference.grpc.pb.h"
#include "serve/kserve/bodies.h"
#include "serve/kserve/infer.h"
#include "serve/kserve/metadata.h"
#include "serve/run_jobs.h"
#include "serve/served_models.h"
#include "support/wait_until.h"

namespace focus::serve {
namespace {

using nlohmann::json;

/// A message as JSON under the names of its fields, numbers of 64 bits as numbers, without what is empty.
json as_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(message, &text, options).ok());
  return json::parse(text);
}

/// The same of JSON: protobuf writes no field that has the value it would have anyway, and 64 bits as text.
json as_protobuf_writes(const json& value) {
  if (value.is_object()) {
    auto kept = json::object();
    for (const auto& [name, field] : value.items()) {
      const bool is_default = field == "" || field == false || field == 0 || field == "FORMAT_NONE" ||
                              (field.is_array() && field.empty()) ||
                              (name != "count" && field.is_object() && field.empty());
      if (!is_default) kept[name] = as_protobuf_writes(field);
    }
    return kept;
  }
  if (value.is_array()) {
    auto kept = json::array();
    for (const auto& element : value) kept.push_back(as_protobuf_writes(element));
    return kept;
  }
  return value;
}

/// Numbers as text, whatever they were.
json numbers_as_text(const json& value) {
  if (value.is_number()) return value.dump();
  if (!value.is_structured()) return value;
  auto made = value;
  for (auto& part : made) part = numbers_as_text(part);
  return made;
}

class GrpcServerTest : public testing::Test {
 protected:
  void start(GrpcServerOptions options = {}, int64_t queue = 32) {
    test::write_tiny_model(folder_.path() / "tiny.safetensors");
    models_ = std::make_unique<ModelRepository>(
        std::vector<std::string>{(folder_.path() / "tiny.safetensors").string()});
    BatcherOptions batching;
    batching.queue = queue;
    batcher_ = std::make_unique<Batcher>(
        batching, [this](const std::vector<Job>& jobs, const std::function<bool()>& stop) {
          std::unique_lock lock(mutex_);
          ++runs_;
          changed_.notify_all();
          while (blocked_ && !stop()) changed_.wait_for(lock, std::chrono::milliseconds(5));
          if (stop()) throw http::HttpError(503, "nobody waits any more");
          lock.unlock();
          return run_jobs(jobs, 4, stop);
        });
    options.port = 0;
    options.version = "1.2.3";
    server_ = std::make_unique<GrpcServer>(options, *models_, *batcher_);
    port_ = server_->bind();
    server_->start();
    stub_ = inference::GRPCInferenceService::NewStub(
        ::grpc::CreateChannel("127.0.0.1:" + std::to_string(port_), ::grpc::InsecureChannelCredentials()));
  }
  void TearDown() override {
    release();
    server_.reset();
    batcher_.reset();
  }
  void block() {
    const std::lock_guard lock(mutex_);
    blocked_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    blocked_ = false;
    changed_.notify_all();
  }
  bool is_running() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [this] { return runs_ > 0; });
  }

  static inference::ModelInferRequest request_of(const std::vector<std::string>& files) {
    inference::ModelInferRequest request;
    request.set_model_name("tiny");
    auto* input = request.add_inputs();
    input->set_name("image");
    input->set_datatype("BYTES");
    input->add_shape(static_cast<int64_t>(files.size()));
    for (const auto& file : files) input->mutable_contents()->add_bytes_contents(file);
    return request;
  }
  ::grpc::Status infer(const inference::ModelInferRequest& request, inference::ModelInferResponse& response,
                       double seconds = 20, const std::string& token = "") {
    ::grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(static_cast<int>(1e3 * seconds)));
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    return stub_->ModelInfer(&context, request, &response);
  }
  ::grpc::StatusCode code(const inference::ModelInferRequest& request, double seconds = 20,
                          const std::string& token = "") {
    inference::ModelInferResponse response;
    return infer(request, response, seconds, token).error_code();
  }
  /// What HTTP answers to the same images.
  kserve::Response over_http(const std::vector<std::string>& files, json parameters = json::object()) {
    std::string tensor;
    for (const auto& file : files) tensor += test::element_of(file);
    json body = test::body_with(test::image_input(
        {{"shape", {files.size()}}, {"parameters", {{"binary_data_size", tensor.size()}}}}));
    body["parameters"] = std::move(parameters);
    const auto head = body.dump(), whole = head + tensor;
    std::promise<kserve::Response> promise;
    kserve::infer(kserve::read_http_request(whole, std::to_string(head.size())), models_->first(), {}, {},
                  *batcher_, [&](std::exception_ptr error, kserve::Response response) {
                    error ? promise.set_exception(error) : promise.set_value(std::move(response));
                  });
    return promise.get_future().get();
  }

  test::TemporaryFolder folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool blocked_ = false;
  int runs_ = 0;
  std::unique_ptr<ModelRepository> models_;
  std::unique_ptr<Batcher> batcher_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<inference::GRPCInferenceService::Stub> stub_;
  int port_ = 0;
  const std::string png_ = test::encoded(test::noise(48, 64)), other_ = test::encoded(test::noise(40, 40));
};

void expect_alike(const inference::ModelInferResponse& got, const kserve::Response& expected) {
  ASSERT_EQ(got.outputs_size(), static_cast<int>(expected.outputs.size()));
  ASSERT_EQ(got.raw_output_contents_size(), got.outputs_size());
  for (int i = 0; i < got.outputs_size(); ++i) {
    const auto& output = expected.outputs[static_cast<size_t>(i)];
    EXPECT_EQ(got.outputs(i).name(), output.spec->name);
    EXPECT_EQ(got.outputs(i).datatype(), output.spec->datatype);
    EXPECT_EQ(std::vector<int64_t>(got.outputs(i).shape().begin(), got.outputs(i).shape().end()),
              output.shape);
    const auto& raw = got.raw_output_contents(i);
    ASSERT_EQ(raw.size(), output.bytes().size()) << output.spec->name;
    if (output.spec->datatype != std::string("FP32")) {
      EXPECT_EQ(raw, output.bytes()) << output.spec->name;
      continue;
    }
    const auto& values = std::get<std::vector<float>>(output.values);
    for (size_t k = 0; k < values.size(); ++k) {
      float value = 0;
      std::memcpy(&value, raw.data() + k * sizeof(value), sizeof(value));
      EXPECT_NEAR(value, values[k], 1e-3) << output.spec->name << " " << k;
    }
  }
}

TEST_F(GrpcServerTest, FindsWhatHttpFinds) {
  start();
  inference::ModelInferResponse response;
  auto request = request_of({png_, other_});
  request.set_id("7");
  auto status = infer(request, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.model_name(), "tiny");
  EXPECT_EQ(response.model_version(), "1");
  EXPECT_EQ(response.id(), "7");
  expect_alike(response, over_http({png_, other_}));
  // The same as raw contents, and with parameters of all types.
  auto raw = request;
  raw.mutable_inputs(0)->clear_contents();
  raw.add_raw_input_contents(test::element_of(png_) + test::element_of(other_));
  (*raw.mutable_parameters())["threshold"].set_double_param(0.5);
  (*raw.mutable_parameters())["max"].set_int64_param(3);
  (*raw.mutable_parameters())["keep"].set_string_param("0.5");
  response.Clear();
  status = infer(raw, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  expect_alike(response, over_http({png_, other_}, {{"threshold", 0.5}, {"max", 3}, {"keep", 0.5}}));
}

TEST_F(GrpcServerTest, PixelsAreImagesToo) {
  start();
  const auto image = test::noise(48, 64);
  inference::ModelInferRequest request = request_of({});
  auto* input = request.mutable_inputs(0);
  input->set_datatype("UINT8");
  input->clear_shape();
  for (const int64_t size : {48, 64, 3}) input->add_shape(size);
  std::string pixels;
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 64; ++x) {
      for (int c = 2; c >= 0; --c) pixels += static_cast<char>(image.row(y)[3 * x + c]);
    }
  }
  auto numbers = request, raw = request;
  for (const char pixel : pixels)
    numbers.mutable_inputs(0)->mutable_contents()->add_uint_contents(static_cast<uint8_t>(pixel));
  raw.add_raw_input_contents(pixels);
  const auto expected = over_http({png_});
  for (const auto& one : {numbers, raw}) {
    inference::ModelInferResponse response;
    const auto status = infer(one, response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    expect_alike(response, expected);
  }
}

TEST_F(GrpcServerTest, AnswersTheOutputsAskedFor) {
  start();
  auto request = request_of({png_});
  request.add_outputs()->set_name("scores");
  request.add_outputs()->set_name("counts");
  inference::ModelInferResponse response;
  ASSERT_TRUE(infer(request, response).ok());
  ASSERT_EQ(response.outputs_size(), 2);
  EXPECT_EQ(response.outputs(0).name(), "scores");
  EXPECT_EQ(response.outputs(1).name(), "counts");
  (*request.mutable_parameters())["threshold"].set_double_param(1);
  request.clear_outputs();
  response.Clear();
  ASSERT_TRUE(infer(request, response).ok());
  ASSERT_EQ(response.raw_output_contents_size(), 4) << "an empty one for no values";
  EXPECT_EQ(response.raw_output_contents(1), "");
  EXPECT_EQ(response.outputs(1).shape(1), 0);
  request.add_outputs()->set_name("masks");
  EXPECT_EQ(code(request), ::grpc::INVALID_ARGUMENT);
}

TEST_F(GrpcServerTest, SaysOfItselfWhatHttpSays) {
  start();
  inference::ModelInferResponse inferred;
  ASSERT_TRUE(infer(request_of({png_}), inferred).ok());
  const auto model = models_->first();
  const auto expect_same = [](const google::protobuf::Message& message, const json& expected) {
    EXPECT_EQ(numbers_as_text(as_json(message)), numbers_as_text(as_protobuf_writes(expected)));
  };
  {
    ::grpc::ClientContext context;
    inference::ServerMetadataResponse response;
    ASSERT_TRUE(stub_->ServerMetadata(&context, {}, &response).ok());
    expect_same(response, kserve::server_metadata("1.2.3"));
  }
  {
    ::grpc::ClientContext context;
    inference::ModelMetadataRequest request;
    inference::ModelMetadataResponse response;
    request.set_name("tiny");
    ASSERT_TRUE(stub_->ModelMetadata(&context, request, &response).ok());
    expect_same(response, kserve::model_metadata(*model));
  }
  {
    ::grpc::ClientContext context;
    inference::ModelConfigRequest request;
    inference::ModelConfigResponse response;
    request.set_name("tiny");
    ASSERT_TRUE(stub_->ModelConfig(&context, request, &response).ok());
    expect_same(response.config(), kserve::model_config(*model));
    EXPECT_EQ(response.config().input(0).data_type(), inference::TYPE_STRING);
  }
  for (const char* name : {"tiny", ""}) {
    ::grpc::ClientContext context;
    inference::ModelStatisticsRequest request;
    inference::ModelStatisticsResponse response;
    request.set_name(name);
    ASSERT_TRUE(stub_->ModelStatistics(&context, request, &response).ok());
    ASSERT_EQ(response.model_stats_size(), 1);
    EXPECT_EQ(response.model_stats(0).inference_count(), 1U);
    EXPECT_EQ(response.model_stats(0).inference_stats().success().count(), 1U);
    expect_same(response, kserve::model_statistics({model}));
  }
}

TEST_F(GrpcServerTest, AnUnknownModelIsNotReadyAndNotFound) {
  start();
  const std::pair<std::pair<const char*, const char*>, bool> asked[] = {{{"tiny", ""}, true},
                                                                        {{"tiny", "1"}, true},
                                                                        {{"tiny", "2"}, false},
                                                                        {{"other", ""}, false},
                                                                        {{"", ""}, false}};
  for (const auto& [which, ready] : asked) {
    ::grpc::ClientContext context;
    inference::ModelReadyRequest request;
    inference::ModelReadyResponse response;
    request.set_name(which.first);
    request.set_version(which.second);
    ASSERT_TRUE(stub_->ModelReady(&context, request, &response).ok()) << which.first;
    EXPECT_EQ(response.ready(), ready) << which.first << which.second;
  }
  auto request = request_of({png_});
  request.set_model_version("2");
  EXPECT_EQ(code(request), ::grpc::NOT_FOUND);
  request.set_model_name("other");
  EXPECT_EQ(code(request), ::grpc::NOT_FOUND);
  ::grpc::ClientContext context;
  inference::ModelConfigRequest config;
  inference::ModelConfigResponse response;
  config.set_name("other");
  EXPECT_EQ(stub_->ModelConfig(&context, config, &response).error_code(), ::grpc::NOT_FOUND);
}

TEST_F(GrpcServerTest, RefusesAsHttpDoes) {
  GrpcServerOptions options;
  options.limits = {2, 5000};
  options.max_message_bytes = 100000;
  start(options);
  EXPECT_EQ(code(request_of({"no image"})), ::grpc::INVALID_ARGUMENT);
  EXPECT_EQ(code(request_of({png_, png_, png_})), ::grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(code(request_of({test::encoded(test::noise(100, 100))})), ::grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(code(request_of({std::string(100001, 'x')})), ::grpc::RESOURCE_EXHAUSTED);
  auto mixed = request_of({png_});
  mixed.add_raw_input_contents(test::element_of(png_));
  EXPECT_EQ(code(mixed), ::grpc::INVALID_ARGUMENT);
  auto unknown = request_of({png_});
  (*unknown.mutable_parameters())["threshhold"].set_double_param(0.5);
  EXPECT_EQ(code(unknown), ::grpc::INVALID_ARGUMENT);
  EXPECT_EQ(code(request_of({png_})), ::grpc::OK);
}

TEST_F(GrpcServerTest, HealthNeedsNoToken) {
  GrpcServerOptions options;
  options.token = "secret";
  start(options);
  EXPECT_EQ(code(request_of({png_})), ::grpc::UNAUTHENTICATED);
  EXPECT_EQ(code(request_of({png_}), 20, "wrong"), ::grpc::UNAUTHENTICATED);
  EXPECT_EQ(code(request_of({png_}), 20, "secret"), ::grpc::OK);
  ::grpc::ClientContext live_context, ready_context, metadata_context;
  inference::ServerLiveResponse live;
  inference::ServerReadyResponse ready;
  inference::ServerMetadataResponse metadata;
  EXPECT_TRUE(stub_->ServerLive(&live_context, {}, &live).ok() && live.live());
  EXPECT_TRUE(stub_->ServerReady(&ready_context, {}, &ready).ok() && ready.ready());
  EXPECT_EQ(stub_->ServerMetadata(&metadata_context, {}, &metadata).error_code(), ::grpc::UNAUTHENTICATED);
}

// As Kubernetes' probes ask.
TEST_F(GrpcServerTest, AnswersGrpcsOwnHealth) {
  GrpcServerOptions options;
  options.token = "secret";
  start(options);
  const auto check = [this](const std::string& request) {
    const ::grpc::Slice slice(request);
    const ::grpc::ByteBuffer sent(&slice, 1);
    ::grpc::ByteBuffer got;
    ::grpc::ClientContext context;
    std::promise<::grpc::Status> done;
    ::grpc::GenericStub stub(
        ::grpc::CreateChannel("127.0.0.1:" + std::to_string(port_), ::grpc::InsecureChannelCredentials()));
    stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &sent, &got,
                   [&](const ::grpc::Status& status) { done.set_value(status); });
    const auto status = done.get_future().get();
    ::grpc::Slice answer;
    if (status.ok() && !got.DumpToSingleSlice(&answer).ok()) ADD_FAILURE() << "no bytes";
    return std::pair(status.error_code(),
                     std::string(reinterpret_cast<const char*>(answer.begin()), answer.size()));
  };
  EXPECT_EQ(check(""), std::pair(::grpc::OK, std::string("\x08\x01")));
  EXPECT_EQ(check("\x0A\x1Einference.GRPCInferenceService").second, "\x08\x01");
  EXPECT_EQ(check("\x0A\x05other").first, ::grpc::NOT_FOUND);
}

TEST_F(GrpcServerTest, AFullQueueIsUnavailable) {
  start({}, 1);
  block();
  std::vector<std::thread> clients;
  std::atomic<int> ok{0}, unavailable{0};
  const auto ask = [&] {
    const auto got = code(request_of({png_}));
    ok += got == ::grpc::OK;
    unavailable += got == ::grpc::UNAVAILABLE;
    if (unavailable == 6) release();
  };
  clients.emplace_back(ask);
  ASSERT_TRUE(is_running());
  for (int i = 0; i < 7; ++i) clients.emplace_back(ask);
  for (auto& client : clients) client.join();
  EXPECT_EQ(ok, 2) << "one that runs, one that waits";
  EXPECT_EQ(unavailable, 6);
}

TEST_F(GrpcServerTest, ARequestsOwnTimeoutIsADeadline) {
  start();
  block();
  auto request = request_of({png_});
  (*request.mutable_parameters())["timeout"].set_int64_param(200000);
  inference::ModelInferResponse response;
  const auto status = infer(request, response);
  EXPECT_EQ(status.error_code(), ::grpc::DEADLINE_EXCEEDED);
  EXPECT_EQ(status.error_message(), "no answer within the request's own timeout of 200000 microseconds");
  release();
  EXPECT_EQ(code(request_of({png_})), ::grpc::OK);
}

TEST_F(GrpcServerTest, ADeadlineStopsWhatRuns) {
  GrpcServerOptions options;
  options.request_seconds = 3;
  start(options);
  block();
  EXPECT_EQ(code(request_of({png_})), ::grpc::DEADLINE_EXCEEDED) << "the server's own";
  const auto begin = Clock::now();
  release();
  EXPECT_EQ(code(request_of({png_})), ::grpc::OK);
  block();
  EXPECT_EQ(code(request_of({png_}), 0.2), ::grpc::DEADLINE_EXCEEDED) << "the client's";
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(GrpcServerTest, AClientThatGoesStopsItsJob) {
  start();
  block();
  ::grpc::ClientContext context;
  std::thread client([&] {
    inference::ModelInferResponse response;
    EXPECT_EQ(stub_->ModelInfer(&context, request_of({png_}), &response).error_code(), ::grpc::CANCELLED);
  });
  ASSERT_TRUE(is_running());
  context.TryCancel();
  client.join();
  EXPECT_TRUE(test::wait_until([this] { return batcher_->bytes() == 0 && batcher_->waiting() == 0; }))
      << "the model is free again, though it was blocked";
}

TEST_F(GrpcServerTest, StopsWithinItsGrace) {
  start();
  block();
  std::thread client([&] { EXPECT_NE(code(request_of({png_})), ::grpc::OK); });
  ASSERT_TRUE(is_running());
  const auto begin = Clock::now();
  server_->stop(0.5);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(3));
  client.join();
}

}  // namespace
}  // namespace focus::serve
