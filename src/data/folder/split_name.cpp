#include "data/folder/split_name.h"

#include <cctype>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/human.h"

namespace focus::data {
namespace {

constexpr std::pair<std::string_view, const char*> kWords[] = {
    {"train", "train"},  {"training", "train"}, {"trainset", "train"}, {"val", "val"},
    {"valid", "val"},    {"validation", "val"}, {"valset", "val"},     {"test", "test"},
    {"testing", "test"}, {"testset", "test"},
};

}  // namespace

std::string written_split_name(const std::string& split) {
  if (split.empty() || split.starts_with('.') || split.find_first_of("/\\ \t\r\n") != std::string::npos) {
    fail_usage("{} is not a name for a split", in_quotes(split));
  }
  return split == "valid" ? "val" : split;
}

std::optional<std::string> split_spoken_of(std::string_view name) {
  // Words consist of letters; years and other numbers separate them.
  std::string word;
  std::set<std::string> found;
  for (size_t i = 0; i <= name.size(); ++i) {
    const auto c = i < name.size() ? static_cast<unsigned char>(name[i]) : static_cast<unsigned char>(' ');
    if (std::isalpha(c)) {
      word += static_cast<char>(std::tolower(c));
      continue;
    }
    for (const auto& [spelling, split] : kWords) {
      if (word == spelling) found.insert(split);
    }
    word.clear();
  }
  if (found.size() != 1) return {};
  return *found.begin();
}

}  // namespace focus::data
