// Zip files, such as PyTorch's checkpoints and .npz.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

struct zip;
struct zip_file;

namespace focus::io {

class ZipReader;

/// The entries of a zip file, stored or deflated. Every stated size is checked against the file when it is
/// opened: a stored entry is no larger than the file, a deflated one unpacks to at most 1032 times its packed
/// size (the method's limit), and all together to at most 64 times the file plus 256 MiB. Throws Error naming
/// the file and the entry, also for a name that comes twice and for an encrypted entry.
class ZipArchive {
 public:
  struct Entry {
    uint64_t index = 0;
    uint64_t size = 0;  ///< Bytes, unpacked.
  };

  explicit ZipArchive(const std::filesystem::path& path);
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// By name; folders are left out.
  const std::map<std::string, Entry>& entries() const { return entries_; }
  bool has(const std::string& name) const { return entries_.count(name) != 0; }
  uint64_t unpacked_bytes() const { return unpacked_bytes_; }

  /// An entry to be read piece by piece. The archive must outlive it.
  ZipReader open(const std::string& name) const;
  /// Reads a whole entry into memory of its size and checks its CRC.
  void read(const std::string& name, void* into, uint64_t bytes) const;
  /// A whole entry of at most `max_bytes`.
  std::string read(const std::string& name, uint64_t max_bytes) const;

 private:
  friend class ZipReader;
  struct Closer {
    void operator()(zip* archive) const;
  };

  std::filesystem::path path_;
  std::unique_ptr<zip, Closer> archive_;
  std::map<std::string, Entry> entries_;
  uint64_t unpacked_bytes_ = 0;
};

/// One entry, read forwards.
class ZipReader {
 public:
  uint64_t left() const { return left_; }
  /// Reads the next `bytes` bytes. Throws Error if fewer are left.
  void read(void* into, uint64_t bytes);
  /// To be called once all has been read: checks the CRC.
  void finish();

 private:
  friend class ZipArchive;
  struct Closer {
    void operator()(zip_file* file) const;
  };
  ZipReader(const ZipArchive& archive, const std::string& name);
  [[noreturn]] void damaged() const;

  std::string where_;
  std::unique_ptr<zip_file, Closer> file_;
  uint64_t left_ = 0;
};

}  // namespace focus::io
