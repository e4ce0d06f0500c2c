#include "http/router.h"

#include <gtest/gtest.h>

#include "http/error.h"

namespace focus::http {
namespace {

Route route(const std::string& method, const std::string& pattern) {
  return {method, pattern, pattern, [](const ExchangePointer&) {}};
}

Router models() {
  Router router;
  router.add(route("GET", "/"));
  router.add(route("GET", "/models/{model}"));
  router.add(route("GET", "/models/new"));
  router.add(route("POST", "/models/{model}"));
  router.add(route("POST", "/models/{model}/versions/{version}/infer"));
  return router;
}

std::string found(const Router& router, const std::string& method, const std::string& path) {
  const auto match = router.find(method, path);
  return match.route ? match.route->label : "none";
}

TEST(Router, FindsPatternsAndCaptures) {
  const auto router = models();
  EXPECT_EQ(found(router, "GET", "/"), "/");
  EXPECT_EQ(found(router, "GET", "/models/a"), "/models/{model}");
  EXPECT_EQ(found(router, "GET", "/models/new"), "/models/new");
  EXPECT_EQ(found(router, "POST", "/models/new"), "/models/{model}");
  const auto match = router.find("POST", "/models/a%2Fb%20c/versions/1/infer");
  ASSERT_TRUE(match.route);
  const std::map<std::string, std::string> expected{{"model", "a/b c"}, {"version", "1"}};
  EXPECT_EQ(match.captured, expected);
  EXPECT_EQ(found(router, "GET", "/mod%65ls/n%65w"), "/models/new");
}

TEST(Router, SaysWhichMethodsAPathTakes) {
  const auto router = models();
  for (const auto* path :
       {"", "models", "/models", "/models/", "/models/a/", "//models/a", "/models/a/b", "/x", "/Models/a"}) {
    const auto match = router.find("GET", path);
    EXPECT_FALSE(match.route) << path;
    EXPECT_EQ(match.allowed, "") << path;
  }
  EXPECT_EQ(router.find("PUT", "/models/a").allowed, "GET, HEAD, POST, OPTIONS");
  EXPECT_FALSE(router.find("PUT", "/models/a").route);
  EXPECT_EQ(router.find("GET", "/models/a/versions/2/infer").allowed, "POST, OPTIONS");
  EXPECT_FALSE(router.find("HEAD", "/models/a/versions/2/infer").route);
  EXPECT_FALSE(router.find("OPTIONS", "/").route);
  EXPECT_FALSE(router.find("get", "/").route);
}

TEST(Router, AnswersHeadByGetUnlessThereIsOne) {
  Router router;
  router.add(route("GET", "/a"));
  EXPECT_EQ(router.find("HEAD", "/a").route->method, "GET");
  router.add(route("HEAD", "/a"));
  EXPECT_EQ(router.find("HEAD", "/a").route->method, "HEAD");
  EXPECT_EQ(router.find("HEAD", "/a").allowed, "GET, HEAD, OPTIONS");
}

TEST(Router, RefusesBadEscapesAndPatterns) {
  auto router = models();
  EXPECT_THROW(router.find("GET", "/models/%"), HttpError);
  EXPECT_THROW(router.find("GET", "/models/%zz"), HttpError);
  EXPECT_THROW(router.add(route("GET", "models")), Error);
  EXPECT_THROW(router.add(route("GET", "/a{b}")), Error);
  EXPECT_THROW(router.add(route("GET", "/{}")), Error);
  EXPECT_THROW(router.add(route("GE T", "/a")), Error);
  EXPECT_THROW(router.add(route("GET", "/models/new")), Error);
  EXPECT_THROW(router.add({"GET", "/b", "/b", nullptr}), Error);
}

}  // namespace
}  // namespace focus::http
