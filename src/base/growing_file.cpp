#include "base/growing_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace focus {

GrowingFile::GrowingFile(std::filesystem::path path, Start start) : path_(std::move(path)) {
  const int how = start == Start::kNew ? O_EXCL : 0;
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | how, 0666);
  if (descriptor_ < 0) fail("{}: cannot be opened for writing: {}", path_.string(), std::strerror(errno));
}

GrowingFile::~GrowingFile() { ::close(descriptor_); }

void GrowingFile::flush() {
  size_t done = 0;
  int error = 0;
  while (done < waiting_.size() && error == 0) {
    const ssize_t written = ::write(descriptor_, waiting_.data() + done, waiting_.size() - done);
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  waiting_.erase(0, done);
  if (error != 0) fail("{}: cannot be written: {}", path_.string(), std::strerror(error));
}

}  // namespace focus
