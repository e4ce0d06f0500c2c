#include "base/error.h"

#include <gtest/gtest.h>

namespace {

using namespace focus;

TEST(Printable, NamesDoNoHarmToATerminal) {
  EXPECT_EQ(printable(std::string("a\0b\x1b[2Jc\nd\x7f", 10)), "a?b?[2Jc?d");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "?31m")
      << "the other way to write ESC [";
  EXPECT_EQ(printable("\xc2"), "\xc2");
  EXPECT_EQ(printable("Überzug größer 쌀밥 \xc2\xa0"), "Überzug größer 쌀밥 \xc2\xa0");
}

TEST(Fail, MessagesAreOneLine) {
  try {
    fail("{}: no such file", "x\n\x1b]0;title\x07.jpg");
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "x??]0;title?.jpg: no such file");
  }
  EXPECT_THROW(fail_usage("{}", "\t"), UsageError);
}

}  // namespace
