#include "base/base64.h"

#include <gtest/gtest.h>

namespace {

using focus::from_base64;
using focus::to_base64;

TEST(Base64, IsDecodedOrRefused) {
  EXPECT_EQ(from_base64("Zm9vYmFy"), "foobar");
  EXPECT_EQ(from_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(from_base64("Zm9vYmE"), "fooba");
  EXPECT_EQ(from_base64(""), "");
  EXPECT_EQ(from_base64("+/8="), std::string("\xfb\xff", 2));
  for (const char* wrong : {"Z", "Zm9v!", "Zm=9", "Zm9v\n", "===="})
    EXPECT_FALSE(from_base64(wrong)) << wrong;
}

TEST(Base64, ComesBack) {
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    bytes += static_cast<char>(i);
  }
}

}  // namespace
