#include "base/progress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/human.h"

namespace {

using focus::Progress;
using focus::progress_line;

TEST(Human, Bytes) {
  EXPECT_EQ(focus::human_bytes(0), "0 B");
  EXPECT_EQ(focus::human_bytes(1023), "1023 B");
  EXPECT_EQ(focus::human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(focus::human_bytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(focus::human_bytes(UINT64_MAX), "16.0 EiB");
}

TEST(Human, Durations) {
  EXPECT_EQ(focus::human_duration(0.42), "0.4 s");
  EXPECT_EQ(focus::human_duration(9.97), "10 s");
  EXPECT_EQ(focus::human_duration(59.7), "1 min 00 s");
  EXPECT_EQ(focus::human_duration(185), "3 min 05 s");
  EXPECT_EQ(focus::human_duration(7620), "2 h 07 min");
  EXPECT_EQ(focus::human_duration(97200), "1 d 03 h");
  EXPECT_EQ(focus::human_duration(-1), "?");
  EXPECT_EQ(focus::human_duration(NAN), "?");
  EXPECT_EQ(focus::human_duration(INFINITY), "?");
}

TEST(Human, TextFromFilesStaysOnOneLine) {
  EXPECT_EQ(focus::in_quotes("a\nb\x1b[2J"), "'a?b?[2J'");
  EXPECT_EQ(focus::in_quotes(std::string(200, 'x')), "'" + std::string(80, 'x') + "...'");
}

TEST(ProgressLine, SaysHowFarHowFastAndHowLong) {
  EXPECT_EQ(progress_line({"train", 200, 0, 120, 30, "loss 1.25"}, 10),
            "train [======>   ] 120/200 60% 4.0/s 30 s, 20 s left  loss 1.25");
  EXPECT_EQ(progress_line({"train", 200, 0, 120, 30, ""}, 0), "train 120/200 60% 4.0/s 30 s, 20 s left");
  EXPECT_EQ(progress_line({"train", 4, 0, 4, 8, ""}, 4), "train [====] 4/4 100% 2.0 s each 8.0 s");
  EXPECT_EQ(progress_line({"detect", 0, 0, 12, 2, ""}, 10), "detect 12 6.0/s 2.0 s");
  EXPECT_EQ(progress_line({"train", 10, 0, 0, 0, ""}, 0), "train 0/10 0% 0.0 s");
}

TEST(ProgressLine, AResumedRunIsNotCreditedWithOldSteps) {
  EXPECT_EQ(progress_line({"train", 200, 100, 120, 10, ""}, 0), "train 120/200 60% 2.0/s 10 s, 40 s left");
}

std::string shown(Progress::Style style, double seconds, bool finish) {
  std::FILE* stream = std::tmpfile();
  {
    Progress progress("task", 3, 0, stream, style, seconds);
    for (int i = 1; i <= 3; ++i) progress.update(i, "step " + std::to_string(i));
    if (finish) progress.finish(), progress.finish();
  }
  std::string text(static_cast<size_t>(std::ftell(stream)), ' ');
  std::rewind(stream);
  EXPECT_EQ(std::fread(text.data(), 1, text.size(), stream), text.size());
  std::fclose(stream);
  return text;
}

size_t count(const std::string& text, char c) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), c));
}

TEST(Progress, PlainLinesComeOnlyWhenDue) {
  const std::string rare = shown(Progress::Style::kAutomatic, 1000, true);
  EXPECT_EQ(count(rare, '\n'), 1u) << rare;
  EXPECT_NE(rare.find("3/3 100%"), std::string::npos) << rare;
  EXPECT_NE(rare.find("step 3\n"), std::string::npos) << rare;
  EXPECT_EQ(count(rare, '\r') + count(rare, '\x1b'), 0u) << "a file is no terminal";
  EXPECT_EQ(count(shown(Progress::Style::kPlain, 0, true), '\n'), 4u);
  EXPECT_EQ(shown(Progress::Style::kPlain, 1000, false), "");
}

TEST(Progress, ATerminalLineIsRenewedAndEndsOnce) {
  const std::string text = shown(Progress::Style::kTerminal, 1000, true);
  EXPECT_GE(count(text, '\r'), 2u);
  EXPECT_EQ(count(text, '\n'), 1u);
  EXPECT_EQ(text.back(), '\n');
  const std::string broken_off = shown(Progress::Style::kTerminal, 1000, false);
  EXPECT_EQ(count(broken_off, '\n'), 1u) << "what is printed next must begin on a new line";
}

TEST(Progress, GoesOnWhereItsLogIsOnAFullDisk) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  std::setvbuf(full, nullptr, _IONBF, 0);  // As standard error is.
  {
    Progress progress("x", 2, 0, full, Progress::Style::kTerminal, 0);
    progress.update(1);
    progress.finish();
    Progress lines("x", 2, 0, full, Progress::Style::kPlain, 0);
    lines.update(1);
    lines.finish();
  }
  std::fclose(full);
}

}  // namespace
