// `serve` asked by the programs people ask with, as far as this machine has them, with an image as large as
// photographs are. scripts/test-clients tries many more.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/run_command.h"
#include "cli/tiny_model.h"
#include "images/test_images.h"
#include "support/temporary_folder.h"
#include "support/wait_until.h"

namespace focus::test {
namespace {

using nlohmann::json;

std::string text_in(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The server, an image of 2 MB, and what `detect` finds in it.
class ServeClients : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(folder_.path() / "tiny.safetensors");
    const std::string photo = encoded(noise(800, 900));
    ASSERT_GT(photo.size(), 2000000U);
    std::ofstream(folder_.path() / "photo.png", std::ios::binary) << photo;
    const auto found =
        in_folder(std::string(kWarmCommand) + "detect photo.png --model tiny.safetensors --json found.json");
    ASSERT_EQ(found.code, 0) << found.output;
    expected_ = json::parse(text_in(folder_.path() / "found.json"))[0]["detections"];
    ASSERT_EQ(expected_.size(), static_cast<size_t>(kTinyQueries));
    const auto started = in_folder(std::string(kCommand) +
                                   "serve --model tiny.safetensors --port 0 --quiet >out 2>err & echo $!");
    server_ = std::stoi(started.output);
    const std::string said = "http://127.0.0.1:";
    ASSERT_TRUE(wait_until([&] {
      const auto out = text_in(folder_.path() / "out");
      const auto at = out.find(said), end = out.find('\n', at);
      if (at != std::string::npos && end != std::string::npos) url_ = out.substr(at, end - at);
      return !url_.empty();
    })) << text_in(folder_.path() / "err");
  }
  void TearDown() override {
    if (server_ <= 0) return;
    kill(server_, SIGTERM);
    EXPECT_TRUE(wait_until([this] { return kill(server_, 0) != 0; })) << "it goes on after SIGTERM";
  }

  static bool has(const std::string& program) {
    return run_shell("command -v " + program + " >/dev/null").code == 0;
  }

  Outcome in_folder(const std::string& line) const {
    return run_shell("cd '" + folder_.path().string() + "' && export url='" + url_ + "' && " + line);
  }

  /// The line of the shell prints an answer of /v1/detect: what `detect` found in each of so many images.
  void expect_found(const std::string& line, size_t images = 1) const {
    const auto outcome = in_folder(line);
    ASSERT_EQ(outcome.code, 0) << line << "\n" << outcome.output;
    const auto answer = json::parse(outcome.output, nullptr, false);
    ASSERT_TRUE(answer.is_object() && answer.contains("images")) << line << "\n" << outcome.output;
    ASSERT_EQ(answer["images"].size(), images) << line;
    for (const auto& image : answer["images"]) {
      EXPECT_EQ(image["width"], 900) << line;
      ASSERT_EQ(image["detections"].size(), expected_.size()) << line;
      for (size_t i = 0; i < expected_.size(); ++i) {
        const auto& got = image["detections"][i];
        EXPECT_EQ(got["category_id"], expected_[i]["category_id"]) << line;
        EXPECT_NEAR(got["score"].get<double>(), expected_[i]["score"].get<double>(), 1e-5) << line;
        for (int c = 0; c < 4; ++c) {
          EXPECT_NEAR(got["bbox"][c].get<double>(), expected_[i]["bbox"][c].get<double>(), 0.01) << line;
        }
      }
    }
  }

  TemporaryFolder folder_;
  int server_ = 0;
  std::string url_;
  json expected_;
};

TEST_F(ServeClients, Curl) {
  if (!has("curl")) GTEST_SKIP() << "skipped: no curl";
  const std::string curl = "curl -sS --fail ";
  for (const char* how :
       {"--data-binary @photo.png", "-H 'Content-Type: image/png' --data-binary @photo.png",
        "-H 'Content-Type:' --data-binary @photo.png", "-H 'Expect: 100-continue' --data-binary @photo.png",
        "-H 'Transfer-Encoding: chunked' --data-binary @photo.png", "-X POST -T - <photo.png",
        "--http1.0 --data-binary @photo.png", "-F image=@photo.png", "-F 'image=<photo.png'",
        "-F max=100 -F x=@photo.png"}) {
    expect_found(curl + how + " $url/v1/detect");
  }
  expect_found(curl + "-F b=@photo.png -F a=@photo.png $url/v1/detect", 2);
  // -d takes line ends out of a file: what is left is damaged, and that is said.
  const auto stripped = in_folder("curl -sS -w ' %{http_code}' -d @photo.png $url/v1/detect");
  EXPECT_NE(stripped.output.find("\"error\""), std::string::npos) << stripped.output;
  EXPECT_TRUE(stripped.output.ends_with(" 400")) << stripped.output;
  const auto put = in_folder("curl -sS -i -T photo.png $url/v1/detect");
  EXPECT_NE(put.output.find(" 405 "), std::string::npos) << put.output;
  EXPECT_NE(put.output.find("Allow: "), std::string::npos) << put.output;
}

TEST_F(ServeClients, Wget) {
  if (!has("wget")) GTEST_SKIP() << "skipped: no wget";
  expect_found("wget -q -O - --post-file=photo.png $url/v1/detect");
}

TEST_F(ServeClients, Python) {
  if (!has("python3")) GTEST_SKIP() << "skipped: no python3";
  std::ofstream(folder_.path() / "ask.py") << R"(
import http.client, os, sys, urllib.request
url, photo = os.environ["url"], open("photo.png", "rb").read()
def parts():
    for at in range(0, len(photo), 50000):
        yield photo[at:at + 50000]
if sys.argv[1] == "urllib":
    print(urllib.request.urlopen(url + "/v1/detect", data=photo).read().decode())
else:
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    for body in (photo, parts(), photo) if sys.argv[1] == "kept" else (parts(),):
        connection.request("POST", "/v1/detect", body=body)
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, (answer.status, text)
    print(text)
)";
  for (const char* how : {"urllib", "chunked", "kept"}) expect_found(std::string("python3 ask.py ") + how);
}

TEST_F(ServeClients, Node) {
  if (run_shell("node -e 'fetch' 2>/dev/null").code != 0) GTEST_SKIP() << "skipped: no node of 18 or later";
  std::ofstream(folder_.path() / "ask.mjs") << R"(
import { createReadStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
const photo = readFileSync('photo.png');
const form = new FormData();
form.append('image', new Blob([photo]), 'photo.png');
const ways = {
  buffer: { body: photo },
  blob: { body: new Blob([photo]) },
  stream: { body: Readable.toWeb(createReadStream('photo.png')), duplex: 'half' },
  form: { body: form },
};
const answer = await fetch(`${process.env.url}/v1/detect`, { method: 'POST', ...ways[process.argv[2]] });
console.log(await answer.text());
process.exit(answer.status === 200 ? 0 : 1);
)";
  for (const char* how : {"buffer", "blob", "stream", "form"})
    expect_found(std::string("node --no-warnings ask.mjs ") + how);
}

}  // namespace
}  // namespace focus::test
