#include "base/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ostream>
#include <streambuf>
#include <utility>

#include "base/broken_pipe.h"
#include "base/error.h"
#include "base/human.h"

namespace focus {
namespace {

namespace fs = std::filesystem;

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }
  /// False if the system reports a late write error.
  bool close() {
    const int value = release();
    return value < 0 || ::close(value) == 0;
  }

 private:
  int value_;
};

[[noreturn]] void fail_write(const fs::path& path, int error) {
  if (error == EPIPE) throw BrokenPipe(path.string() + ": nobody reads it any more");
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code ignored;
  if (error == ENOENT && !fs::is_directory(folder, ignored)) {
    fail("{}: cannot be written: the folder {} does not exist; create it first", path.string(),
         folder.string());
  }
  const char* advice = "";
  if (error == ENOSPC || error == EDQUOT) advice = "; free some space or choose another folder";
  if (error == EACCES || error == EPERM || error == EROFS) advice = "; choose a folder you may write to";
  if (error == EFBIG) advice = "; raise the limit on file sizes (ulimit -f)";
  fail("{}: cannot be written: {}{}", path.string(), std::strerror(error), advice);
}

/// Buffered writing that throws with the system's reason for a failure, which std::ofstream loses, and throws
/// at once: a long task must not continue if its output is lost already.
class DescriptorBuffer : public std::streambuf {
 public:
  DescriptorBuffer(int descriptor, const fs::path& path) : descriptor_(descriptor), path_(path) {
    setp(buffer_.data(), buffer_.data() + buffer_.size());
  }
  int error() const { return error_; }

 protected:
  int_type overflow(int_type byte) override {
    if (sync() != 0) return traits_type::eof();
    if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
    *pptr() = traits_type::to_char_type(byte);
    pbump(1);
    return byte;
  }

  std::streamsize xsputn(const char* data, std::streamsize count) override {
    if (count <= 0) return 0;  // empty data may be a null pointer
    if (count > epptr() - pptr()) {
      if (sync() != 0) return 0;
      if (count >= static_cast<std::streamsize>(buffer_.size())) return write_all(data, count) ? count : 0;
    }
    std::memcpy(pptr(), data, static_cast<size_t>(count));
    pbump(static_cast<int>(count));
    return count;
  }

  int sync() override {
    if (error_ != 0 || !write_all(pbase(), pptr() - pbase())) return -1;
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return 0;
  }

 private:
  bool write_all(const char* data, std::streamsize count) {
    while (count > 0 && error_ == 0) {
      const ssize_t written = ::write(descriptor_, data, static_cast<size_t>(count));
      if (written >= 0) {
        data += written;
        count -= written;
      } else if (errno != EINTR) {
        error_ = errno;
        fail_write(path_, error_);
      }
    }
    return error_ == 0;
  }

  int descriptor_;
  const fs::path& path_;
  int error_ = 0;
  std::array<char, 1 << 16> buffer_;
};

void write_through(int descriptor, const fs::path& path, const std::function<void(std::ostream&)>& write) {
  DescriptorBuffer buffer(descriptor, path);
  std::ostream stream(&buffer);
  stream.exceptions(std::ios::badbit);  // Otherwise the stream swallows the buffer's exceptions.
  write(stream);
  stream.flush();
  if (buffer.error() != 0) fail_write(path, buffer.error());
  if (!stream) fail("{}: cannot be written: its content could not be formatted", path.string());
}

/// Removes the file unless it was renamed.
struct TemporaryFile {
  fs::path path;
  bool kept = false;
  ~TemporaryFile() {
    if (!kept) ::unlink(path.c_str());
  }
};

fs::path without_links(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::is_symlink(path, error) ? fs::weakly_canonical(path, error) : path;
  return error || target.empty() ? path : target;
}

/// A pipe that is open already, such as /dev/stdout, is not opened again: that would wait for a reader, and
/// the former one may have gone.
int open_device(const fs::path& path) {
  constexpr int kMostLookedAt = 256;
  struct stat named {
  }, open{};
  if (::stat(path.c_str(), &named) == 0 && S_ISFIFO(named.st_mode)) {
    for (int descriptor = STDOUT_FILENO; descriptor < kMostLookedAt; ++descriptor) {
      if (::fstat(descriptor, &open) != 0 || open.st_ino != named.st_ino || open.st_dev != named.st_dev)
        continue;
      if ((::fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_RDONLY) continue;
      return ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    }
  }
  return ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
}

[[noreturn]] void fail_read(const fs::path& path, int error) {
  if (error == ENOENT) fail("{}: no such file", path.string());
  if (error == EISDIR) fail("{}: is a folder; a file is needed", path.string());
  fail("{}: cannot be read: {}", path.string(), std::strerror(error));
}

}  // namespace

