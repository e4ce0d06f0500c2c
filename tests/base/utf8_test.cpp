#include "base/utf8.h"

#include <gtest/gtest.h>

#include "base/human.h"

namespace focus {
namespace {

TEST(Utf8, WhatIsNoCharacterBecomesAQuestionMark) {
  EXPECT_EQ(as_valid_utf8("caf\xC3\xA9 \xF0\x9F\x90\x88"), "caf\xC3\xA9 \xF0\x9F\x90\x88");
  EXPECT_EQ(as_valid_utf8("caf\xE9"), "caf?") << "Latin-1";
  EXPECT_EQ(as_valid_utf8("\xFF\xFE{"), "??{");
  EXPECT_EQ(as_valid_utf8("\xC0\xAF"), "??") << "longer than it must be";
  EXPECT_EQ(as_valid_utf8("\xED\xA0\x80"), "???") << "half of a pair";
  EXPECT_EQ(as_valid_utf8("a\xE2\x82"), "a??") << "cut";
}

TEST(Utf8, QuotedTextIsNotCutWithinACharacter) {
  const std::string text = std::string(79, 'x') + "\xC3\xA9" + "more";
  EXPECT_EQ(in_quotes(text), "'" + std::string(79, 'x') + "...'");
  EXPECT_EQ(in_quotes("a\xFF"), "'a?'");
}

}  // namespace
}  // namespace focus
