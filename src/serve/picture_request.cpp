#include "serve/picture_request.h"

#include <charconv>

#include "data/decode.h"
#include "data/picture_header.h"
#include "models/options.h"
#include "serve/http_error.h"

namespace focus::serve {
namespace {

constexpr double kDefaultThreshold = 0.3;
constexpr int64_t kMostDetections = 100000;

template <typename Number>
Number parse(const std::string& text, const char* name, Number least, Number most) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !(value >= least && value <= most)) {
    fail_http(400, "parameter '{}' is '{}'; it takes a number from {} to {}", name, text, least, most);
  }
  return value;
}

}  // namespace

Job job_with(const std::string& threshold, const std::string& most, const std::string& keep,
             const std::string& tiles) {
  Job job;
  job.options.threshold = threshold.empty() ? kDefaultThreshold : parse(threshold, "threshold", 0.0, 1.0);
  if (!most.empty()) job.options.max_detections = parse<int64_t>(most, "max", 1, kMostDetections);
  if (!keep.empty()) job.keep_ratio = parse(keep, "keep", models::FocusOptions::kLeastKeepRatio, 1.0);
  if (!tiles.empty()) job.tiles = parse<int64_t>(tiles, "tiles", 1, kMostTiles);
  return job;
}

data::Image decode_picture(const std::string& bytes, const std::string& name, const RequestLimits& limits,
                           std::string* part_read) {
  const std::span<const uint8_t> data(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  try {
    const auto header = data::read_picture_header(data, name);
    if (header.size.height > 0 && header.size.width > limits.max_pixels / header.size.height) {
      fail_http(413, "{}: {} x {} pixels; at most {} are accepted", name, header.size.width,
                header.size.height, limits.max_pixels);
    }
    return data::decode_image(data, name, data::Orientation::kUpright, part_read);
  } catch (const HttpError&) {
    throw;
  } catch (const Error& error) {
    throw HttpError(400, error.what());
  }
}

std::vector<NamedJob> read_pictures(const httplib::Request& request, const RequestLimits& limits,
                                    const Admit& admit) {
  const Job how = job_with(request.get_param_value("threshold"), request.get_param_value("max"),
                           request.get_param_value("keep"), request.get_param_value("tiles"));
  std::vector<std::pair<std::string, const std::string*>> files;
  if (request.is_multipart_form_data()) {
    for (const auto& [field, file] : request.files) {
      files.emplace_back(file.filename.empty() ? field : file.filename, &file.content);
    }
    if (files.empty()) fail_http(400, "the multipart body has no files");
  } else {
    if (request.body.empty())
      fail_http(400, "the body is empty; send a picture, or several as multipart/form-data");
    files.emplace_back("body", &request.body);
  }
  if (static_cast<int64_t>(files.size()) > limits.max_pictures) {
    fail_http(413, "{} pictures in one request; at most {} are accepted", files.size(), limits.max_pictures);
  }
  admit(static_cast<int64_t>(files.size()));
  std::vector<NamedJob> jobs;
  jobs.reserve(files.size());
  for (const auto& [name, bytes] : files) {
    jobs.push_back({name, how, {}});
    jobs.back().job.picture = decode_picture(*bytes, name, limits, &jobs.back().part_read);
  }
  return jobs;
}

}  // namespace focus::serve
