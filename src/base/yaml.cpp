#include "base/yaml.h"

#include <yaml-cpp/eventhandler.h>

#include <cstdint>
#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/human.h"

namespace focus {
namespace {

/// Counted with aliases expanded; a file of a megabyte without aliases has fewer.
constexpr uint64_t kMostNodes = 1'000'000;
constexpr const char* kMerge = "<<";

int line_of(const YAML::Mark& mark) { return mark.line + 1; }

/// Where two things are: "in lines 2 and 5", "in line 2, columns 3 and 9".
std::string places_of(const YAML::Mark& first, const YAML::Mark& second) {
  if (first.line != second.line) return fmt::format("in lines {} and {}", line_of(first), line_of(second));
  return fmt::format("in line {}, columns {} and {}", line_of(first), first.column + 1, second.column + 1);
}

/// Follows the parser's events, where repeated keys are visible, which the tree would hide.
class Inspection : public YAML::EventHandler {
 public:
  Inspection(const std::string& source, const std::string& about_repeated)
      : source_(source), about_repeated_(about_repeated) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { take_scalar(mark, anchor, "~"); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& value) override {
    take_scalar(mark, anchor, value);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    // One that is still open, or opened by a map that failed.
    if (known == anchors_.end()) {
      fail("{}: line {}: an alias is used within the value it refers to", source_, line_of(mark));
    }
    take(mark, known->second.is_scalar ? &known->second.text : nullptr);
    count(known->second.nodes, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, false);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, true);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Anchored {
    bool is_scalar;
    std::string text;
    uint64_t nodes;
  };

  struct Level {
    bool is_map;
    bool key_is_next;
    YAML::anchor_t anchor;
    uint64_t nodes;
    std::map<std::string, YAML::Mark> marks;  ///< of the keys
  };

  /// A node begins: `scalar` is its text, null for lists and maps.
  void take(const YAML::Mark& mark, const std::string* scalar) {
    if (levels_.empty() || !levels_.back().is_map) return;
    Level& map = levels_.back();
    map.key_is_next = !map.key_is_next;
    if (map.key_is_next) return;  // It is a value.
    if (scalar == nullptr) {
      fail("{}: line {}: found a list or map where a key is expected; keys must be text", source_,
           line_of(mark));
    }
    const auto [first, fresh] = map.marks.emplace(*scalar, mark);
    if (fresh) return;
    if (*scalar == kMerge) {
      fail("{}: '<<' comes twice in one map, {}; write one: '<<: [*first, *second]'", source_,
           places_of(first->second, mark));
    }
    fail("{}: key {} comes twice in one map, {}; keep one of them{}", source_, in_quotes(*scalar),
         places_of(first->second, mark), about_repeated_);
  }

  void take_scalar(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& text) {
    take(mark, &text);
    count(1, mark);
    if (anchor != 0) anchors_[anchor] = {true, text, 1};
  }

  void count(uint64_t nodes, const YAML::Mark& mark) {
    if (levels_.empty()) return;
    levels_.back().nodes += nodes;
    if (levels_.back().nodes > kMostNodes) {
      fail("{}: line {}: its aliases expand to more than {} values", source_, line_of(mark), kMostNodes);
    }
    last_ = mark;
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, bool is_map) {
    take(mark, nullptr);
    last_ = mark;
    anchors_.erase(anchor);
    levels_.push_back({is_map, is_map, anchor, 1, {}});
  }

  void close() {
    const Level closed = std::move(levels_.back());
    levels_.pop_back();
    if (closed.anchor != 0) anchors_[closed.anchor] = {false, "", closed.nodes};
    count(closed.nodes, last_);
  }

  const std::string &source_, about_repeated_;
  std::vector<Level> levels_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  YAML::Mark last_;
};

/// Refuses any content: what follows the first document would be ignored.
class NothingMore : public YAML::EventHandler {
 public:
  explicit NothingMore(const std::string& source) : source_(source) {}
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override {
    refuse(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    refuse(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    refuse(mark);
  }
  void OnMapEnd() override {}

 private:
  [[noreturn]] void refuse(const YAML::Mark& mark) const {
    fail("{}: line {} is in a second document, after '---'; only one is read: join them or use two files",
         source_, line_of(mark));
  }

  const std::string& source_;
};

/// Adds to `map` the keys that it lacks from the maps that its `<<` names.
void merge_into(YAML::Node map, const std::string& source) {
  YAML::Node merged;
  for (const auto& entry : map) {
    // In quotes it is an ordinary key.
    if (entry.first.IsScalar() && entry.first.Scalar() == kMerge && entry.first.Tag() == "?")
      merged = entry.second;
  }
  if (!merged.IsDefined() || merged.IsNull()) return;
  std::vector<YAML::Node> maps;
  if (merged.IsSequence()) {
    for (const auto& entry : merged) maps.push_back(entry);
  } else {
    maps.push_back(merged);
  }
  map.remove(kMerge);
  for (const auto& other : maps) {
    if (!other.IsMap()) {
      fail("{}: line {}: '<<' takes a map or a list of maps, such as an alias", source,
           line_of(merged.Mark()));
    }
    for (const auto& entry : other) {
      const auto key = entry.first.as<std::string>();
      if (!std::as_const(map)[key].IsDefined()) map[key] = entry.second;
    }
  }
}

void resolve_merges(YAML::Node node, const std::string& source) {
  if (node.IsMap()) {
    // Merged maps may contain merges.
    for (const auto& entry : node) resolve_merges(entry.second, source);
    merge_into(node, source);
  } else if (node.IsSequence()) {
    for (const auto& entry : node) resolve_merges(entry, source);
  }
}

}  // namespace

YAML::Node parse_yaml(const std::string& text, const std::string& source, const std::string& about_repeated) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Inspection inspection(source, about_repeated);
    NothingMore nothing_more(source);
    parser.HandleNextDocument(inspection);
    while (parser.HandleNextDocument(nothing_more)) {
    }
    YAML::Node root = YAML::Load(text);
    resolve_merges(root, source);
    return root;
  } catch (const YAML::Exception& error) {
    fail("{}: not valid YAML: {}", source, error.what());
  }
}

}  // namespace focus
