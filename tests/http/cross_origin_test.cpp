#include "http/cross_origin.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "http/client.h"
#include "http/server.h"

namespace focus::http {
namespace {

using test::Client;
using test::get;
using test::Running;

const std::string kPreflight =
    "OPTIONS /echo HTTP/1.1\r\nHost: h\r\nOrigin: https://app.example\r\nAccess-Control-Request-Method: "
    "POST\r\n"
    "Access-Control-Request-Headers: authorization, content-type,bad header\r\n\r\n";
const std::string kOrigin = "Origin: https://app.example\r\n";

TEST(CrossOrigin, IsOffUnlessAsked) {
  Running running;
  Client client(running.port);
  const auto preflight = client.ask(kPreflight);
  EXPECT_EQ(preflight->status, 204);
  const auto reply = client.ask(get("/live", kOrigin));
  for (const auto* name : {"access-control-allow-origin", "access-control-allow-methods", "vary"}) {
    EXPECT_EQ(preflight->field(name), "");
    EXPECT_EQ(reply->field(name), "");
  }
}

TEST(CrossOrigin, LetsThoseInThatAreNamed) {
  ServerOptions options;
  options.allow_origins = {"https://other.example", "https://app.example"};
  options.token = "secret";
  Running running(options);
  Client client(running.port);
  const auto preflight = client.ask(kPreflight);
  EXPECT_EQ(preflight->status, 204);
  EXPECT_EQ(preflight->field("access-control-allow-origin"), "https://app.example");
  EXPECT_EQ(preflight->field("access-control-allow-methods"), "POST, OPTIONS");
  EXPECT_EQ(preflight->field("access-control-allow-headers"), "authorization, content-type");
  EXPECT_EQ(preflight->field("access-control-max-age"), "600");
  // Errors, too, or the application could not read them.
  for (const auto* path : {"/live", "/none", "/name/a"}) {
    const auto reply = client.ask(get(path, kOrigin));
    EXPECT_EQ(reply->field("access-control-allow-origin"), "https://app.example") << path;
    EXPECT_EQ(reply->field("vary"), "Origin");
    EXPECT_EQ(reply->field("access-control-expose-headers"), "Inference-Header-Content-Length, Retry-After");
  }
  for (const auto& origin :
       {std::string("Origin: https://evil.example\r\n"), std::string("Origin: https://app.example:1\r\n"),
        std::string("Origin: null\r\n"), std::string()}) {
    const auto reply = client.ask(get("/live", origin));
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->field("access-control-allow-origin"), "") << origin;
    EXPECT_EQ(reply->field("vary"), "Origin");
  }
}

TEST(CrossOrigin, LetsEverybodyIn) {
  ServerOptions options;
  options.allow_origins = {"*"};
  Running running(options);
  Client client(running.port);
  EXPECT_EQ(client.ask(get("/live", kOrigin))->field("access-control-allow-origin"), "*");
  EXPECT_EQ(client.ask(kPreflight)->field("access-control-allow-origin"), "*");
  // Malformed requests that came so far.
  EXPECT_EQ(
      client.ask("POST /echo HTTP/1.1\r\nHost: h\r\n" + kOrigin + "Content-Length: 99999999999\r\n\r\n")
          ->field("access-control-allow-origin"),
      "*");
}

TEST(CrossOrigin, IsWhatBrowsersSend) {
  for (const auto* good :
       {"*", "https://example.org", "http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:5173",
        "chrome-extension://abcdefgh", "https://a-b.example_1.org:8443"}) {
    EXPECT_EQ(origin_of(good), good);
  }
  EXPECT_EQ(origin_of("HTTPS://App.Example:8443"), "https://app.example:8443");
  const std::vector<std::pair<const char*, const char*>> refused{
      {"", "is empty"},
      {"example.org", "no scheme"},
      {"localhost:3000", "no scheme"},
      {"null", "no scheme"},
      {"://a", "no scheme"},
      {"https://a/", "has a path; browsers send only 'https://a'"},
      {"https://a/b", "has a path"},
      {"https://a?b", "has a path"},
      {"https://", "no valid host"},
      {"https://a b", "no valid host"},
      {"https://*.example.org", "no valid host"},
      {"https://u@a", "no valid host"},
      {"https://a:", "no port"},
      {"https://a:70000", "no port"},
      {"https://a:443", "leave out: 'https://a'"},
      {"http://a:80", "leave out"}};
  for (const auto& [text, words] : refused) {
    try {
      origin_of(text);
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << text << ": " << error.what();
    }
  }
}

}  // namespace
}  // namespace focus::http
