#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>

#include "base/files.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_model.h"
#include "images/ffmpeg/avi_chunks.h"
#include "images/ffmpeg/stream_server.h"
#include "images/ffmpeg/test_film.h"
#include "images/video.h"
#include "support/temporary_folder.h"
#include "support/wait_until.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

class DetectVideo : public testing::Test {
 protected:
  void SetUp() override { write_tiny_model(model_); }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome detect(const std::string& arguments) const {
    return run("detect --model " + model_.string() + " " + arguments);
  }
  std::vector<nlohmann::json> lines(const std::string& name = "found.jsonl") const {
    std::istringstream text(read_file(path(name), 1 << 24));
    std::vector<nlohmann::json> all;
    for (std::string line; std::getline(text, line);) all.push_back(nlohmann::json::parse(line));
    return all;
  }
  /// Frames of a video and how long it is, seconds.
  static std::pair<int, double> measured(const std::string& file) {
    const auto video = images::open_video(file);
    int frames = 0;
    while (video->next()) ++frames;
    return {frames, video->length()};
  }
  std::string to_both() const { return " --out " + path("drawn") + " --json " + path("found.jsonl"); }

  TemporaryFolder folder_;
  fs::path model_ = folder_.path() / "tiny.safetensors";
};

TEST_F(DetectVideo, GoesThroughSeveral) {
  write_film(path("one.avi"), grey_frames(5));
  write_film(path("two.mp4"), grey_frames(3));
  const auto outcome = detect(path("one.avi") + " " + path("two.mp4") + to_both());
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("one.avi: 5 frames, 5 with objects, "), std::string::npos) << outcome.output;
  const auto frames = lines();
  ASSERT_EQ(frames.size(), 8U);
  EXPECT_EQ(frames[4]["file"], path("one.avi"));
  EXPECT_EQ(frames[4]["frame"], 4);
  EXPECT_NEAR(frames[4]["seconds"].get<double>(), 0.4, 1e-9);
  EXPECT_EQ(frames[5]["file"], path("two.mp4"));
  EXPECT_EQ(frames[5]["frame"], 0);
  EXPECT_EQ(frames[5]["detections"].size(), static_cast<size_t>(kTinyQueries));
  EXPECT_EQ(names_in(path("drawn")), (std::set<std::string>{"one.mp4", "two.mp4"}));
  EXPECT_EQ(measured(path("drawn/one.mp4")).first, 5);
}

TEST_F(DetectVideo, APortraitFilmIsUprightInAllThatIsWritten) {
  constexpr int32_t kOne = 1 << 16;
  FilmKind kind;
  kind.matrix = {0, kOne, 0, -kOne, 0, 0, 0, 0, 1 << 30};
  write_film(path("a.mp4"), {{four_corners({96, 64}), 0}, {four_corners({96, 64}), 0.1}}, kind);
  ASSERT_EQ(detect(path("a.mp4") + to_both() + " --threshold 1").code, 0);
  EXPECT_EQ(lines()[0]["width"], 64);
  EXPECT_EQ(lines()[0]["height"], 96);
  const auto drawn = images::open_video(path("drawn/a.mp4"))->next();
  ASSERT_TRUE(drawn);
  const auto* top_left = drawn->image.row(20) + 3 * 16;
  EXPECT_GT(top_left[0], 200) << "blue, as players show it";
  EXPECT_LT(top_left[2], 60);
}

