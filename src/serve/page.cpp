#include "serve/page.h"

#include <filesystem>
#include <vector>

#include "serve/page_files.h"

namespace focus::serve {
namespace {

const char* media_type_of(const std::filesystem::path& name) {
  const auto extension = name.extension();
  if (extension == ".html") return "text/html; charset=utf-8";
  if (extension == ".css") return "text/css; charset=utf-8";
  if (extension == ".js") return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

std::vector<PageFile> collect() {
  std::vector<PageFile> files;
  for (const auto& file : page_files()) {
    const std::string name(file.name);
    files.push_back({name == "index.html" ? "/" : "/page/" + name, media_type_of(name), file.text});
  }
  return files;
}

}  // namespace

std::span<const PageFile> page() {
  static const std::vector<PageFile> files = collect();
  return files;
}

}  // namespace focus::serve
