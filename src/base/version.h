// Which program this is. Linked into the command alone (focus_version), so that a commit rebuilds little.
#pragma once

#include <string_view>

namespace focus {

/// "0.1.0"
std::string_view project_version();

/// The commit the program was built from as `git describe --always --dirty` names it; "unknown" without a
/// checkout.
std::string_view git_commit();

}  // namespace focus
