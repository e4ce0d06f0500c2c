#include "io/pytorch/zip_archive.h"

#include <zip.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"

namespace focus::io {
namespace {

constexpr uint64_t kMaxDeflateRatio = 1032;  // two bits can encode 258 bytes
constexpr int64_t kMaxEntries = 1'000'000;
constexpr uint64_t kMaxArchiveRatio = 64;
constexpr uint64_t kArchiveSlack = 256 << 20;

void check_entry(const zip_stat_t& entry, uint64_t file_bytes, const std::string& where) {
  constexpr zip_uint64_t kNeeded =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((entry.valid & kNeeded) != kNeeded) fail("{}: its description is incomplete", where);
  if (entry.encryption_method != ZIP_EM_NONE) fail("{}: is encrypted; encrypted files are not read", where);
  if (entry.comp_method != ZIP_CM_STORE && entry.comp_method != ZIP_CM_DEFLATE) {
    fail("{}: compression method {} is not known; store or deflate it", where, entry.comp_method);
  }
  if (entry.comp_size > file_bytes) {
    fail("{}: its {} packed bytes go beyond the end of the file's {}; is the file complete?", where,
         entry.comp_size, file_bytes);
  }
  if (entry.comp_method == ZIP_CM_STORE && entry.size != entry.comp_size) {
    fail("{}: is stored in {} bytes but claims to be {} long", where, entry.comp_size, entry.size);
  }
  if (entry.size / kMaxDeflateRatio > entry.comp_size) {
    fail("{}: claims to unpack {} bytes to {}, which is impossible", where, entry.comp_size, entry.size);
  }
}

}  // namespace

void ZipArchive::Closer::operator()(zip* archive) const { zip_discard(archive); }
void ZipReader::Closer::operator()(zip_file* file) const { zip_fclose(file); }

ZipArchive::ZipArchive(const std::filesystem::path& path) : path_(path) {
  const uint64_t file_bytes = InputFile(path).size();
  int error = 0;
  archive_.reset(zip_open(path.c_str(), ZIP_RDONLY, &error));
  if (archive_ == nullptr) {
    zip_error_t reason;
    zip_error_init_with_code(&reason, error);
    const std::string text = zip_error_strerror(&reason);
    zip_error_fini(&reason);
    fail("{}: not a readable zip file: {}; is the file complete?", path.string(), text);
  }
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  if (count > kMaxEntries) fail("{}: has {} entries, more than {}", path.string(), count, kMaxEntries);
  for (zip_int64_t index = 0; index < count; ++index) {
    zip_stat_t entry;
    zip_stat_init(&entry);
    if (zip_stat_index(archive_.get(), static_cast<zip_uint64_t>(index), ZIP_FL_ENC_RAW, &entry) != 0 ||
        (entry.valid & ZIP_STAT_NAME) == 0) {
      fail("{}: entry {} cannot be read: {}", path.string(), index, zip_strerror(archive_.get()));
    }
    const std::string name = entry.name;
    const std::string where = path.string() + ": entry " + in_quotes(name);
    if (!name.empty() && name.back() == '/') continue;
    check_entry(entry, file_bytes, where);
    unpacked_bytes_ += entry.size;
    if (unpacked_bytes_ > kMaxArchiveRatio * file_bytes + kArchiveSlack) {
      fail("{}: its entries unpack to more than {}; a file of {} does not hold weights of that size",
           path.string(), human_bytes(unpacked_bytes_), human_bytes(file_bytes));
    }
    if (!entries_.emplace(name, Entry{static_cast<uint64_t>(index), entry.size}).second) {
      fail("{}: the name comes twice", where);
    }
  }
}

ZipReader ZipArchive::open(const std::string& name) const { return ZipReader(*this, name); }

void ZipArchive::read(const std::string& name, void* into, uint64_t bytes) const {
  ZipReader reader(*this, name);
  if (reader.left() != bytes) {
    fail("{}: entry {} has {} bytes, {} are needed", path_.string(), in_quotes(name), reader.left(), bytes);
  }
  reader.read(into, bytes);
  reader.finish();
}

std::string ZipArchive::read(const std::string& name, uint64_t max_bytes) const {
  ZipReader reader(*this, name);
  if (reader.left() > max_bytes) {
    fail("{}: entry {} is larger than the {} accepted here", path_.string(), in_quotes(name),
         human_bytes(max_bytes));
  }
  std::string content(reader.left(), '\0');
  reader.read(content.data(), content.size());
  reader.finish();
  return content;
}

ZipReader::ZipReader(const ZipArchive& archive, const std::string& name)
    : where_(archive.path().string() + ": entry " + in_quotes(name)) {
  const auto entry = archive.entries().find(name);
  if (entry == archive.entries().end()) fail("{}: is missing", where_);
  file_.reset(zip_fopen_index(archive.archive_.get(), entry->second.index, 0));
  if (file_ == nullptr) fail("{}: cannot be read: {}", where_, zip_strerror(archive.archive_.get()));
  left_ = entry->second.size;
}

void ZipReader::damaged() const {
  zip_error_t* reason = zip_file_get_error(file_.get());
  if (zip_error_code_zip(reason) == ZIP_ER_CRC) fail("{}: is damaged: its CRC is wrong", where_);
  fail("{}: cannot be read: {}", where_, zip_error_strerror(reason));
}

void ZipReader::read(void* into, uint64_t bytes) {
  if (bytes > left_) fail("{}: is too short for its content", where_);
  constexpr uint64_t kPiece = 64 << 20;
  auto* next = static_cast<char*>(into);
  while (bytes > 0) {
    const zip_int64_t count = zip_fread(file_.get(), next, std::min(bytes, kPiece));
    if (count < 0) damaged();
    if (count == 0) fail("{}: is shorter than it claims to be", where_);
    next += count;
    bytes -= static_cast<uint64_t>(count);
    left_ -= static_cast<uint64_t>(count);
  }
}

void ZipReader::finish() {
  // libzip checks the CRC when it reaches the end.
  char beyond = 0;
  const zip_int64_t count = zip_fread(file_.get(), &beyond, 1);
  if (count < 0) damaged();
  if (left_ > 0 || count > 0) fail("{}: is longer than it claims to be", where_);
}

}  // namespace focus::io
