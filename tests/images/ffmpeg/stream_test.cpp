#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "base/error.h"
#include "base/files.h"
#include "images/ffmpeg/rtp_film.h"
#include "images/ffmpeg/stream_server.h"
#include "images/ffmpeg/test_film.h"
#include "images/opencv/mat.h"
#include "images/video.h"
#include "support/temporary_folder.h"
#include "support/wait_until.h"

namespace focus::images {
namespace {

namespace fs = std::filesystem;
using test::Client;
using test::FilmKind;
using test::grey_frames;
using test::StreamServer;
using test::write_film;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Streamed {
  std::vector<double> seconds, greys;
  std::vector<std::string> notes;
  std::optional<std::string> shortfall;

  bool is_said(const std::string& words) const {
    return std::any_of(notes.begin(), notes.end(),
                       [&](const std::string& note) { return note.find(words) != std::string::npos; });
  }
};

Streamed see(const std::string& address, StreamSettings settings = {5, 0, {}}, double pause = 0) {
  Streamed seen;
  const auto video = open_stream(address, settings);
  video->listen([&](const std::string& note) { seen.notes.push_back(note); });
  while (auto frame = video->next()) {
    seen.seconds.push_back(frame->seconds);
    seen.greys.push_back(cv::mean(view_of(frame->image))[1]);
    // Time itself: who looks is slow.
    std::this_thread::sleep_for(std::chrono::duration<double>(pause));
  }
  seen.shortfall = video->shortfall();
  return seen;
}

std::string stream_error(const std::string& address, double timeout = 5) {
  try {
    open_stream(address, {timeout, 0, {}});
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

std::string jpeg(int grey) {
  std::vector<uint8_t> bytes;
  cv::imencode(".jpg", cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(grey)), bytes);
  return {bytes.begin(), bytes.end()};
}

class StreamOf : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  std::string bytes(const std::string& name) const { return read_file(path(name), 1 << 24); }
  void write(const std::string& name, int frames, const std::string& options = "") const {
    FilmKind kind;
    kind.container_options = options;
    write_film(path(name), grey_frames(frames), kind);
  }

  test::TemporaryFolder folder_;
};

TEST_F(StreamOf, AFileBehindHttpIsReadToItsEnd) {
  write("a.mp4", 20, "movflags=faststart");
  const StreamServer server([&](Client& client, int) {
    const auto path = test::path_in(client.request());
    client.send(path == "/a.mp4" ? test::http_answer(bytes("a.mp4"), "video/mp4")
                                 : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  });
  const auto seen = see(server.address("http", "/a.mp4"));
  ASSERT_EQ(seen.seconds.size(), 20U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_NEAR(seen.seconds[i], 0.1 * i, 1e-3);
    EXPECT_NEAR(seen.greys[i], 40 + 4 * i, 4);
  }
  EXPECT_FALSE(seen.shortfall) << *seen.shortfall;
  const auto missing = server.address("http", "/none.mp4");
  EXPECT_EQ(stream_error(missing).rfind(missing + ": cannot be opened: ", 0), 0U) << stream_error(missing);
}

TEST_F(StreamOf, AFileWhoseRestDoesNotComeIsSaidToBeShort) {
  write("a.mp4", 40, "movflags=faststart");
  const auto whole = test::http_answer(bytes("a.mp4"), "video/mp4");
  const StreamServer server([&](Client& client, int number) {
    client.request();
    if (number == 0) client.send(whole.substr(0, whole.size() * 7 / 10));
  });
  const auto seen = see(server.address("http", "/a.mp4"), {1, 0, {}});
  EXPECT_GT(seen.seconds.size(), 5U);
  EXPECT_LT(seen.seconds.size(), 40U);
  ASSERT_TRUE(seen.shortfall);
  EXPECT_NE(seen.shortfall->find(" of about 40 frames: "), std::string::npos) << *seen.shortfall;
}

TEST_F(StreamOf, AnIndexThatCannotBeReachedIsSaid) {
  write("behind.mp4", 40);
  write("front.mp4", 40, "movflags=faststart");
  const auto whole = bytes("behind.mp4");
  const StreamServer server([&](Client& client, int) {
    const auto path = test::path_in(client.request());
    // Not one of them sends parts of a file.
    client.send(test::http_answer(path == "/front.mp4"    ? bytes("front.mp4")
                                  : path == "/behind.mp4" ? whole
                                                          : whole.substr(0, whole.size() / 3),
                                  "video/mp4"));
  });
  const auto behind = server.address("http", "/behind.mp4");
  EXPECT_EQ(stream_error(behind).rfind(
                behind + ": its index comes after its frames, and the server does not send parts", 0),
            0U)
      << stream_error(behind);
  EXPECT_NE(stream_error(behind).find("download it first"), std::string::npos);
  const auto cut = server.address("http", "/cut.mp4");
  EXPECT_EQ(stream_error(cut).rfind(cut + ": its index (moov), which is at its end, did not come", 0), 0U)
      << stream_error(cut);
  EXPECT_EQ(see(server.address("http", "/front.mp4")).seconds.size(), 40U);
}

TEST_F(StreamOf, ACameraThatIsLostIsFoundAgain) {
  const StreamServer server([&](Client& client, int number) {
    client.request();
    if (number > 1) return;  // Later ones find nothing any more.
    client.send(test::kJpegStream);
    for (int i = 0; i < 8; ++i) {
      if (!client.send(test::jpeg_part(jpeg(number == 0 ? 60 : 180)))) return;
      client.pause(0.02);
    }
  });
  const auto seen = see(server.address("http", "/video"), {2, 2, {}});
  ASSERT_GE(seen.greys.size(), 14U);
  EXPECT_NEAR(seen.greys.front(), 60, 4);
  EXPECT_NEAR(seen.greys.back(), 180, 4);
  for (size_t i = 1; i < seen.seconds.size(); ++i) EXPECT_GT(seen.seconds[i], seen.seconds[i - 1]);
  EXPECT_GT(seen.seconds.back(), 1) << "the second without it has passed, too";
  EXPECT_LT(seen.seconds.back(), 20);
  EXPECT_TRUE(seen.is_said("the connection ended; trying again in 1 s"));
  ASSERT_TRUE(seen.shortfall);
  EXPECT_EQ(seen.shortfall->rfind("lost after ", 0), 0U) << *seen.shortfall;
  EXPECT_NE(seen.shortfall->find("; 2 attempts to open it again failed"), std::string::npos)
      << *seen.shortfall;
}

TEST_F(StreamOf, SilenceIsAnErrorInTime) {
  const StreamServer server([&](Client& client, int) {
    const auto path = test::path_in(client.request());
    if (path == "/header") client.send(test::kJpegStream);
    if (path == "/frames") {
      client.send(test::kJpegStream);
      for (int i = 0; i < 6; ++i) client.send(test::jpeg_part(jpeg(100)));
    }
    client.pause(60);
  });
  const auto start = Clock::now();
  for (const std::string path : {"/", "/header"}) {
    const auto address = server.address("http", path);
    EXPECT_EQ(stream_error(address, 0.5), address + ": nothing readable came within 0.5 s");
  }
  const auto silent = server.address("rtsp", "/");
  EXPECT_EQ(stream_error(silent, 0.5), silent + ": nothing readable came within 0.5 s");
  const auto seen = see(server.address("http", "/frames"), {0.5, 0, {}});
  EXPECT_GE(seen.greys.size(), 4U);
  ASSERT_TRUE(seen.shortfall);
  EXPECT_NE(seen.shortfall->find("nothing came for 0.5 s"), std::string::npos) << *seen.shortfall;
  EXPECT_LT(seconds_since(start), 40);
  const auto closed = stream_error("http://127.0.0.1:1/a.mp4");
  EXPECT_NE(closed.find("cannot be opened: Connection refused"), std::string::npos) << closed;
}

TEST_F(StreamOf, ItEndsWhenAsked) {
  const StreamServer server([&](Client& client, int number) {
    client.request();
    if (number > 0) return client.pause(60);
    client.send(test::kJpegStream);
    while (client.send(test::jpeg_part(jpeg(100)))) client.pause(0.02);
  });
  std::atomic<bool> stop{false};
  const auto start = Clock::now();
  {
    const auto video = open_stream(server.address("http", "/"), {30, 5, [&] { return stop.load(); }});
    ASSERT_TRUE(video->next());
    stop = true;
    EXPECT_FALSE(video->next());
    EXPECT_FALSE(video->shortfall());
  }
  // While it waits for a server that does not answer, too.
  stop = false;
  std::thread later([&, before = server.connections()] {
    EXPECT_TRUE(test::wait_until([&] { return server.connections() > before; }));
    stop = true;
  });
  EXPECT_THROW(open_stream(server.address("http", "/"), {30, 5, [&] { return stop.load(); }}), Error);
  later.join();
  EXPECT_LT(seconds_since(start), 20);
}

TEST_F(StreamOf, WhoIsSlowSeesWhatIsNew) {
  const StreamServer server([&](Client& client, int) {
    client.request();
    client.send(test::kJpegStream);
    for (int i = 0; i < 90 && client.send(test::jpeg_part(jpeg(i))); ++i) client.pause(0.03);
  });
  const auto seen = see(server.address("http", "/"), {5, 0, {}}, 0.4);
  EXPECT_LT(seen.greys.size(), 30U);
  EXPECT_NEAR(seen.greys.back(), 89, 3) << "the last one is not left out";
  EXPECT_TRUE(seen.is_said("frames were skipped to keep up"));
}

TEST_F(StreamOf, RtspIsRead) {
  write("a.mp4", 30);
  const auto film = test::rtp_film(path("a.mp4"));
  const StreamServer server([&](Client& client, int number) {
    if (number == 0) test::serve_rtsp(client, film, 0.01);
  });
  const auto seen = see(server.address("rtsp", "/film"), {3, 1, {}});
  ASSERT_GE(seen.greys.size(), 28U);
  for (size_t i = 1; i < seen.seconds.size(); ++i)
    EXPECT_NEAR(seen.seconds[i] - seen.seconds[i - 1], 0.1, 0.01);
  EXPECT_NEAR(seen.greys.back(), 40 + 4 * 29, 5);
  ASSERT_TRUE(seen.shortfall) << "it has no end of its own";
  EXPECT_EQ(seen.shortfall->rfind("lost after ", 0), 0U) << *seen.shortfall;
}

TEST_F(StreamOf, APlaylistBehindHttpLeadsToItsPieces) {
  write_film(path("a.ts"), grey_frames(25, 25), {.encoder = "mpeg2video", .rate = 25});
  const std::string head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n";
  const StreamServer server([&](Client& client, int) {
    const auto path = test::path_in(client.request());
    const std::string type = "application/vnd.apple.mpegurl";
    if (path == "/list.m3u8") {
      client.send(test::http_answer(head + "#EXTINF:1.0,\na.ts\n#EXT-X-ENDLIST\n", type));
    } else if (path == "/disk.m3u8") {
      client.send(test::http_answer(
          head + "#EXTINF:1.0,\nfile://" + (folder_.path() / "a.ts").string() + "\n#EXT-X-ENDLIST\n", type));
    } else {
      client.send(test::http_answer(bytes("a.ts"), "video/mp2t"));
    }
  });
  const auto seen = see(server.address("http", "/list.m3u8"));
  EXPECT_GE(seen.greys.size(), 24U);
  EXPECT_FALSE(seen.shortfall) << *seen.shortfall;
  EXPECT_NE(stream_error(server.address("http", "/disk.m3u8")), "none")
      << "this machine's disk is none of its business";
}

TEST_F(StreamOf, AFileLeadsToNoAddress) {
  write("a.ts", 5);
  const StreamServer server([&](Client& client, int) {
    client.request();
    client.send(test::http_answer(bytes("a.ts"), "video/mp2t"));
  });
  const auto address = server.address("http", "/a.ts");
  const std::string lists[]{
      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + address + "\n#EXT-X-ENDLIST\n",
      "ffconcat version 1.0\nfile '" + address + "'\n",
      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI=\"" + address +
          "\"\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n",
      "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 26\n",
      "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
      "mediaPresentationDuration=\"PT1S\"><Period><AdaptationSet mimeType=\"video/mp2t\"><Representation "
      "id=\"1\" bandwidth=\"1\"><BaseURL>" +
          address + "</BaseURL></Representation></AdaptationSet></Period></MPD>"};
  for (const auto& list : lists) {
    std::ofstream(path("list.mp4")) << list;
    try {
      const auto video = open_video(path("list.mp4"));
      while (video->next()) {
      }
      EXPECT_TRUE(video->shortfall()) << list;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("list.mp4: "), std::string::npos) << error.what();
    }
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(StreamAddressKind, OthersAreNotOpened) {
  for (const std::string address :
       {"file:///etc/passwd", "concat://a", "ftp://127.0.0.1/a.mp4", "tcp://127.0.0.1:1", "data://x"}) {
    EXPECT_THROW(open_stream(address, {}), UsageError) << address;
  }
}

}  // namespace
}  // namespace focus::images
