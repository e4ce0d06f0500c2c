#include "http/token.h"

#include <gtest/gtest.h>

namespace focus::http {
namespace {

TEST(Token, IsWhatAClientCanShow) {
  for (const char* good : {"secret", "a", "with a space", "eyJhbGciOi.J9+/_-~==", "\xc3\xa4"}) {
    EXPECT_EQ(token_fault(good), "") << good;
    EXPECT_TRUE(is_authorised(std::string("Bearer ") + good, good)) << good;
  }
  EXPECT_NE(token_fault("").find("empty"), std::string::npos);
  for (const char* bad : {"secret\n", "\nsecret", "sec\nret", "secret\r\n"}) {
    EXPECT_NE(token_fault(bad).find("line break"), std::string::npos) << bad;
  }
  for (const char* bad : {"sec\tret", "\x01", "a\x7f", "\ta"}) {
    EXPECT_NE(token_fault(bad).find("control character"), std::string::npos) << bad;
  }
  for (const char* bad : {" secret", "secret ", " "}) {
    EXPECT_NE(token_fault(bad).find("space"), std::string::npos) << bad;
  }
}

}  // namespace
}  // namespace focus::http