void write_atomically(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  const fs::path target = without_links(path);
  std::error_code ignored;
  const fs::file_status status = fs::status(target, ignored);
  if (fs::is_directory(status)) fail("{}: cannot be written: it is a folder; name a file", path.string());
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    Descriptor device(open_device(target));
    if (device.get() < 0) fail_write(path, errno);
    write_through(device.get(), path, write);
    return;
  }

  static std::atomic<unsigned> serial{0};
  TemporaryFile temporary;
  temporary.path = target;
  temporary.path += fmt::format(".tmp-{}-{}", ::getpid(), serial++);
  const int descriptor =
      ::open(temporary.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0) {
    temporary.kept = true;
    fail_write(path, errno);
  }
  {
    Descriptor file(descriptor);
    write_through(file.get(), path, write);
    // Without this a power cut after the rename may leave an empty file under the final name.
    if (::fsync(file.get()) != 0) fail_write(path, errno);
    if (!file.close()) fail_write(path, errno);
  }
  if (::rename(temporary.path.c_str(), target.c_str()) != 0) fail_write(path, errno);
  temporary.kept = true;
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());
}

void write_file(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) fail_write(path, errno);
  write_through(file.get(), path, write);
  if (!file.close()) fail_write(path, errno);
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!fs::is_directory(path)) fail("{}: cannot create this folder: {}", path.string(), error.message());
}

std::string read_file(const fs::path& path, uint64_t max_bytes) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail_read(path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail_read(path, errno);
  std::string content;
  const auto refuse_if_larger = [&](uint64_t size) {
    if (size > max_bytes) {
      fail("{}: is larger than the {} accepted here", path.string(), human_bytes(max_bytes));
    }
  };
  if (S_ISREG(status.st_mode)) {
    refuse_if_larger(static_cast<uint64_t>(status.st_size));
    content.reserve(static_cast<size_t>(status.st_size));
  }
  std::array<char, 1 << 16> chunk;
  for (;;) {
    const ssize_t count = ::read(file.get(), chunk.data(), chunk.size());
    if (count == 0) return content;
    if (count < 0) {
      if (errno == EINTR) continue;
      fail_read(path, errno);
    }
    refuse_if_larger(content.size() + static_cast<uint64_t>(count));
    content.append(chunk.data(), static_cast<size_t>(count));
  }
}

std::optional<std::string> read_file_if_any(const fs::path& path, uint64_t max_bytes) {
  try {
    return read_file(path, max_bytes);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string read_begin(const fs::path& path, size_t most) {
  try {
    const InputFile file(path);
    std::string begin(std::min<uint64_t>(most, file.size()), '\0');
    file.read(0, begin.data(), begin.size());
    return begin;
  } catch (const Error&) {
    return {};
  }
}

InputFile::InputFile(fs::path path) : path_(std::move(path)) {
  // Non-blocking, so that a pipe is refused below instead of waited for; regular files are not affected.
  Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) fail_read(path_, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail_read(path_, errno);
  if (S_ISDIR(status.st_mode)) fail_read(path_, EISDIR);
  if (!S_ISREG(status.st_mode)) fail("{}: is not a regular file", path_.string());
  size_ = static_cast<uint64_t>(status.st_size);
  descriptor_ = file.release();
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read(uint64_t offset, void* into, size_t bytes) const {
  auto* next = static_cast<char*>(into);
  while (bytes > 0) {
    const ssize_t count = ::pread(descriptor_, next, bytes, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_read(path_, errno);
    if (count == 0) fail("{}: ends at byte {}; is the file complete?", path_.string(), offset);
    next += count;
    offset += static_cast<uint64_t>(count);
    bytes -= static_cast<size_t>(count);
  }
}

std::shared_ptr<const std::byte> InputFile::map() const {
  if (size_ == 0) fail("{}: is empty", path_.string());
  void* memory = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_, 0);
  if (memory == MAP_FAILED)
    fail("{}: cannot be mapped into memory: {}", path_.string(), std::strerror(errno));
  return {static_cast<const std::byte*>(memory),
          [size = size_](const std::byte* mapped) { ::munmap(const_cast<std::byte*>(mapped), size); }};
}

}  // namespace focus
