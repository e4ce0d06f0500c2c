#include "capi/load_options.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "base/error.h"
#include "base/version.h"
#include "capi/boundary.h"
#include "models/options.h"

namespace focus::capi {
namespace {

using Options = focus_detr_load_options;

/// The sizes of structs with fewer fields than ours: the end of each field, with or without padding.
constexpr std::array kEnds{
    offsetof(Options, threads),   offsetof(Options, threads) + sizeof(Options::threads),
    offsetof(Options, precision), offsetof(Options, keep_ratio),
    offsetof(Options, device),    sizeof(Options)};

/// No later version's struct is larger: a larger size means that it was not initialised.
constexpr size_t kMostBytes = 4096;

Options known_fields(const Options& given, Options known) {
  const size_t size = given.struct_size;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&given);
  if (size > sizeof(Options) && size <= kMostBytes) {
    const bool later =
        std::any_of(bytes + sizeof(Options), bytes + size, [](unsigned char byte) { return byte != 0; });
    if (later) {
      fail_usage(
          "options: struct_size is {}, from a later version's header, and fields after the {} bytes that "
          "version {} knows are set; set them to zero, or use a later library",
          size, sizeof(Options), project_version());
    }
  } else if (std::find(kEnds.begin(), kEnds.end(), size) == kEnds.end()) {
    fail_usage(
        "options: struct_size is {}, which no version of this struct has ({} in version {}); initialise it "
        "with focus_detr_load_options_init",
        size, sizeof(Options), project_version());
  }
  std::memcpy(&known, bytes, std::min(size, sizeof(Options)));
  return known;
}

}  // namespace

focus_detr_load_options complete(const focus_detr_load_options* options) {
  Options defaults;
  focus_detr_load_options_init(&defaults);
  if (options == nullptr) return defaults;
  const auto known = known_fields(*options, defaults);
  require_argument(known.threads >= 0 && known.threads <= 4096, "options: threads must be 0 to 4096");
  require_argument(known.precision != nullptr, "options: precision is NULL");
  require_argument(known.device != nullptr, "options: device is NULL");
  require_argument(known.keep_ratio == 0 ||
                       (known.keep_ratio >= models::FocusOptions::kLeastKeepRatio && known.keep_ratio <= 1),
                   "options: keep_ratio must be 0 (the model's own) or 0.001 to 1");
  return known;
}

}  // namespace focus::capi
