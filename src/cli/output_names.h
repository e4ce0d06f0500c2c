// Names of files written one per input.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace focus::cli {

class OutputNames {
 public:
  explicit OutputNames(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// A path in the folder that was not taken before: if inputs have the same name, later ones are numbered.
  std::filesystem::path take(const std::filesystem::path& name) {
    std::string unused = name.string();
    for (int count = 1; !used_.insert(unused).second; ++count) {
      unused = name.stem().string() + "-" + std::to_string(count) + name.extension().string();
    }
    return folder_ / unused;
  }

 private:
  std::filesystem::path folder_;
  std::set<std::string> used_;
};

}  // namespace focus::cli
