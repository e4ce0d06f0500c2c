#include "rpc/status.h"

#include <gtest/gtest.h>

#include <new>

#include "http/error.h"
#include "rpc/timeout.h"

namespace focus::rpc {
namespace {

TEST(Status, FollowsHttps) {
  const std::pair<int, Code> pairs[] = {{400, Code::kInvalidArgument}, {401, Code::kUnauthenticated},
                                        {404, Code::kNotFound},        {413, Code::kResourceExhausted},
                                        {500, Code::kInternal},        {501, Code::kUnimplemented},
                                        {503, Code::kUnavailable},     {504, Code::kDeadlineExceeded}};
  for (const auto& [status, code] : pairs) {
    EXPECT_EQ(code_of_http(status), code) << status;
    EXPECT_EQ(http_of_code(code), status) << status;
  }
  EXPECT_EQ(http_of_code(Code::kOk), 200);
  EXPECT_EQ(http_of_code(Code::kCancelled), 499);
  EXPECT_EQ(code_of_http(507), Code::kInternal);
}

TEST(Status, SaysWhatExceptionsSay) {
  const auto of = [](auto error) { return status_of(std::make_exception_ptr(error)); };
  EXPECT_EQ(of(http::HttpError(404, "none")).code, Code::kNotFound);
  EXPECT_EQ(of(http::HttpError(404, "none")).message, "none");
  EXPECT_EQ(of(UsageError("wrong")).code, Code::kInvalidArgument);
  EXPECT_EQ(of(std::bad_alloc()).code, Code::kUnavailable);
  EXPECT_EQ(of(Error("broken")).code, Code::kInternal);
  EXPECT_EQ(of(3).code, Code::kInternal);
}

TEST(Status, MessagesArePercentEncoded) {
  EXPECT_EQ(percent_encoded("a model 'x', 50% of it"), "a model 'x', 50%25 of it");
  EXPECT_EQ(percent_encoded("h\xC3\xB6\n"), "h%C3%B6%0A");
  EXPECT_EQ(percent_encoded(std::string(5000, 'a')).size(), 1024U);
}

TEST(Timeout, HasAUnit) {
  using namespace std::chrono_literals;
  EXPECT_EQ(read_timeout("2H"), 2h);
  EXPECT_EQ(read_timeout("1M"), 60s);
  EXPECT_EQ(read_timeout("3S"), 3s);
  EXPECT_EQ(read_timeout("100m"), 100ms);
  EXPECT_EQ(read_timeout("7u"), 7us);
  EXPECT_EQ(read_timeout("99999999n"), 99999999ns);
  EXPECT_GT(read_timeout("99999999H").value(), 24h);
  EXPECT_GT(read_timeout("99999999M").value(), 24h);
  for (const char* wrong : {"", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", "1 S", "0x1S"}) {
    EXPECT_FALSE(read_timeout(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace focus::rpc
