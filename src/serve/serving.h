// State shared by the routes of a server.
#pragma once

#include <string>

#include "serve/batcher.h"
#include "serve/metrics.h"
#include "serve/model_repository.h"
#include "serve/take_jobs.h"

namespace focus::serve {

struct Serving {
  ModelRepository& models;
  Batcher& batcher;
  Metrics& metrics;
  RequestLimits limits;
  std::string version;  ///< of the program
};

}  // namespace focus::serve
