#include "base/growing_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "base/error.h"
#include "base/files.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

/// Files cannot grow beyond some bytes while this exists: a disk that is full, and then is not.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_DFL);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST(GrowingFile, HasNoGapAfterTheDiskWasFull) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "log";
  GrowingFile file(path, GrowingFile::Start::kAppend);
  file.append("first\n");
  file.flush();
  {
    const FullDisk full(9);
    file.append("second\n");
    try {
      file.flush();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).rfind(path.string() + ": cannot be written: ", 0), 0U)
          << error.what();
    }
    EXPECT_EQ(read_file(path, 100), "first\nsec");
    file.append("third\n");
    EXPECT_THROW(file.flush(), Error);
  }
  file.append("fourth\n");
  file.flush();
  EXPECT_EQ(read_file(path, 100), "first\nsecond\nthird\nfourth\n");
}

TEST(GrowingFile, NewMeansThatThereWasNone) {
  const TemporaryFolder folder;
  { GrowingFile file(folder.path() / "log", GrowingFile::Start::kNew); }
  EXPECT_THROW(GrowingFile(folder.path() / "log", GrowingFile::Start::kNew), Error);
  EXPECT_THROW(GrowingFile(folder.path() / "none" / "log", GrowingFile::Start::kAppend), Error);
}

}  // namespace
}  // namespace focus::test
