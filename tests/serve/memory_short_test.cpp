#include "serve/memory_short.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <new>
#include <opencv2/core.hpp>
#include <system_error>

#include "support/sanitized.h"

namespace focus::serve {
namespace {

/// The status a client is told when `work` fails; 0 if its own exception comes through.
template <typename Work>
int told_status(const Work& work) {
  try {
    unless_memory_is_short(work);
  } catch (const http::HttpError& error) {
    return error.status();
  } catch (...) {
  }
  return 0;
}

TEST(MemoryShort, ByWhateverNameIs503) {
  EXPECT_EQ(told_status([] { throw std::bad_alloc(); }), 503);
  EXPECT_EQ(told_status([] { throw std::bad_array_new_length(); }), 503);
  EXPECT_EQ(told_status([] { throw c10::OutOfMemoryError(c10::SourceLocation(), "a device has no more"); }),
            503);
  EXPECT_EQ(told_status([] { throw std::system_error(std::make_error_code(std::errc::not_enough_memory)); }),
            503);
  if (test::kSanitized) return;  // Which ends the process where memory cannot be had.
  EXPECT_EQ(told_status([] { cv::Mat(1 << 30, 1 << 30, CV_8UC3); }), 503) << "OpenCV's own";
  EXPECT_EQ(told_status([] { at::empty({int64_t{1} << 50}); }), 503) << "LibTorch's own";
}

TEST(MemoryShort, OtherFailuresStayWhatTheyAre) {
  EXPECT_EQ(told_status([] { http::fail_http(413, "large"); }), 413);
  EXPECT_EQ(told_status([] { throw std::runtime_error("a fault"); }), 0);
  EXPECT_EQ(told_status([] { throw 7; }), 0);
  EXPECT_EQ(told_status([] { fail("out of memory.png: not an image"); }), 0) << "a client's own words";
  EXPECT_EQ(unless_memory_is_short([] { return 5; }), 5);
}

}  // namespace
}  // namespace focus::serve
