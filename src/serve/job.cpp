#include "serve/job.h"

#include "detector/tiles.h"
#include "http/error.h"

namespace focus::serve {

int64_t views_of(nn::ImageSize size, const Look& look) {
  if (look.tiles <= 1) return 1;
  return 1 + static_cast<int64_t>(detector::tiles_of(size, look.tiles).size());
}

void Patience::require() const {
  if (is_over()) http::fail_http(503, "no answer in time");
}

}  // namespace focus::serve
