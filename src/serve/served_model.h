// One model of a server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "detector/detector.h"
#include "serve/statistics.h"

namespace focus::serve {

/// Immutable: a reloaded model is a new object, and requests that hold this one finish with it.
struct ServedModel {
  std::string name;
  std::string version = "1";
  std::vector<data::Category> categories;        ///< in the order of its class outputs
  std::shared_ptr<detector::Detector> detector;  ///< only the queue's thread runs it and sets its keep ratio
  std::shared_ptr<Statistics> statistics = std::make_shared<Statistics>();  ///< never null
};

using ServedModelPointer = std::shared_ptr<const ServedModel>;

}  // namespace focus::serve