TEST_F(DetectVideo, FramesKeepTheirTimesAndTheDrawnCopyItsLength) {
  std::vector<FilmFrame> frames = grey_frames(20, 30);
  for (int i = 0; i < 20; ++i) frames.push_back({frames[0].pixels, 20 / 30.0 + 0.2 * i});
  FilmKind kind{.rate = 30, .b_frames = 2};
  kind.last_frame = 0.2;
  write_film(path("phone.mp4"), frames, kind);
  ASSERT_EQ(detect(path("phone.mp4") + to_both()).code, 0);
  const auto found = lines();
  ASSERT_EQ(found.size(), 40U);
  EXPECT_NEAR(found[19]["seconds"].get<double>(), 0.633, 2e-3);
  EXPECT_NEAR(found[39]["seconds"].get<double>(), 20 / 30.0 + 3.8, 2e-3);
  const auto [drawn, length] = measured(path("drawn/phone.mp4"));
  EXPECT_EQ(drawn, 40);
  EXPECT_NEAR(length, measured(path("phone.mp4")).second, 0.01);
}

TEST_F(DetectVideo, AStillWithSoundIsReadToItsEnd) {
  std::vector<FilmFrame> frames = grey_frames(10);
  for (int i = 0; i < 10; ++i) frames.push_back({frames[0].pixels, 16 + 0.1 * i});
  FilmKind kind;
  kind.sound = 16.9;
  write_film(path("still.mov"), frames, kind);
  const auto outcome = detect(path("still.mov") + to_both());
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(lines().size(), 20U);
}

TEST_F(DetectVideo, WhatIsMissingIsSaidAndTheRestKept) {
  FilmKind front;
  front.container_options = "movflags=faststart";
  write_film(path("cut.mp4"), noisy_frames(40), front);
  fs::resize_file(path("cut.mp4"), fs::file_size(path("cut.mp4")) * 6 / 10);
  const auto outcome = detect(path("cut.mp4") + to_both() + " --threshold 1");
  EXPECT_EQ(outcome.code, 1) << outcome.output;
  const auto found = lines();
  EXPECT_GT(found.size(), 14U);
  EXPECT_LT(found.size(), 27U);
  EXPECT_NE(outcome.output.find("error: " + path("cut.mp4") + ": " + std::to_string(found.size()) +
                                " of about 40 frames: the rest is missing\n"),
            std::string::npos)
      << outcome.output;
  EXPECT_EQ(measured(path("drawn/cut.mp4")).first, static_cast<int>(found.size()));
}

TEST_F(DetectVideo, ABadOneDoesNotCostTheOthers) {
  write_film(path("good.mp4"), grey_frames(3));
  std::ofstream(path("bad.mp4")) << "no video";
  const auto alone = detect(path("bad.mp4") + to_both());
  expect_refused(alone, 1, {"bad.mp4: not a readable video"});
  EXPECT_FALSE(fs::exists(path("found.jsonl"))) << "nothing was found out";
  const auto outcome = detect(path("bad.mp4") + " " + path("good.mp4") + to_both());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.output.find("error: " + path("bad.mp4") + ": not a readable video"), std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("error: 1 of 2 videos could not be read to their end"), std::string::npos)
      << outcome.output;
  EXPECT_EQ(lines().size(), 3U);
  EXPECT_EQ(names_in(path("drawn")), (std::set<std::string>{"good.mp4"}));
}

TEST_F(DetectVideo, FilesAreKnownByTheirBytesWhereTheirNamesSayNothing) {
  write_film(path("a.mp4"), grey_frames(3));
  for (const std::string name : {"film", "film.bin", "film.MP4"}) {
    fs::copy_file(path("a.mp4"), path(name));
    EXPECT_EQ(detect(path(name) + to_both()).code, 0) << name;
    EXPECT_EQ(lines().size(), 3U) << name;
  }
  std::ofstream(path("list.m3u8")) << "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n";
  expect_refused(detect(path("list.m3u8")), 1, {"list.m3u8: is a playlist", "a file never opens an address"});
}

