// YAML that is not trusted: one document in which nothing is lost without a word.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

namespace focus {

/// Parses a YAML document. Merge keys are resolved as YAML 1.1 has them: `<<` brings the keys of another map,
/// or of a list of maps, that are not there already. What is empty is a null node.
///
/// Throws Error, beginning with `source` and naming lines, for what is not YAML; for a key that comes twice
/// in a map, however it is quoted, with `about_repeated` behind the message; for a key that is no text; for a
/// second document; and for aliases that contain themselves or stand for more than a file should hold.
YAML::Node parse_yaml(const std::string& text, const std::string& source,
                      const std::string& about_repeated = "");

}  // namespace focus
