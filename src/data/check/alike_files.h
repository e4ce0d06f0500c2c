// Files that are there under a name that a person takes for the one sought.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace focus::data {

/// Looks into each folder once.
class AlikeFiles {
 public:
  /// What is there under the name of `path` in another Unicode form, or with its ending in another case, the
  /// folders on the way alike: what other systems take for the same. Several only where one folder has
  /// several. Empty if there is none, and for what is there under its own name.
  std::vector<std::filesystem::path> find(const std::filesystem::path& path);

  /// The only one that `find` gives, or `path` itself.
  std::filesystem::path find_one(const std::filesystem::path& path);

  /// What the name of `path`, which is not there, may have been meant for: in other case, or with "%20" and
  /// the like decoded, in its folder. Empty if there is none or several.
  std::filesystem::path near(const std::filesystem::path& path);

  /// The only file in the folder of `path`, which is not there, whose name differs from its by "%20" and the
  /// like alone, in either of the two. Empty if there is none or several.
  std::filesystem::path encoded(const std::filesystem::path& path);

  /// What to add to a message that `path` is not there: "; there is 'a b.jpg', rename one of the two". Empty
  /// if nothing is near.
  std::string hint(const std::filesystem::path& path);

 private:
  using Names = std::map<std::string, std::vector<std::string>>;
  struct Folder {
    Names alike, folded, decoded;
  };

  const Folder& look_into(const std::filesystem::path& folder);

  std::map<std::filesystem::path, Folder> folders_;
};

}  // namespace focus::data