TEST_F(DetectVideo, AnAviWithAHoleIsAnError) {
  write_film(path("a.avi"), noisy_frames(80, 20),
             {.encoder = "mjpeg", .format = AV_PIX_FMT_YUVJ420P, .range = AVCOL_RANGE_JPEG, .rate = 20});
  AviChunks film(read_file(path("a.avi"), 1 << 24));
  for (const size_t i : {30, 31}) film.chunks()[i].assign(film.chunks()[i].size(), '\0');
  std::ofstream(path("b.avi"), std::ios::binary) << film.whole();
  const auto outcome = detect(path("b.avi") + to_both() + " --threshold 1");
  EXPECT_EQ(outcome.code, 1) << outcome.output;
  EXPECT_NE(
      outcome.output.find("error: " + path("b.avi") + ": 78 of about 80 frames: the others are missing\n"),
      std::string::npos)
      << outcome.output;
  ASSERT_EQ(lines().size(), 78U);
  EXPECT_NEAR(lines()[77]["seconds"].get<double>(), 3.95, 1e-6);
}

std::string jpeg() {
  std::vector<uint8_t> bytes;
  cv::imencode(".jpg", cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(90)), bytes);
  return {bytes.begin(), bytes.end()};
}

TEST_F(DetectVideo, AStreamEndsWholeWhenToldToStop) {
  const StreamServer server([](Client& client, int) {
    client.request();
    client.send(kJpegStream);
    while (client.send(jpeg_part(jpeg()))) client.pause(0.05);
  });
  // The password is for the server alone.
  std::string address = server.address("http", "/live/1?key=2");
  address.insert(address.find("127."), "me:secret@");
  const auto outcome =
      run_shell(kCommand + ("detect --model " + model_.string()) + " '" + address + "'" + to_both() + " 2> " +
                path("log") + " & watched=$!; " +
                shell_wait_until("ls " + path("drawn") + "/*.partial.mp4 2>/dev/null && [ $(cat " +
                                 path("found.jsonl") + "* | wc -l) -ge 2 ]") +
                "; kill -INT $watched; wait $watched; echo code $?; cat " + path("log"));
  EXPECT_NE(outcome.output.find("code 0\n"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find(", stopped\n"), std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find("secret"), std::string::npos) << outcome.output;
  const auto found = lines();
  ASSERT_GE(found.size(), 2U);
  EXPECT_EQ(found[0]["file"].get<std::string>().find("http://me:***@127.0.0.1:"), 0U) << found[0]["file"];
  const auto drawn = names_in(path("drawn"));
  ASSERT_EQ(drawn.size(), 1U);
  EXPECT_NE(drawn.begin()->find("-live-1.mp4"), std::string::npos) << *drawn.begin();
  EXPECT_EQ(measured(path("drawn/" + *drawn.begin())).first, static_cast<int>(found.size()));
}

TEST_F(DetectVideo, AStreamThatIsLostIsAnErrorAndTheRestIsKept) {
  const StreamServer server([](Client& client, int number) {
    client.request();
    if (number > 0) return;
    client.send(kJpegStream);
    for (int i = 0; i < 6 && client.send(jpeg_part(jpeg())); ++i) client.pause(0.02);
  });
  const auto outcome = detect(server.address("http", "/") + to_both() + " --reconnects 1 --timeout 2");
  EXPECT_EQ(outcome.code, 1) << outcome.output;
  EXPECT_NE(outcome.output.find("trying again in 1 s\n"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("error: " + server.address("http", "/") + ": lost after "), std::string::npos)
      << outcome.output;
  EXPECT_GE(lines().size(), 4U);
  EXPECT_EQ(names_in(path("drawn")).size(), 1U);
}

TEST_F(DetectVideo, AddressesOfOtherKindsAreWrongUsage) {
  const auto outcome = detect("ftp://127.0.0.1/a.mp4");
  EXPECT_EQ(outcome.code, 2) << outcome.output;
  EXPECT_NE(outcome.output.find("rtsp, rtsps, http, https"), std::string::npos) << outcome.output;
  expect_refused(detect("http://127.0.0.1:1/a.mp4"), 1,
                 {"http://127.0.0.1:1/a.mp4: cannot be opened: Connection refused"});
}

}  // namespace
}  // namespace focus::test
