// The server as gRPC's own C++ client sees it.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "http/error.h"
#include "rpc/server.h"
#include "support/wait_until.h"

namespace focus::rpc {
namespace {

constexpr const char *kEchoPath = "/t.S/Echo", *kHoldPath = "/t.S/Hold", *kFailPath = "/t.S/Fail",
                     *kOpenPath = "/t.S/Open";
constexpr size_t kMostBytes = size_t{4} << 20;

struct Outcome {
  grpc::Status status;
  std::string text;
};

class GrpcClientTest : public testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    std::vector<Method> methods(4);
    methods[0] = {kEchoPath, "echo", true, true, kMostBytes, [](const CallPointer& call) {
                    auto message = call->take_message();
                    call->answer(std::move(message.bytes));
                  }};
    methods[1] = {kHoldPath, "hold",     true,
                  false,     kMostBytes, [this](const CallPointer& call) { held_.push_back(call); }};
    methods[2] = {kFailPath, "fail", true, true, kMostBytes, [](const CallPointer& call) {
                    const auto message = call->take_message();
                    http::fail_http(std::stoi(message.bytes), "100% of {} \xC3\xBC", message.bytes);
                  }};
    methods[3] = {kOpenPath, "open",     false,
                  false,     kMostBytes, [](const CallPointer& call) { call->answer("open"); }};
    server_ = std::make_unique<Server>(options, methods);
    port_ = server_->bind();
    server_->start();
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_),
                                         grpc::InsecureChannelCredentials(), arguments);
    stub_ = std::make_unique<grpc::GenericStub>(channel_);
  }
  void TearDown() override { server_.reset(); }

  Outcome ask(const std::string& method, const std::string& text,
              const std::function<void(grpc::ClientContext&)>& prepare = nullptr) {
    return ask_by(*stub_, method, text, prepare);
  }
  static Outcome ask_by(grpc::GenericStub& stub, const std::string& method, const std::string& text,
                        const std::function<void(grpc::ClientContext&)>& prepare = nullptr) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    if (prepare) prepare(context);
    const grpc::Slice slice(text);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    Outcome outcome;
    stub.UnaryCall(&context, method, {}, &request, &response, [&](grpc::Status status) {
      const std::lock_guard lock(mutex);
      outcome.status = std::move(status);
      done = true;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
    std::vector<grpc::Slice> slices;
    if (outcome.status.ok() && response.Dump(&slices).ok()) {
      for (const auto& part : slices)
        outcome.text.append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
    return outcome;
  }
  grpc::StatusCode code(const std::string& method, const std::string& text,
                        const std::function<void(grpc::ClientContext&)>& prepare = nullptr) {
    return ask(method, text, prepare).status.error_code();
  }

  std::vector<CallPointer> held_;
  std::unique_ptr<Server> server_;
  int port_ = 0;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
};

TEST_F(GrpcClientTest, MessagesOfAllSizesComeBack) {
  start();
  for (const size_t size : {size_t{0}, size_t{1}, size_t{16384}, size_t{70000}, kMostBytes}) {
    std::string text(size, 'a');
    for (size_t i = 0; i < size; i += 97) text[i] = static_cast<char>(i);
    EXPECT_TRUE(ask(kEchoPath, text).text == text) << size;
    for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
      const auto compress = [&](grpc::ClientContext& context) {
        context.set_compression_algorithm(algorithm);
      };
      EXPECT_TRUE(ask(kEchoPath, text, compress).text == text) << size << " " << algorithm;
    }
  }
}

TEST_F(GrpcClientTest, StatusesAreHttps) {
  start();
  const std::pair<const char*, grpc::StatusCode> pairs[] = {
      {"400", grpc::INVALID_ARGUMENT},   {"401", grpc::UNAUTHENTICATED}, {"404", grpc::NOT_FOUND},
      {"413", grpc::RESOURCE_EXHAUSTED}, {"500", grpc::INTERNAL},        {"503", grpc::UNAVAILABLE}};
  for (const auto& [status, expected] : pairs) {
    const auto outcome = ask(kFailPath, status);
    EXPECT_EQ(outcome.status.error_code(), expected) << status;
    EXPECT_EQ(outcome.status.error_message(), std::string("100% of ") + status + " \xC3\xBC");
  }
  EXPECT_EQ(code("/t.S/Nothing", "x"), grpc::UNIMPLEMENTED);
  EXPECT_EQ(code("/other.Service/Echo", "x"), grpc::UNIMPLEMENTED);
}

