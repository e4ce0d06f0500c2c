// One model that a server answers with, under its name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "detector/detector.h"
#include "serve/statistics.h"

namespace focus::serve {

/// Never changes: a model that is loaded anew is another object, and who has this one goes on with it.
struct ServedModel {
  std::string name;
  std::string version = "1";
  std::vector<data::Category> categories;  ///< in the order of its class outputs
  std::shared_ptr<detector::Detector>
      detector;  ///< run by the queue's thread alone, which sets its keep ratio
  std::shared_ptr<Statistics> statistics = std::make_shared<Statistics>();  ///< never null
};

using ServedModelPointer = std::shared_ptr<const ServedModel>;

}  // namespace focus::serve
