// Finds files whose names people would consider the same as the one sought.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace focus::data {

/// Reads each folder only once.
class AlikeFiles {
 public:
  /// The files with the name of `path` in another Unicode form, or with its extension in another case,
  /// which other systems treat as the same; folders in the path may differ likewise. Several only if one
  /// folder has several. Empty if there is none, and if `path` itself exists.
  std::vector<std::filesystem::path> find(const std::filesystem::path& path);

  /// The only one that `find` gives, or `path` itself.
  std::filesystem::path find_one(const std::filesystem::path& path);

  /// The file that the missing `path` was probably meant for: in the same folder, with a name in another
  /// case, or with "%20" and the like decoded. Empty if there is none or several.
  std::filesystem::path near(const std::filesystem::path& path);

  /// The only file in the folder of the missing `path` whose name differs from it only by "%20" and the like,
  /// in either of the two. Empty if there is none or several.
  std::filesystem::path encoded(const std::filesystem::path& path);

  /// What to add to a message that `path` is missing: "; 'a b.jpg' exists: correct the name, or rename the
  /// file". Empty if there is no such file.
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
