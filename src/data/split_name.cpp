#include "data/split_name.h"

#include "base/error.h"
#include "base/human.h"

namespace focus::data {

std::string written_split_name(const std::string& split) {
  if (split.empty() || split.starts_with('.') || split.find_first_of("/\\ \t\r\n") != std::string::npos) {
    fail_usage("{} is no name of a split", in_quotes(split));
  }
  return split == "valid" ? "val" : split;
}

}  // namespace focus::data
