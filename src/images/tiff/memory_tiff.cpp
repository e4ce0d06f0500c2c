#include "images/tiff/memory_tiff.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "base/error.h"
#include "images/limits.h"

namespace focus::images {

struct MemoryTiff::Access {
  static MemoryTiff& of(thandle_t handle) { return *static_cast<MemoryTiff*>(handle); }

  static tmsize_t read(thandle_t handle, void* to, tmsize_t size) {
    MemoryTiff& file = of(handle);
    const uint64_t left = file.bytes_.size() - std::min<uint64_t>(file.position_, file.bytes_.size());
    const auto count = std::min<uint64_t>(left, size > 0 ? static_cast<uint64_t>(size) : 0);
    if (count > 0) std::memcpy(to, file.bytes_.data() + file.position_, count);
    file.position_ += count;
    return static_cast<tmsize_t>(count);
  }

  static tmsize_t write(thandle_t, void*, tmsize_t) { return 0; }

  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    MemoryTiff& file = of(handle);
    const uint64_t base = whence == SEEK_CUR ? file.position_ : whence == SEEK_END ? file.bytes_.size() : 0;
    file.position_ = base + offset;
    return file.position_;
  }

  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return of(handle).bytes_.size(); }

  static int map(thandle_t handle, void** base, toff_t* size) {
    // libtiff's interface is not const.
    *base = const_cast<uint8_t*>(of(handle).bytes_.data());
    *size = of(handle).bytes_.size();
    return 1;
  }

  static void unmap(thandle_t, void*, toff_t) {}

#if TIFFLIB_VERSION >= 20221213
  static int note(TIFF*, void* handle, const char*, const char* format, va_list arguments) {
    char text[256];
    std::vsnprintf(text, sizeof text, format, arguments);
    // The first error is nearest to the cause.
    if (of(handle).fault_.empty()) of(handle).fault_ = text;
    return 1;
  }

  static int ignore(TIFF*, void*, const char*, const char*, va_list) { return 1; }
#endif

  static TIFF* open(MemoryTiff& file) {
#if TIFFLIB_VERSION >= 20221213
    TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, static_cast<tmsize_t>(8 * kMaxPixels));
    TIFFOpenOptionsSetErrorHandlerExtR(options, note, &file);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore, &file);
    TIFF* tiff = TIFFClientOpenExt("", "r", &file, read, write, seek, close, size, map, unmap, options);
    TIFFOpenOptionsFree(options);
    return tiff;
#else
    // These handlers are process-wide and do not say which file they concern.
    static const bool silent = TIFFSetErrorHandler(nullptr) || TIFFSetWarningHandler(nullptr) || true;
    static_cast<void>(silent);
    return TIFFClientOpen("", "r", &file, read, write, seek, close, size, map, unmap);
#endif
  }
};

MemoryTiff::MemoryTiff(std::span<const uint8_t> bytes, uint64_t directory, const std::string& name)
    : bytes_(bytes), name_(name), tiff_(Access::open(*this)) {
  if (!tiff_) fail_damaged();
  if (TIFFSetSubDirectory(tiff_, directory) == 0) {
    TIFFClose(tiff_);
    fail_damaged();
  }
}

MemoryTiff::~MemoryTiff() { TIFFClose(tiff_); }

void MemoryTiff::fail_damaged() const {
  fail("{}: the TIFF image cannot be decoded{}{}; copy or download it again", name_,
       fault_.empty() ? "" : ": ", fault_);
}

void MemoryTiff::fail_unread(const std::string& kind) const {
  fail(
      "{}: a TIFF image with {}, which is not read; convert it to RGB or grey of 8 or 16 bits per "
      "sample, without compression or with a common one",
      name_, kind);
}

}  // namespace focus::images
