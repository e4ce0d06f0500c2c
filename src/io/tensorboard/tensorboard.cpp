#include "io/tensorboard/tensorboard.h"

#include <unistd.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "io/tensorboard/crc32c.h"

namespace focus::io {
namespace {

// Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
constexpr int kEventWallTime = 1, kEventStep = 2, kEventFileVersion = 3, kEventSummary = 5;
constexpr int kSummaryValue = 1;
constexpr int kValueTag = 1, kValueSimpleValue = 2;

/// Protocol buffers, encoding: https://protobuf.dev/programming-guides/encoding
class Message {
 public:
  void add_varint(int field, uint64_t value) {
    key(field, 0);
    varint(value);
  }
  void add_double(int field, double value) {
    key(field, 1);
    fixed(std::bit_cast<uint64_t>(value), 8);
  }
  void add_bytes(int field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    bytes_ += value;
  }
  void add_float(int field, float value) {
    key(field, 5);
    fixed(std::bit_cast<uint32_t>(value), 4);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void key(int field, int wire_type) {
    varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire_type));
  }
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  void fixed(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) bytes_ += static_cast<char>(value >> (8 * i));
  }

  std::string bytes_;
};

std::string little_endian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::filesystem::path new_file_name() {
  static std::atomic<int> serial{0};
  char host[256] = "";
  if (::gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0') std::strcpy(host, "localhost");
  return fmt::format("events.out.tfevents.{}.{}.{}.{}", static_cast<int64_t>(seconds_since_epoch()), host,
                     ::getpid(), serial++);
}

const std::filesystem::path& existing(const std::filesystem::path& folder) {
  make_folder(folder);
  return folder;
}

}  // namespace

EventWriter::EventWriter(const std::filesystem::path& dir)
    // Always a new file, never one that another process writes.
    : file_(existing(dir) / new_file_name(), GrowingFile::Start::kNew) {
  Message event;
  event.add_double(kEventWallTime, seconds_since_epoch());
  event.add_bytes(kEventFileVersion, "brain.Event:2");
  write_record(event.bytes());
  flush();
}

void EventWriter::scalar(std::string_view tag, double value, int64_t step) {
  Message summary_value;
  summary_value.add_bytes(kValueTag, tag);
  summary_value.add_float(kValueSimpleValue, static_cast<float>(value));
  Message summary;
  summary.add_bytes(kSummaryValue, summary_value.bytes());
  Message event;
  event.add_double(kEventWallTime, seconds_since_epoch());
  event.add_varint(kEventStep, static_cast<uint64_t>(step));
  event.add_bytes(kEventSummary, summary.bytes());
  write_record(event.bytes());
}

void EventWriter::write_record(const std::string& event) {
  const std::string length = little_endian(event.size(), 8);
  file_.append(length + little_endian(masked_crc32c(length), 4) + event +
               little_endian(masked_crc32c(event), 4));
}

}  // namespace focus::io
