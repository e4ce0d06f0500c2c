// Untrusted YAML: one document, of which nothing is dropped silently.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

namespace focus {

/// Parses a YAML document. Merge keys are resolved as YAML 1.1 has them: `<<` brings the keys of another map,
/// or of a list of maps, that are not there already. Empty text is a null node.
///
/// Throws Error, beginning with `source` and naming lines, for text that is not YAML; for a key that comes
/// twice in a map, however it is quoted, with `about_repeated` appended to the message; for a key that is not
/// text; for a second document; and for aliases that contain themselves or expand to too many values.
YAML::Node parse_yaml(const std::string& text, const std::string& source,
                      const std::string& about_repeated = "");

}  // namespace focus
