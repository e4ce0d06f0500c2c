#include "images/ffmpeg/avi_slots.h"

#include <algorithm>

namespace focus::images::ffmpeg {

AviSlots::AviSlots(const AVStream& video) {
  const int count = avformat_index_get_entries_count(&video);
  // Without an index there are only the few entries of the packets that FFmpeg has seen so far.
  if (count <= 1) return;
  for (int i = 0; i < count; ++i) {
    const AVIndexEntry* entry = avformat_index_get_entry(const_cast<AVStream*>(&video), i);
    entries_.push_back({entry->pos, entry->timestamp, entry->size});
  }
  const auto earlier = [](const Entry& a, const Entry& b) { return a.position < b.position; };
  if (!std::is_sorted(entries_.begin(), entries_.end(), earlier)) entries_.clear();
}

bool AviSlots::find(const AVPacket& packet) {
  constexpr int64_t kChunkHead = 8;
  constexpr std::ptrdiff_t kMostLost = 1000;  // In one gap of unknown size.
  const auto rest = entries_.begin() + static_cast<std::ptrdiff_t>(next_);
  const int64_t position = packet.pos - kChunkHead;
  auto found = std::lower_bound(rest, entries_.end(), position, [](const Entry& entry, int64_t searched) {
    return entry.position < searched;
  });
  if (found == entries_.end() || found->position != position || found->size != packet.size) {
    // If bytes are missing, the positions after them are wrong, but the sizes are not.
    const auto end = rest + std::min(kMostLost, entries_.end() - rest);
    found = std::find_if(rest, end, [&](const Entry& entry) { return entry.size == packet.size; });
    if (found == end) return false;
  }
  next_ = static_cast<size_t>(found - entries_.begin()) + 1;
  return true;
}

void AviSlots::correct(AVPacket& packet) {
  if (entries_.empty() || packet.dts == AV_NOPTS_VALUE) return;
  if (find(packet)) shift_ = std::max<int64_t>(shift_, entries_[next_ - 1].slot - packet.dts);
  packet.dts += shift_;
  if (packet.pts != AV_NOPTS_VALUE) packet.pts += shift_;
}

}  // namespace focus::images::ffmpeg
