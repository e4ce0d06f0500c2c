// Where models come from: what --model says, and the files behind it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace focus::serve {

/// Files of a folder of models end so.
constexpr const char* kModelExtension = ".safetensors";

/// Names that stand in an address as they are (RFC 3986), at most 200 characters, not "." or "..", and not
/// "stats", which is a route where a model's name stands otherwise: /v2/models/stats.
bool is_model_name(const std::string& name);
constexpr const char* kModelNameRule =
    "a model's name has letters, digits and -._~, as addresses do, and is not 'stats', which is a route";

/// What --model names: a file, or a folder of them.
struct ModelSource {
  std::filesystem::path path;
  std::string name;  ///< of a file's model
  bool folder = false;
};

/// "NAME=FILE", "FILE", whose name is that of the file without its extension, or "FOLDER". What is there as a
/// whole is no NAME=FILE. Throws UsageError for a name that is none.
ModelSource model_source(const std::string& text);

struct ModelFile {
  std::string name;
  std::filesystem::path path;
};

/// The file, or the folder's *.safetensors by name, without hidden ones. Throws Error for a folder that
/// cannot be read.
std::vector<ModelFile> models_of(const ModelSource& source);

/// Tells one content of a file from another without reading it.
struct FileStamp {
  uint64_t inode = 0;
  int64_t seconds = 0, nanoseconds = 0, bytes = 0;
  bool operator==(const FileStamp&) const = default;
};

/// None while there is no such file, as for a moment when it is being replaced.
std::optional<FileStamp> stamp_of(const std::filesystem::path& path);

}  // namespace focus::serve
