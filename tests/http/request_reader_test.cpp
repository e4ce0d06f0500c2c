#include "http/request_reader.h"

#include <gtest/gtest.h>

#include "http/error.h"

namespace focus::http {
namespace {

struct Outcome {
  int status = 0;  ///< of the error; 200: a whole request; 0: more has to come
  RequestHead head;
  std::string body;
  size_t taken = 0;
};

/// Reads as a connection does, `step` bytes at a time.
Outcome read_request(const std::string& bytes, size_t step = std::string::npos, size_t max_head = 65536) {
  Outcome outcome;
  RequestReader reader(max_head);
  std::string pending;
  size_t sent = 0;
  try {
    while (!reader.is_done() && sent < bytes.size()) {
      const auto more = bytes.substr(sent, step);
      sent += more.size();
      pending += more;
      if (!reader.has_head()) {
        const size_t size = reader.read_head(pending);
        pending.erase(0, size);
        if (size == 0) continue;
      }
      pending.erase(0, reader.read_body(pending, [&](std::string_view part) { outcome.body += part; }));
    }
    outcome.status = reader.is_done() ? 200 : 0;
    outcome.taken = sent - pending.size();
  } catch (const HttpError& error) {
    outcome.status = error.status();
  }
  outcome.head = std::move(reader.head());
  return outcome;
}

const std::string kHost = "Host: h\r\n";

int status_of(const std::string& bytes) {
  const int whole = read_request(bytes).status;
  // However it is cut, it is the same.
  for (const size_t step : {size_t{1}, size_t{2}, size_t{7}})
    EXPECT_EQ(read_request(bytes, step).status, whole) << bytes;
  return whole;
}

TEST(RequestReader, ReadsHeads) {
  const std::string bytes =
      "GET /a%20b/c?x=1&y=%26+ HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nx-a:\t 1 2 \t\r\n\r\n";
  for (const size_t step : {bytes.size(), size_t{1}}) {
    const auto outcome = read_request(bytes + (step > 1 ? "NEXT" : ""), step);
    EXPECT_EQ(outcome.status, 200);
    EXPECT_EQ(outcome.taken, bytes.size());
    const auto& head = outcome.head;
    EXPECT_EQ(head.head.method, "GET");
    EXPECT_EQ(head.head.path, "/a b/c");
    EXPECT_EQ(head.target, "/a%20b/c");
    const Parameters query{{"x", "1"}, {"y", "& "}};
    EXPECT_EQ(head.head.query, query);
    EXPECT_EQ(head.head.headers.get("X-EMPTY"), "");
    EXPECT_EQ(head.head.headers.get("X-A"), "1 2");
    EXPECT_TRUE(head.keeps_alive);
    EXPECT_FALSE(head.has_body());
  }
}

TEST(RequestReader, ReadsBodies) {
  for (const size_t step : {size_t{1}, size_t{3}, size_t{1000}}) {
    const auto sized = read_request(
        std::string("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\na\0\r\nb", 52), step);
    EXPECT_EQ(sized.status, 200);
    EXPECT_EQ(sized.body, std::string("a\0\r\nb", 5));
    const auto chunked = read_request(
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "3\r\nabc\r\n0A;x=y;z=\"q;\"\r\n0123456789\r\n000\r\nTrailer: t\r\nHost: other\r\n\r\n",
        step);
    EXPECT_EQ(chunked.status, 200);
    EXPECT_EQ(chunked.body, "abc0123456789");
    EXPECT_TRUE(chunked.head.is_chunked);
    EXPECT_EQ(chunked.head.head.headers.get("Host"), "h");
    EXPECT_FALSE(chunked.head.head.headers.find("Trailer"));
  }
}

TEST(RequestReader, RefusesChunksThatAreNone) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto* chunks : {"x\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na\r\n",
                             "1\na\n0\n\n\r\n\r\n", "1\r\nab\r\n0\r\n\r\n", "1 1\r\na\r\n0\r\n\r\n", "\r\n",
                             ";x\r\n", "1;\x01\r\na", "1;a=\"\r\na\r\n", "0\r\nno field\r\n\r\n",
                             "0\r\nContent-Length: 3\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    EXPECT_EQ(status_of(head + chunks), 400) << chunks;
  }
  for (const auto* huge : {"FFFFFFFFFFFFFFFFF\r\na", "10000000000000000\r\n"})
    EXPECT_EQ(status_of(head + huge), 413) << huge;
  EXPECT_EQ(read_request(head + "1;" + std::string(70000, 'x')).status, 431);
  EXPECT_EQ(read_request(head + "0\r\nA: " + std::string(70000, 'x')).status, 431);
  for (const auto* cut : {"", "1", "1\r\n", "1\r\na", "1\r\na\r\n", "0\r\n", "0\r\nA: b\r\n"})
    EXPECT_EQ(status_of(head + cut), 0) << cut;
}

TEST(RequestReader, TellsWhoWantsToKeepTheConnection) {
  const auto keeps = [](const std::string& version, const std::string& fields) {
    const auto outcome = read_request("GET / HTTP/" + version + "\r\nHost: h\r\n" + fields + "\r\n");
    EXPECT_EQ(outcome.status, 200) << fields;
    return outcome.head.keeps_alive;
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_TRUE(keeps("1.1", "Connection: keep-alive, TE\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: TE, Close\r\n"));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(RequestReader, TakesAllFormsOfTargets) {
  const auto path_of = [](const std::string& line) {
    const auto outcome = read_request(line + " HTTP/1.1\r\n" + kHost + "\r\n");
    return outcome.status == 200 ? outcome.head.head.path : std::to_string(outcome.status);
  };
  EXPECT_EQ(path_of("GET /a"), "/a");
  EXPECT_EQ(path_of("GET http://h:80/a?b=c"), "/a");
  EXPECT_EQ(path_of("GET HTTPS://h"), "/");
  EXPECT_EQ(path_of("GET http://h?a=b"), "/");
  EXPECT_EQ(path_of("GET //a"), "//a");
  EXPECT_EQ(path_of("GET /\xc3\xa4"), "/\xc3\xa4");
  EXPECT_EQ(path_of("OPTIONS *"), "*");
  EXPECT_EQ(path_of("CONNECT h:80"), "h:80");
  for (const auto* bad : {"GET *", "GET a", "GET ftp://h/a", "GET http:///a", "GET /a#b", "GET /%",
                          "GET /%zz", "GET /a?%", "GET "}) {
    EXPECT_EQ(path_of(bad), "400") << bad;
  }
}

TEST(RequestReader, RefusesWhatTwoReadersCouldTakeDifferently) {
  const auto post = [](const std::string& fields) { return "POST / HTTP/1.1\r\n" + kHost + fields + "\r\n"; };
  // Two lengths, or none that is one.
  EXPECT_EQ(status_of(post("Content-Length: 1\r\nContent-Length: 2\r\n") + "ab"), 400);
  EXPECT_EQ(status_of(post("Content-Length: 1\r\ncontent-length: 1\r\n") + "a"), 400);
  for (const auto* length : {"1, 2", "1,1", "+1", "-1", "0x1", "1 1", "", "1.0", "a"}) {
    EXPECT_EQ(status_of(post(std::string("Content-Length: ") + length + "\r\n") + "ab"), 400) << length;
  }
  EXPECT_EQ(status_of(post("Content-Length: 99999999999999999999999\r\n")), 413);
  EXPECT_EQ(status_of(post("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n"), 400);
  EXPECT_EQ(status_of(post("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n") + "0\r\n\r\n"), 400);
  for (const auto* coding : {"gzip", "gzip, chunked", "chunked, gzip", "identity", "xchunked", "\"chunked\"",
                             "chunked, chunked"}) {
    EXPECT_EQ(status_of(post(std::string("Transfer-Encoding: ") + coding + "\r\n") + "0\r\n\r\n"), 501)
        << coding;
  }
  EXPECT_EQ(status_of(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n"),
            400);
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  // Lines.
  EXPECT_EQ(status_of("GET / HTTP/1.1\nHost: h\n\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\n\r\n"), 400);
  EXPECT_EQ(status_of(post("A: b\rC: d\r\n")), 400);
  EXPECT_EQ(status_of(post("A: b\r\n c\r\n")), 400);
  EXPECT_EQ(status_of(post("A: b\r\n\tc\r\n")), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of(post("Content-Length : 1\r\n") + "a"), 400);
  EXPECT_EQ(status_of(post("no colon\r\n")), 400);
  EXPECT_EQ(status_of(post(": nameless\r\n")), 400);
  EXPECT_EQ(status_of(post("A\x01: b\r\n")), 400);
  EXPECT_EQ(status_of(post(std::string("A: b\0c\r\n", 8))), 400);
  EXPECT_EQ(status_of(post("A: b\x7f\r\n")), 400);
  // Hosts.
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 200);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 200);
}

TEST(RequestReader, RefusesOtherProtocols) {
  for (const auto* line : {"GET / HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/1.2", "PRI * HTTP/2.0"}) {
    EXPECT_EQ(status_of(std::string(line) + "\r\nHost: h\r\n\r\n"), 505) << line;
  }
  for (const auto* line : {"GET /", "GET / http/1.1", "GET / HTTP/11", "GET / HTTP/1.1 ", "GET  / HTTP/1.1",
                           "GET / x HTTP/1.1", "GET / HTTP/1.1x", "/ HTTP/1.1", " GET / HTTP/1.1",
                           "G@T / HTTP/1.1", "GET", "GET /\t HTTP/1.1", "{}"}) {
    EXPECT_EQ(status_of(std::string(line) + "\r\nHost: h\r\n\r\n"), 400) << line;
  }
  EXPECT_EQ(status_of(std::string(32, 'G') + " / HTTP/1.1\r\nHost: h\r\n\r\n"), 200);
  EXPECT_EQ(status_of(std::string(33, 'G') + " / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  // A handshake of TLS does not have to end in a line.
  EXPECT_EQ(read_request("\x16\x03\x01\x02").status, 400);
}

TEST(RequestReader, BoundsHeads) {
  const std::string line = "GET /" + std::string(100, 'a') + " HTTP/1.1\r\n";
  const std::string fields = kHost + "A: " + std::string(100, 'b') + "\r\n";
  const size_t size = line.size() + fields.size() + 2;
  for (const size_t step : {size_t{1}, size_t{1000}}) {
    EXPECT_EQ(read_request(line + fields + "\r\n", step, size).status, 200);
    EXPECT_EQ(read_request(line + fields + "\r\n", step, size - 1).status, 431);
    EXPECT_EQ(read_request(line + fields + "\r\n", step, line.size() - 1).status, 414);
    EXPECT_EQ(read_request("GET /" + std::string(1000, 'a'), step, 500).status, 414);
    EXPECT_EQ(read_request(line + "A: " + std::string(1000, 'a'), step, 500).status, 431);
    EXPECT_EQ(read_request(std::string(1000, 'G'), step, 500).status, 400);
  }
  std::string many = "GET / HTTP/1.1\r\n" + kHost;
  for (int i = 0; i < 199; ++i) many += "A:\r\n";
  EXPECT_EQ(read_request(many + "\r\n").status, 200);
  EXPECT_EQ(read_request(many + "A:\r\n\r\n").status, 431);
}

TEST(RequestReader, ReadsExpectations) {
  EXPECT_TRUE(
      read_request("GET / HTTP/1.1\r\n" + kHost + "Expect: 100-Continue\r\n\r\n").head.expects_continue);
  EXPECT_FALSE(read_request("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").head.expects_continue);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n" + kHost + "Expect: miracles\r\n\r\n"), 417);
}

TEST(RequestReader, SkipsEmptyLinesInFront) {
  const std::string request = "GET / HTTP/1.1\r\n" + kHost + "\r\n";
  const auto outcome = read_request("\r\n\r\n" + request);
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.taken, request.size() + 4);
  EXPECT_EQ(status_of("\r\n" + request), 200);
  EXPECT_EQ(status_of("\n" + request), 400);
  EXPECT_EQ(status_of("\r" + request), 400);
}

}  // namespace
}  // namespace focus::http
