#include "cli/config_arguments.h"

#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/paths.h"
#include "base/published_configs.h"

namespace focus::cli {

void set_config(OptionTable& table, const std::string& file_or_name) {
  // A folder is not a configuration file, even with that name: `make demo` leaves one.
  namespace fs = std::filesystem;
  if (is_there(file_or_name) && !is_folder(file_or_name)) return table.set_yaml_file(file_or_name);
  std::vector<std::string> names;
  for (const auto& config : published_configs()) {
    names.push_back(fs::path(config.name).stem().string());
    if (names.back() == file_or_name) return table.set_yaml(std::string(config.text), file_or_name);
  }
  fail("{}: no such configuration file; those that come with the program are {}", file_or_name,
       fmt::join(names, ", "));
}

void set_assignments(OptionTable& table, const std::vector<std::string>& assignments) {
  std::map<std::string, std::string> seen;
  for (const auto& assignment : assignments) {
    table.set_assignment(assignment);
    const auto begin = assignment.find_first_not_of(" \t");
    const auto key = assignment.substr(begin, assignment.find_first_of(" \t=", begin) - begin);
    const auto [first, fresh] = seen.emplace(key, assignment);
    if (!fresh) {
      fail_usage("command line: option '{}' is given twice, as '{}' and '{}'; keep one of them", key,
                 first->second, assignment);
    }
  }
}

}  // namespace focus::cli
