#include "data/folder/folder_survey.h"

#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/human.h"
#include "images/image_paths.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

bool is_skipped(const std::string& name) {
  return name.starts_with('.') || name == "__MACOSX" || name == "@eaDir";
}

std::vector<std::string>* list_for(const fs::path& name, SurveyedFolder& folder) {
  if (images::is_image_name(name)) return &folder.images;
  if (images::is_unread_image_name(name)) return &folder.unread;
  const std::string ending = images::small_ending(name);
  if (ending == ".xml") return &folder.xml;
  if (ending == ".txt") return &folder.txt;
  if (ending == ".json") return &folder.json;
  if (ending == ".yaml" || ending == ".yml") return &folder.yaml;
  if (ending == ".csv") return &folder.csv;
  for (const char* archive : {".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar"}) {
    if (ending == archive) return &folder.archives;
  }
  return nullptr;
}

/// Walks through the folders. They wait in a list, as recursion into deeply nested ones could overflow the
/// stack.
class Walk {
 public:
  Walk(FolderSurvey& survey, size_t most) : survey_(survey), most_(most) {}

  void run() {
    waiting_.push_back(survey_.root);
    while (!waiting_.empty() && survey_.complete) {
      const fs::path next = std::move(waiting_.back());
      waiting_.pop_back();
      look_at(next);
    }
  }

 private:
  void look_at(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return unreadable(path);
    if (!seen_.emplace(status.st_dev, status.st_ino).second) return;
    SurveyedFolder folder{.path = path};
    std::error_code fault;
    fs::directory_iterator entry(path, fault);
    if (fault) return unreadable(path);
    for (; entry != fs::directory_iterator(); entry.increment(fault)) {
      if (++looked_at_ > most_) {
        survey_.complete = false;
        break;
      }
      add(*entry, folder);
    }
    if (fault) unreadable(path);
    bool any = false;
    for (auto* list : {&folder.images, &folder.xml, &folder.txt, &folder.json, &folder.yaml, &folder.csv,
                       &folder.unread, &folder.archives}) {
      std::sort(list->begin(), list->end());
      any = any || !list->empty();
    }
    if (any) survey_.folders.push_back(std::move(folder));
  }

  void add(const fs::directory_entry& entry, SurveyedFolder& folder) {
    const fs::path name = entry.path().filename();
    if (is_skipped(name.string())) return;
    std::error_code fault;
    const bool folder_here = entry.is_directory(fault);
    if (folder_here || (entry.is_symlink(fault) && !entry.exists(fault))) {
      survey_.folder_names.insert(name.string());
    }
    if (folder_here) return waiting_.push_back(entry.path());
    auto* list = list_for(name, folder);
    if (!list && entry.is_symlink(fault) && !entry.exists(fault)) survey_.dead_links.push_back(entry.path());
    // A broken link is listed, too, so that its reader reports it.
    if (list && (entry.is_regular_file(fault) || entry.is_symlink(fault))) list->push_back(name.string());
  }

  void unreadable(const fs::path& path) { survey_.unreadable.push_back(path); }

  FolderSurvey& survey_;
  size_t most_, looked_at_ = 0;
  std::vector<fs::path> waiting_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

FolderSurvey survey_folder(const fs::path& root, size_t most) {
  // Without a trailing slash, since paths below are compared with the root.
  FolderSurvey survey;
  survey.root = root.has_filename() ? root : root.parent_path();
  Walk(survey, most).run();
  std::sort(survey.folders.begin(), survey.folders.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  std::sort(survey.dead_links.begin(), survey.dead_links.end());
  std::sort(survey.unreadable.begin(), survey.unreadable.end());
  return survey;
}

FolderSurvey survey_file(const fs::path& file) {
  const fs::path parent = file.parent_path();
  FolderSurvey survey;
  survey.root = parent.empty() ? fs::path(".") : parent;
  SurveyedFolder folder{.path = survey.root};
  if (auto* list = list_for(file.filename(), folder)) {
    list->push_back(file.filename().string());
    survey.folders.push_back(std::move(folder));
  }
  return survey;
}

std::string to_text(const FolderSurvey& survey, size_t most) {
  std::string text;
  size_t shown = 0;
  for (const auto& folder : survey.folders) {
    if (shown++ == most) {
      text += fmt::format(" and {} more folders", survey.folders.size() - most);
      break;
    }
    std::string kinds;
    const auto add = [&](const std::vector<std::string>& names, const char* kind) {
      if (names.empty()) return;
      kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", names.size(), kind);
    };
    add(folder.images, "images");
    add(folder.xml, "xml");
    add(folder.txt, "txt");
    add(folder.json, "json");
    add(folder.yaml, "yaml");
    add(folder.csv, "csv");
    add(folder.unread, "images of kinds that are not read");
    add(folder.archives, "archives");
    const auto relative = folder.path.lexically_relative(survey.root);
    const auto name = relative.empty() || relative == "." ? "the folder itself" : relative.string() + "/";
    text +=
        fmt::format("{}{} ({})", text.empty() ? "" : ", ", name.size() > 80 ? in_quotes(name) : name, kinds);
  }
  if (text.empty()) text = "neither images nor annotation files (xml, txt, json)";
  if (!survey.unreadable.empty()) {
    text += fmt::format("; {} folders cannot be read, such as {}", survey.unreadable.size(),
                        in_quotes(survey.unreadable.front().string()));
  }
  if (!survey.dead_links.empty()) {
    text += fmt::format("; the link {} leads nowhere", in_quotes(survey.dead_links.front().string()));
  }
  if (!survey.complete) text += "; the folder holds more than was looked at";
  return text;
}

}  // namespace focus::data
