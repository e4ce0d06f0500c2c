// Thousands of requests that nobody should send: each is answered, or its connection closed, and the server
// goes on.
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <random>

#include "cli/tiny_model.h"
#include "images/test_images.h"
#include "serve/raw_client.h"
#include "serve/server.h"
#include "support/rounds.h"
#include "support/temporary_folder.h"

namespace focus::serve {
namespace {

using nlohmann::json;

std::string post(const std::string& path, const std::string& headers, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// What a friendly client would send.
std::vector<std::string> proper_requests() {
  const auto image = test::encoded(test::noise(12, 16));
  const std::string multipart =
      "--edge\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.png\"\r\nContent-Type: "
      "image/png\r\n\r\n" +
      image + "\r\n--edge--\r\n";
  const auto size = static_cast<uint32_t>(image.size());
  const std::string tensor = std::string(reinterpret_cast<const char*>(&size), 4) + image;
  const auto binary = json{{"inputs",
                            {{{"name", "image"},
                              {"shape", {1}},
                              {"datatype", "BYTES"},
                              {"parameters", {{"binary_data_size", tensor.size()}}}}}}}
                          .dump();
  const auto pixels = json{{"id", "7"},
                           {"parameters", {{"threshold", 0.5}, {"max", 3}}},
                           {"inputs",
                            {{{"name", "image"},
                              {"shape", {2, 2, 3}},
                              {"datatype", "UINT8"},
                              {"data", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}}}},
                           {"outputs", {{{"name", "boxes"}, {"parameters", {{"binary_data", true}}}}}}}
                          .dump();
  return {
      post("/v1/detect?threshold=0.5&max=3", "Content-Type: image/png\r\n", image),
      post("/v1/explain?keep=0.5", "Content-Type: image/png\r\n", image),
      post("/v1/detect", "Content-Type: multipart/form-data; boundary=edge\r\n", multipart),
      post("/v2/models/tiny/infer",
           "Inference-Header-Content-Length: " + std::to_string(binary.size()) + "\r\n", binary + tensor),
      post("/v2/models/tiny/infer", "Content-Type: application/json\r\n", pixels),
      "POST /v1/models/tiny/detect?tiles=2 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
          fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", image.size(), image),
      "GET /v2/models/tiny/versions/1/ready HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n",
  };
}

/// One thing done to a request.
class Vandal {
 public:
  explicit Vandal(unsigned seed) : random_(seed) {}

  size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void spoil(std::string& request) {
    static const std::vector<std::string> odd{"-1",
                                              "0",
                                              "1",
                                              "18446744073709551616",
                                              "9223372036854775807",
                                              "1e308",
                                              "-0.0",
                                              "NaN",
                                              "null",
                                              "true",
                                              "{}",
                                              "[]",
                                              "\"\"",
                                              "\r\n",
                                              "\r\n\r\n",
                                              "\n",
                                              std::string(1, '\0'),
                                              "\xff\xfe",
                                              "%00",
                                              "%zz",
                                              "../..",
                                              "--edge",
                                              "chunked",
                                              "Transfer-Encoding: chunked\r\n",
                                              "Content-Length: 5\r\n",
                                              "Content-Encoding: gzip\r\n",
                                              "Content-Encoding: deflate\r\n",
                                              "Expect: 100-continue\r\n",
                                              "Range: bytes=0-99999999\r\n",
                                              "Connection: keep-alive\r\n",
                                              "HTTP/9.9",
                                              "inputs",
                                              "shape",
                                              "BYTES",
                                              "FP32",
                                              std::string(9000, 'a'),
                                              std::string(3000, '['),
                                              std::string(300, '\n')};
    const size_t place = below(request.size());
    switch (below(8)) {
      case 0:  // Flips bits.
        for (size_t n = 1 + below(8); n > 0; --n)
          request[below(request.size())] ^= static_cast<char>(1 << below(8));
        break;
      case 1:  // Ends early.
        request.resize(place);
        break;
      case 2:  // Takes something out.
        request.erase(place, 1 + below(40));
        break;
      case 3:  // Says something twice.
        request.insert(place, request.substr(below(request.size()), below(200)));
        break;
      case 4:  // Puts something odd in.
        request.insert(place, odd[below(odd.size())]);
        break;
      case 5: {  // Puts something odd in place of a number.
        const size_t digit = request.find_first_of("0123456789", place);
        if (digit == std::string::npos) break;
        const size_t end = request.find_first_not_of("0123456789", digit);
        request.replace(digit, std::min(end, request.size()) - digit, odd[below(odd.size())]);
        break;
      }
      case 6: {  // Adds an odd header.
        const size_t line = request.find("\r\n");
        if (line != std::string::npos)
          request.insert(line + 2, odd[below(odd.size())] + ": " + odd[below(odd.size())] + "\r\n");
        break;
      }
      default:  // Sends noise.
        for (size_t n = below(60); n > 0; --n) request[below(request.size())] = static_cast<char>(random_());
    }
    if (request.empty()) request = "x";
  }

 private:
  std::mt19937 random_;
};

TEST(Malformed, ThousandsOfRequestsAreSurvived) {
  constexpr int kClients = 20, kPatienceMs = 100;
  const int each = test::rounds(100);
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "tiny.safetensors";
  test::write_tiny_model(path);
  ServerOptions options;
  options.port = 0;
  options.log = false;
  options.timeout_seconds = 5;
  options.max_body_bytes = 1 << 20;
  options.limits = {4, 100000};
  ModelRepository models({path.string()});
  Server server(options, models);
  const int port = server.start().http;
  std::atomic<bool> stop{false};
  std::thread running([&] { server.wait([&] { return stop.load(); }); });

  const auto proper = proper_requests();
  for (const auto& request : proper)
    EXPECT_EQ(test::say(port, request).value_or("").substr(0, 12), "HTTP/1.1 200") << request;

  std::atomic<int> answered{0}, closed{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      Vandal vandal(static_cast<unsigned>(c + 1));
      for (int i = 0; i < each; ++i) {
        auto request = proper[vandal.below(proper.size())];
        for (size_t n = 1 + vandal.below(3); n > 0; --n) vandal.spoil(request);
        const auto answer = test::say(port, request, kPatienceMs);
        if (!answer) {
          ADD_FAILURE() << "no answer and no end to: " << request;
          return;
        }
        ++(answer->empty() ? closed : answered);
        if (answer->empty()) continue;
        EXPECT_EQ(answer->substr(0, 9), "HTTP/1.1 ") << *answer;
        EXPECT_NE(answer->substr(9, 3), "500") << request << "\n" << *answer;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(answered + closed, kClients * each);
  EXPECT_GT(answered, kClients * each / 2) << "most are told what is wrong";
  for (const auto& request : proper)
    EXPECT_EQ(test::say(port, request).value_or("").substr(0, 12), "HTTP/1.1 200") << "and it goes on";
  stop = true;
  running.join();
}

}  // namespace
}  // namespace focus::serve
