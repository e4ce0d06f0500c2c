#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <ostream>

#include "base/error.h"
#include "support/temporary_folder.h"

namespace {

namespace fs = std::filesystem;

struct Files : testing::Test {
  size_t files_in_folder() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }
  template <typename Function>
  static std::string error_of(Function function) {
    try {
      function();
    } catch (const focus::Error& error) {
      return error.what();
    }
    return "";
  }

  focus::test::TemporaryFolder temporary;
  const fs::path folder = temporary.path();
};

void put(const fs::path& path, const std::string& text) {
  focus::write_atomically(path, [&](std::ostream& out) { out << text; });
}

TEST_F(Files, RoundTripReplacesAndLeavesNothingBehind) {
  const fs::path path = folder / "a.bin";
  put(path, "old");
  std::string large(200'000, '\0');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
  focus::write_atomically(path, [&](std::ostream& out) {
    out << large.substr(0, 70'000);
    for (const char c : large.substr(70'000, 10)) out.put(c);
    out << large.substr(70'010);
  });
  EXPECT_EQ(focus::read_file(path, 1 << 20), large);
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(Files, AWriterLearnsAtOnceThatTheDiskIsFull) {
  int64_t written = 0;
  const auto said = error_of([&] {
    focus::write_atomically("/dev/full", [&](std::ostream& out) {
      for (; written < 100; ++written) out << "a line of a long task\n" << std::flush;
    });
  });
  EXPECT_NE(said.find("/dev/full: cannot be written: No space left on device"), std::string::npos) << said;
  EXPECT_EQ(written, 0) << "it did not go on for nothing";
}

TEST_F(Files, AFailedWriterKeepsTheOldFile) {
  const fs::path path = folder / "a.txt";
  put(path, "old");
  EXPECT_THROW(focus::write_atomically(path,
                                       [](std::ostream& out) {
                                         out << "half";
                                         throw std::runtime_error("stop");
                                       }),
               std::runtime_error);
  EXPECT_EQ(focus::read_file(path, 100), "old");
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(Files, AWriteTheSystemRefusesKeepsTheOldFile) {
  const fs::path path = folder / "a.txt";
  put(path, "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string error = error_of([&] { put(path, std::string(1'000'000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(error.find("cannot be written: File too large"), std::string::npos) << error;
  EXPECT_EQ(focus::read_file(path, 100), "old");
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(Files, ErrorsNameThePathAndTheReason) {
  const std::string missing = error_of([&] { put(folder / "none" / "a.txt", "x"); });
  EXPECT_NE(missing.find((folder / "none").string() + " does not exist; create it first"), std::string::npos)
      << missing;
  const std::string is_folder = error_of([&] { put(folder, "x"); });
  EXPECT_NE(is_folder.find("it is a folder"), std::string::npos) << is_folder;
  const std::string full = error_of([&] { put("/dev/full", "x"); });
  EXPECT_NE(full.find("No space left"), std::string::npos) << full;
  EXPECT_TRUE(fs::is_character_file("/dev/full")) << "a device must not be replaced by a file";
}

TEST_F(Files, AFolderThatIsNotWritable) {
  if (::geteuid() == 0) GTEST_SKIP() << "skipped: the superuser may write anywhere";
  fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
  const std::string error = error_of([&] { put(folder / "a.txt", "x"); });
  fs::permissions(folder, fs::perms::owner_all);
  EXPECT_NE(error.find("choose a folder you may write to"), std::string::npos) << error;
}

TEST_F(Files, ALinkStaysALink) {
  put(folder / "target.txt", "old");
  fs::create_symlink("target.txt", folder / "link.txt");
  put(folder / "link.txt", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link.txt"));
  EXPECT_EQ(focus::read_file(folder / "target.txt", 100), "new");
}

TEST_F(Files, NewFilesFollowTheUmask) {
  const mode_t before = ::umask(022);
  put(folder / "a.txt", "x");
  ::umask(before);
  EXPECT_EQ(fs::status(folder / "a.txt").permissions(), fs::perms(0644));
}

TEST_F(Files, ReadingHasALimit) {
  put(folder / "a.txt", "12345");
  EXPECT_EQ(focus::read_file(folder / "a.txt", 5), "12345");
  EXPECT_NE(error_of([&] { focus::read_file(folder / "a.txt", 4); }).find("larger than the 4 B"),
            std::string::npos);
  EXPECT_NE(error_of([] { focus::read_file("/dev/zero", 1000); }).find("larger"), std::string::npos);
  EXPECT_NE(error_of([&] { focus::read_file(folder / "no", 4); }).find("no such file"), std::string::npos);
  EXPECT_NE(error_of([&] { focus::read_file(folder, 4); }).find("is a folder"), std::string::npos);
}

TEST_F(Files, InputFileReadsAtAnOffset) {
  put(folder / "a.txt", "0123456789");
  const focus::InputFile file(folder / "a.txt");
  EXPECT_EQ(file.size(), 10u);
  std::string part(4, ' ');
  file.read(3, part.data(), part.size());
  EXPECT_EQ(part, "3456");
  EXPECT_NE(error_of([&] { file.read(7, part.data(), 4); }).find("ends at byte 10"), std::string::npos);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_NE(error_of([&] { focus::InputFile(folder / "pipe"); }).find("not a regular file"),
            std::string::npos);
}

}  // namespace
