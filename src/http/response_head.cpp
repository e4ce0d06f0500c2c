#include "http/response_head.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <ctime>

#include "http/text.h"

namespace focus::http {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};
constexpr std::array<Phrase, 40> kPhrases{{{100, "Continue"},
                                           {200, "OK"},
                                           {201, "Created"},
                                           {202, "Accepted"},
                                           {203, "Non-Authoritative Information"},
                                           {204, "No Content"},
                                           {206, "Partial Content"},
                                           {301, "Moved Permanently"},
                                           {302, "Found"},
                                           {303, "See Other"},
                                           {304, "Not Modified"},
                                           {307, "Temporary Redirect"},
                                           {308, "Permanent Redirect"},
                                           {400, "Bad Request"},
                                           {401, "Unauthorized"},
                                           {403, "Forbidden"},
                                           {404, "Not Found"},
                                           {405, "Method Not Allowed"},
                                           {406, "Not Acceptable"},
                                           {408, "Request Timeout"},
                                           {409, "Conflict"},
                                           {410, "Gone"},
                                           {411, "Length Required"},
                                           {412, "Precondition Failed"},
                                           {413, "Content Too Large"},
                                           {414, "URI Too Long"},
                                           {415, "Unsupported Media Type"},
                                           {416, "Range Not Satisfiable"},
                                           {417, "Expectation Failed"},
                                           {421, "Misdirected Request"},
                                           {422, "Unprocessable Content"},
                                           {425, "Too Early"},
                                           {429, "Too Many Requests"},
                                           {431, "Request Header Fields Too Large"},
                                           {500, "Internal Server Error"},
                                           {501, "Not Implemented"},
                                           {502, "Bad Gateway"},
                                           {503, "Service Unavailable"},
                                           {504, "Gateway Timeout"},
                                           {505, "HTTP Version Not Supported"}}};

void add_line(std::string& head, std::string_view name, std::string_view value) {
  const size_t begin = head.size();
  head.append(name).append(": ").append(value);
  for (size_t i = begin; i < head.size(); ++i) {
    if (head[i] == '\r' || head[i] == '\n' || head[i] == '\0') head[i] = ' ';
  }
  head += "\r\n";
}

bool is_engines(std::string_view name) {
  for (const auto own :
       {"content-length", "connection", "date", "transfer-encoding", "keep-alive", "accept-ranges"}) {
    if (same_word(name, own)) return true;
  }
  return false;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT", in English whatever the locale; formatted once per second.
const std::string& date_now() {
  thread_local std::time_t made = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now == made && !text.empty()) return text;
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&now, &parts);
  text = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[static_cast<size_t>(parts.tm_wday)],
                     parts.tm_mday, kMonths[static_cast<size_t>(parts.tm_mon)], 1900 + parts.tm_year,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
  made = now;
  return text;
}

}  // namespace

std::string_view phrase_of(int status) {
  for (const auto& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return {};
}

bool is_bodiless(int status) { return status < 200 || status == 204 || status == 304; }

std::string response_head(const Response& response, const Delivery& delivery) {
  std::string head = fmt::format("{}{} {}\r\n", kVersion, response.status, phrase_of(response.status));
  head.reserve(512);
  add_line(head, "Date", date_now());
  if (!is_bodiless(response.status)) {
    if (!response.type.empty()) add_line(head, "Content-Type", response.type);
    add_line(head, "Content-Length", std::to_string(response.size()));
  }
  add_line(head, "Accept-Ranges", "none");
  if (delivery.close) {
    add_line(head, "Connection", "close");
  } else if (delivery.keeps_http10) {
    add_line(head, "Connection", "keep-alive");
  }
  if (delivery.always) {
    for (const auto& [name, value] : *delivery.always) add_line(head, name, value);
  }
  for (const auto* fields : {&response.headers, delivery.more}) {
    if (!fields) continue;
    for (const auto& [name, value] : fields->list()) {
      if (is_token(name) && !is_engines(name)) add_line(head, name, value);
    }
  }
  return head + "\r\n";
}

}  // namespace focus::http