TEST_F(GrpcClientTest, SizesAreBoundedAsTheyAreAndAsTheyBecome) {
  start();
  EXPECT_EQ(code(kEchoPath, std::string(kMostBytes + 1, 'x')), grpc::RESOURCE_EXHAUSTED);
  const auto gzip = [](grpc::ClientContext& context) {
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  };
  EXPECT_EQ(code(kEchoPath, std::string(20 * kMostBytes, 'x'), gzip), grpc::RESOURCE_EXHAUSTED);
  const auto large = [](grpc::ClientContext& context) {
    context.AddMetadata("large", std::string(40000, 'x'));
  };
  EXPECT_EQ(code(kEchoPath, "x", large), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ask(kEchoPath, "after").text, "after");
}

TEST_F(GrpcClientTest, TheTokenGuardsAllButHealth) {
  ServerOptions options;
  options.token = "secret";
  start(options);
  const auto with = [](const std::string& value) {
    return [value](grpc::ClientContext& context) { context.AddMetadata("authorization", value); };
  };
  EXPECT_EQ(code(kEchoPath, "x"), grpc::UNAUTHENTICATED);
  EXPECT_EQ(code(kEchoPath, "x", with("Bearer wrong1")), grpc::UNAUTHENTICATED);
  EXPECT_EQ(code(kEchoPath, std::string(kMostBytes, 'x'), with("secret")), grpc::UNAUTHENTICATED);
  EXPECT_EQ(ask(kEchoPath, "x", with("Bearer secret")).text, "x");
  EXPECT_EQ(ask(kOpenPath, "").text, "open");
}

TEST_F(GrpcClientTest, TheEarlierDeadlineCounts) {
  ServerOptions options;
  options.request_seconds = 0.5;
  start(options);
  const auto begin = Clock::now();
  const auto outcome = ask(kHoldPath, "x");
  EXPECT_EQ(outcome.status.error_code(), grpc::DEADLINE_EXCEEDED);
  EXPECT_EQ(outcome.status.error_message(), "no answer in time");
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
  const auto hurried = [](grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  };
  EXPECT_EQ(code(kHoldPath, "x", hurried), grpc::DEADLINE_EXCEEDED);
  ASSERT_EQ(held_.size(), 2U);
  EXPECT_LT(held_[1]->deadline() - begin, std::chrono::seconds(5));
  EXPECT_TRUE(*held_[0]->cancelled());
  EXPECT_TRUE(test::wait_until([this] { return held_[1]->cancelled()->load(); }));
}

TEST_F(GrpcClientTest, ManyCallsShareAConnection) {
  start();
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int thread = 0; thread < 16; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 50; ++i) {
        const auto text = std::to_string(thread) + "-" + std::to_string(i);
        if (ask(kEchoPath, text).text == text) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 16 * 50);
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(GrpcClientTest, CallsTogetherAreBoundedButOneClientsAreNotAll) {
  ServerOptions options;
  options.max_calls_together = 4;
  options.request_seconds = 2;
  start(options);
  std::vector<std::thread> threads;
  std::atomic<int> refused{0}, late{0};
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      const auto got = code(kHoldPath, "x");
      refused += got == grpc::UNAVAILABLE;
      late += got == grpc::DEADLINE_EXCEEDED;
    });
  }
  EXPECT_TRUE(test::wait_until([&] { return refused == 4 || late > 0; }));
  // Another client, while the first has all that there may be together.
  grpc::ChannelArguments arguments;
  arguments.SetInt("grpc.use_local_subchannel_pool", 1);
  grpc::GenericStub another(grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_),
                                                      grpc::InsecureChannelCredentials(), arguments));
  EXPECT_EQ(ask_by(another, kEchoPath, "another").text, "another");
  EXPECT_EQ(late, 0) << "the others have not ended";
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(late, 8);
  EXPECT_EQ(refused, 4);
}

TEST_F(GrpcClientTest, AClientComesBackToANewServer) {
  start();
  EXPECT_EQ(ask(kEchoPath, "one").text, "one");
  ServerOptions options;
  options.port = port_;
  server_->stop(1);
  server_.reset();
  std::vector<Method> methods(1);
  methods[0] = {kEchoPath, "echo",     true,
                true,      kMostBytes, [](const CallPointer& call) { call->answer("another"); }};
  server_ = std::make_unique<Server>(options, methods);
  EXPECT_EQ(server_->bind(), port_);
  server_->start();
  const auto patient = [](grpc::ClientContext& context) { context.set_wait_for_ready(true); };
  EXPECT_EQ(ask(kEchoPath, "two", patient).text, "another");
}

}  // namespace
}  // namespace focus::rpc
