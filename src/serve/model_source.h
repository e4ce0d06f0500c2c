// The sources of models: the values of --model, and the files they name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace focus::serve {

/// The extension of model files in a folder.
constexpr const char* kModelExtension = ".safetensors";

/// True for a name that needs no escapes in a URL (RFC 3986), has at most 200 characters, and is not ".",
/// ".." or "stats" (/v2/models/stats is a route of its own).
bool is_model_name(const std::string& name);
constexpr const char* kModelNameRule =
    "the name of a model may have letters, digits and -._~, as in URLs, and is not 'stats', which is a route";

/// A value of --model: a model file, or a folder of models.
struct ModelSource {
  std::filesystem::path path;
  std::string name;  ///< of the model, for a file
  bool folder = false;
};

/// Parses "NAME=FILE", "FILE" (the name is the file name without its extension) or "FOLDER". If a file with
/// the whole text as its name exists, it is not read as NAME=FILE. Throws UsageError for an invalid name.
ModelSource model_source(const std::string& text);

struct ModelFile {
  std::string name;
  std::filesystem::path path;
};

/// The file, or the *.safetensors of the folder sorted by name, without hidden ones. Throws Error for a
/// folder that cannot be read.
std::vector<ModelFile> models_of(const ModelSource& source);

/// Detects a change of a file without reading it.
struct FileStamp {
  uint64_t inode = 0;
  int64_t seconds = 0, nanoseconds = 0, bytes = 0;
  bool operator==(const FileStamp&) const = default;
};

/// None if there is no such file, which may be so for a moment while it is replaced.
std::optional<FileStamp> stamp_of(const std::filesystem::path& path);

}  // namespace focus::serve
