#include "base/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/console.h"
#include "base/error.h"
#include "base/machine.h"

namespace focus {
namespace {

namespace fs = std::filesystem;

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data() : "unknown";
}

/// The line that the holder wrote. It is not trusted: anyone may have written the file.
std::string holder_in(int descriptor) {
  std::array<char, 300> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  std::string line(text.data(), count > 0 ? static_cast<size_t>(count) : 0);
  line = line.substr(0, line.find('\n'));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ') c = '?';
  }
  return line.empty() ? "another process" : line;
}

/// Whether the open file is still the one at `path`: its last holder may have removed it after it was opened.
bool is_at(int descriptor, const fs::path& path) {
  struct stat opened {
  }, there{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &there) == 0 &&
         opened.st_ino == there.st_ino && opened.st_dev == there.st_dev;
}

}  // namespace

FolderLock::FolderLock(const fs::path& folder) : path_(folder / kFileName) {
  for (;;) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    // Another user's file can be locked without permission to write it.
    if (descriptor_ < 0 && errno == EACCES)
      descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor_ < 0) fail("{}: cannot be created: {}", path_.string(), std::strerror(errno));
    int locked = 0;
    do {
      locked = ::flock(descriptor_, LOCK_EX | LOCK_NB);
    } while (locked != 0 && errno == EINTR);
    const int error = locked == 0 ? 0 : errno;
    if (error == EWOULDBLOCK) {
      const auto holder = holder_in(descriptor_);
      ::close(descriptor_);
      fail("{}: is in use by {}; wait for it to end, or name another folder", folder.string(), holder);
    }
    if (error != 0) {
      print_note("warning: {}: this file system cannot lock ({}); make sure that nobody else writes here",
                 path_.string(), std::strerror(error));
    }
    if (error != 0 || is_at(descriptor_, path_)) break;
    ::close(descriptor_);
  }
  const auto holder = fmt::format("process {} on {} since {}\n", ::getpid(), host_name(), utc_time());
  // If this fails, as on a full disk, only the message to others lacks the holder's name.
  const ssize_t written = ::pwrite(descriptor_, holder.data(), holder.size(), 0);
  if (written < 0 || ::ftruncate(descriptor_, written) != 0) errno = 0;
}

FolderLock::~FolderLock() {
  // Before the lock is released: afterwards the file may be another holder's.
  if (is_at(descriptor_, path_)) ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace focus
