// A film as a server of RTSP sends it.
#pragma once

#include <string>
#include <vector>

#include "images/ffmpeg/stream_server.h"
#include "images/ffmpeg/test_film.h"

namespace focus::test {

struct RtpFilm {
  std::string description;           ///< SDP
  std::vector<std::string> packets;  ///< RTP and RTCP, as they travel between others over TCP
};

/// The packets of a film that was written as a file.
inline RtpFilm rtp_film(const std::filesystem::path& path) {
  using namespace images::ffmpeg;
  AVFormatContext* opened = nullptr;
  require(avformat_open_input(&opened, path.c_str(), nullptr, nullptr) >= 0, "input");
  const Input input(opened);
  require(avformat_find_stream_info(opened, nullptr) >= 0, "streams");
  AVFormatContext* made = nullptr;
  avformat_alloc_output_context2(&made, nullptr, "rtp", "rtp://127.0.0.1:0");
  require(made != nullptr, "RTP");
  const std::unique_ptr<AVFormatContext, decltype(&avformat_free_context)> output(made,
                                                                                  avformat_free_context);
  RtpFilm film;
  constexpr int kPacket = 1400;
  const auto take = [](void* into, auto* bytes, int count) {
    const auto* begin = reinterpret_cast<const char*>(bytes);
    const bool control = static_cast<uint8_t>(begin[1]) >= 200 && static_cast<uint8_t>(begin[1]) <= 204;
    std::string packet{'$', control ? '\1' : '\0', static_cast<char>(count >> 8),
                       static_cast<char>(count & 255)};
    static_cast<RtpFilm*>(into)->packets.push_back(packet.append(begin, static_cast<size_t>(count)));
    return count;
  };
#if LIBAVFORMAT_VERSION_MAJOR >= 61
  int (*const write)(void*, const uint8_t*, int) = take;
#else
  int (*const write)(void*, uint8_t*, int) = take;
#endif
  made->pb = avio_alloc_context(static_cast<unsigned char*>(av_malloc(kPacket)), kPacket, 1, &film, nullptr,
                                write, nullptr);
  made->pb->max_packet_size = kPacket;
  made->packet_size = kPacket;
  AVStream* video = avformat_new_stream(made, nullptr);
  require(avcodec_parameters_copy(video->codecpar, opened->streams[0]->codecpar) >= 0, "parameters");
  video->codecpar->codec_tag = 0;
  require(avformat_write_header(made, nullptr) >= 0, "header");
  char description[4096];
  require(av_sdp_create(&made, 1, description, sizeof description) >= 0, "SDP");
  film.description = description;
  const Packet packet(av_packet_alloc());
  while (av_read_frame(opened, packet.get()) >= 0) {
    av_packet_rescale_ts(packet.get(), opened->streams[0]->time_base, video->time_base);
    require(av_write_frame(made, packet.get()) >= 0, "packet");
    av_packet_unref(packet.get());
  }
  av_write_trailer(made);
  avio_flush(made->pb);
  av_freep(&made->pb->buffer);
  avio_context_free(&made->pb);
  return film;
}

/// Answers a client of RTSP until it plays, and sends the film then; whether it came that far.
inline bool serve_rtsp(Client& client, const RtpFilm& film, double pause_between) {
  while (true) {
    const std::string request = client.request();
    if (request.empty()) return false;
    const size_t at = request.find("CSeq:");
    const std::string number = request.substr(at, request.find("\r\n", at) - at);
    std::string answer = "RTSP/1.0 200 OK\r\n" + number + "\r\n";
    const bool plays = request.rfind("PLAY", 0) == 0;
    if (request.rfind("OPTIONS", 0) == 0) answer += "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n";
    if (request.rfind("SETUP", 0) == 0) answer += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
    if (request.rfind("SETUP", 0) == 0 || plays) answer += "Session: 1\r\n";
    if (request.rfind("DESCRIBE", 0) == 0) {
      answer +=
          "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(film.description.size()) +
          "\r\n\r\n" + film.description;
    } else {
      answer += "\r\n";
    }
    if (!client.send(answer)) return false;
    if (!plays) continue;
    for (const auto& packet : film.packets) {
      if (!client.send(packet)) return true;
      if (pause_between > 0) client.pause(pause_between);
    }
    return true;
  }
}

}  // namespace focus::test
