// Requests that are none. Nothing is expected of the answers but that they are ones, and that the server goes
// on.
#include <gtest/gtest.h>

#include <random>

#include "http/client.h"
#include "http/error.h"
#include "http/multipart.h"
#include "http/packed.h"
#include "http/server.h"
#include "http/text.h"

namespace focus::http {
namespace {

using test::Client;
using test::get;
using test::packed;
using test::post;
using test::Running;

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  size_t below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  std::string mutated(std::string bytes, const std::vector<std::string>& pieces) {
    const size_t changes = 1 + below(4);
    for (size_t i = 0; i < changes; ++i) {
      const size_t at = below(bytes.size() + 1), length = below(std::min<size_t>(bytes.size() - at, 30) + 1);
      switch (below(6)) {
        case 0:
          if (at < bytes.size()) bytes[at] = static_cast<char>(random_());
          break;
        case 1:
          bytes.erase(at, length);
          break;
        case 2:
          bytes.insert(at, bytes.substr(below(bytes.size() + 1), length));
          break;
        case 3:
          bytes.insert(at, pieces[below(pieces.size())]);
          break;
        case 4:
          bytes.resize(at);
          break;
        default:
          bytes.insert(at, 1 + below(5), "\r\n\0:; \t%,"[below(9)]);
          break;
      }
    }
    return bytes;
  }

 private:
  std::mt19937 random_;
};

const std::vector<std::string> kPieces{"\r\n",
                                       "\n",
                                       "\r",
                                       "\r\n\r\n",
                                       " ",
                                       "Content-Length: ",
                                       "Transfer-Encoding: chunked\r\n",
                                       "0\r\n\r\n",
                                       "HTTP/1.1",
                                       "Host: h\r\n",
                                       "Connection: close\r\n",
                                       "Expect: 100-continue\r\n",
                                       "Content-Encoding: gzip\r\n",
                                       "99999999999999999999",
                                       "-1",
                                       "%",
                                       "%00",
                                       "?a=%zz",
                                       "GET ",
                                       "FFFFFFFF\r\n",
                                       ";x=\"",
                                       std::string(300, 'a'),
                                       "\xff\xfe",
                                       "--b",
                                       "\r\n--b\r\n",
                                       "filename*=UTF-8''%"};

TEST(HttpHostile, MalformedRequestsHarmNobody) {
  ServerOptions options;
  options.max_body_bytes = 100000;
  options.allow_origins = {"https://a.example"};
  Running running(options);
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n";
  const std::vector<std::string> seeds{
      get("/live"),
      get("/name/a%20b?c=d&e=f", "Accept: */*\r\nOrigin: https://a.example\r\n"),
      post("/echo", "some body"),
      chunked,
      post("/echo-at-once", packed("some body", Coding::kGzip), "Content-Encoding: gzip\r\n"),
      "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
      "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
      post("/echo", "abc") + get("/live") + get("/none")};
  Mutator mutator(25);
  Client good(running.port);
  for (int i = 0; i < 10000; ++i) {
    const auto bytes = mutator.mutated(seeds[mutator.below(seeds.size())], kPieces);
    Client client(running.port);
    client.send(bytes);
    client.end_sending();
    const auto answer = client.read_all();
    ASSERT_FALSE(client.timed_out()) << bytes;
    EXPECT_TRUE(answer.empty() || answer.rfind("HTTP/1.1 ", 0) == 0) << bytes;
    if (i % 500 == 0) {
      const auto reply = good.ask(post("/echo", "good"));
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->body, "good");
    }
  }
}

TEST(HttpHostile, MalformedFormsAndBodiesAreToldSo) {
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b%22.jpg\"\r\nContent-Type: "
      "image/jpeg\r\n\r\nbytes\r\n"
      "--b\r\nContent-Disposition: form-data; name=c; filename*=UTF-8''%c3%a4\r\n\r\n\r\n--b--\r\n";
  Mutator mutator(26);
  for (int i = 0; i < 20000; ++i) {
    const auto bytes = mutator.mutated(form, kPieces);
    try {
      for (const auto& part : read_form(bytes, "b", 5)) {
        EXPECT_TRUE(part.content.empty() || (part.content.data() >= bytes.data() &&
                                             part.content.end() <= std::string_view(bytes).end()));
      }
    } catch (const HttpError& error) {
      EXPECT_TRUE(error.status() == 400 || error.status() == 413);
    }
    try {
      form_boundary(mutator.mutated("multipart/form-data; boundary=\"b\"", kPieces));
      parse_query(mutator.mutated("a=b&c=%20+d", kPieces));
    } catch (const HttpError& error) {
      EXPECT_EQ(error.status(), 400);
    }
    try {
      HeldBytes held;
      inflated(mutator.mutated(packed(form, Coding::kGzip), kPieces), Coding::kGzip, 1000, held);
    } catch (const HttpError& error) {
      EXPECT_TRUE(error.status() == 400 || error.status() == 413);
    }
  }
}

TEST(HttpHostile, ClientsThatComeAndGoLeaveNothing) {
  Running running;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      Mutator mutator(seed);
      for (int i = 0; i < 150; ++i) {
        Client client(running.port);
        const auto request = mutator.below(2) ? post("/echo", std::string(mutator.below(200000), 'a'))
                                              : get("/live") + get("/name/a") + get("/live");
        client.send(request.substr(0, mutator.below(request.size() + 1)));
        switch (mutator.below(3)) {
          case 0:
            client.reset();
            break;
          case 1:
            client.close();
            break;
          default:
            client.end_sending();
            client.read();
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(test::wait_until([&] { return running.server.connections() == 0; }));
  EXPECT_EQ(Client(running.port).ask(post("/echo", "good"))->body, "good");
}

}  // namespace
}  // namespace focus::http
