#include "serve/model_source.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/human.h"

namespace focus::serve {

namespace fs = std::filesystem;

bool is_model_name(const std::string& name) {
  constexpr size_t kLongest = 200;
  const bool good = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
  });
  return good && !name.empty() && name.size() <= kLongest && name != "." && name != ".." && name != "stats";
}

ModelSource model_source(const std::string& text) {
  if (text.empty()) fail_usage("--model is empty; name a file or a folder of models");
  std::error_code error;
  ModelSource source{text, "", fs::is_directory(text, error)};
  if (source.folder) return source;
  if (const size_t at = text.find('='); at != std::string::npos && !fs::exists(text, error)) {
    source.name = text.substr(0, at);
    source.path = text.substr(at + 1);
    if (!is_model_name(source.name)) {
      fail_usage("--model {}: {} cannot be a name; {}", in_quotes(text), in_quotes(source.name),
                 kModelNameRule);
    }
    if (source.path.empty()) fail_usage("--model {}: no file is named after '='", in_quotes(text));
    if (fs::is_directory(source.path, error)) {
      fail_usage("--model {}: {} is a folder, and its models get the names of their files; leave out '{}='",
                 in_quotes(text), in_quotes(source.path.string()), source.name);
    }
    return source;
  }
  source.name = source.path.stem().string();
  if (!is_model_name(source.name)) {
    fail_usage("--model {}: {}; give this one a name: --model NAME={}", in_quotes(text), kModelNameRule,
               text);
  }
  return source;
}

std::vector<ModelFile> models_of(const ModelSource& source) {
  if (!source.folder) return {{source.name, source.path}};
  std::vector<ModelFile> files;
  std::error_code error;
  fs::directory_iterator at(source.path, error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    const auto& path = at->path();
    // Skip hidden files: programs use them for files they are still writing.
    if (path.extension() != kModelExtension || path.filename().string().starts_with('.')) continue;
    std::error_code unknown;
    if (fs::is_regular_file(path, unknown)) files.push_back({path.stem().string(), path});
  }
  if (error) fail("{}: the folder cannot be read: {}", source.path.string(), error.message());
  std::sort(files.begin(), files.end(),
            [](const ModelFile& a, const ModelFile& b) { return a.name < b.name; });
  return files;
}

std::optional<FileStamp> stamp_of(const fs::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return FileStamp{status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size};
}

}  // namespace focus::serve
