#include "serve/image_request.h"

#include <algorithm>
#include <array>
#include <map>
#include <type_traits>

#include "base/human.h"
#include "base/numbers.h"
#include "http/error.h"
#include "images/foreign_formats.h"
#include "images/image_bytes.h"
#include "images/image_header.h"
#include "models/options.h"

namespace focus::serve {
namespace {

using http::fail_http;

constexpr double kDefaultThreshold = 0.3;
constexpr std::array<std::string_view, 4> kNames{"threshold", "max", "keep", "tiles"};

bool is_parameter(std::string_view name) {
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// The field may have been typed by a person, or be the line of a file given to curl as `-F max='<file'`.
std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

/// Values by name, each given once. An empty value counts as not given, like an empty field of a form.
class LookValues {
 public:
  void add(const std::string& name, std::string_view value) {
    if (!is_parameter(name)) {
      fail_http(400, "there is no parameter {}; the parameters are {}", in_quotes(name),
                fmt::join(kNames, ", "));
    }
    const auto [at, added] = values_.emplace(name, value);
    if (!added && at->second != value) {
      fail_http(400, "parameter '{}' is given as {} and as {}; give it once", name, in_quotes(at->second),
                in_quotes(value));
    }
  }
  void add(const http::Parameters& parameters) {
    for (const auto& [name, value] : parameters) add(name, value);
  }

  template <typename Number, typename Set>
  void read(const char* name, Number least, Number most, const Set& set) const {
    const auto found = values_.find(name);
    if (found == values_.end() || found->second.empty()) return;
    const auto& text = found->second;
    const auto value = parse_number<Number>(text);
    if (!value || !(*value >= least && *value <= most)) {
      fail_http(400, "parameter '{}' is {}; it takes a {} from {} to {}", name, in_quotes(text),
                std::is_integral_v<Number> ? "whole number" : "number", least, most);
    }
    set(*value);
  }

 private:
  std::map<std::string, std::string> values_;
};

Look look_of(const LookValues& values, bool explain) {
  Look look;
  look.explain = explain;
  look.options.threshold = kDefaultThreshold;
  values.read("threshold", 0.0, 1.0, [&](double value) { look.options.threshold = value; });
  values.read<int64_t>("max", 1, kMostDetections,
                       [&](int64_t value) { look.options.max_detections = value; });
  values.read("keep", models::FocusOptions::kLeastKeepRatio, 1.0,
              [&](double value) { look.keep_ratio = value; });
  values.read<int64_t>("tiles", 1, kMostTiles, [&](int64_t value) { look.tiles = value; });
  if (explain && look.tiles > 1)
    fail_http(400, "parameter 'tiles' works only with /v1/detect; leave it out to explain");
  return look;
}

}  // namespace

bool is_image(std::string_view bytes) {
  // The first bytes identify every format. Only lists of brands may go on to the end of the file, and those
  // that do begin with a known one.
  constexpr size_t kBegin = 4096;
  const auto data = images::as_bytes(bytes.substr(0, kBegin));
  return images::image_format_of(data) || !images::describe_foreign_file(data).empty();
}

Look read_look(const http::Parameters& parameters, bool explain) {
  LookValues values;
  values.add(parameters);
  return look_of(values, explain);
}

ImageRequest read_image_request(std::string_view body, const http::Parameters& query, bool explain) {
  ImageRequest request{{}, read_look(query, explain)};
  if (body.empty()) fail_http(400, "the body is empty; send an image, or several as multipart/form-data");
  request.images.push_back({kBody, body, std::nullopt});
  return request;
}

ImageRequest read_image_request(const std::vector<http::Part>& parts, const http::Parameters& query,
                                bool explain) {
  LookValues values;
  values.add(query);
  ImageRequest request;
  for (const auto& part : parts) {
    if (part.file_name) {
      // Browsers send this if no file was chosen.
      if (part.file_name->empty() && part.content.empty()) continue;
      request.images.push_back({part.file_name->empty() ? part.name : *part.file_name, part.content, {}});
    } else if (is_parameter(part.name)) {
      values.add(part.name, without_blanks(part.content));
    } else if (is_image(part.content)) {  // If its format is not supported, its own error will say so.
      request.images.push_back({part.name, part.content, {}});
    } else {
      fail_http(400, "part {} of the form is neither an image nor one of the parameters {}",
                in_quotes(part.name), fmt::join(kNames, ", "));
    }
  }
  request.look = look_of(values, explain);
  if (request.images.empty()) fail_http(400, "the form has no image; send one or more images as parts");
  return request;
}

size_t most_parts(int64_t max_images) { return static_cast<size_t>(max_images) + kNames.size(); }

}  // namespace focus::serve
