// Keys that come twice in one JSON object, of which most parsers silently keep the last.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace focus {

/// Detects them while a text is parsed.
class RepeatedKeys {
 public:
  /// To be called with every event of nlohmann's parser. True for a key that its object already has.
  bool operator()(nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::object_end) open_.pop_back();
    return event == Event::key && !open_.back().insert(parsed.get_ref<const std::string&>()).second;
  }

 private:
  std::vector<std::set<std::string>> open_;  ///< The keys of each object that is still open.
};

/// The same for files with millions of objects of which few fields are read.
class ReadFields {
 public:
  /// @param names at most 64, which must outlive this object
  explicit ReadFields(std::span<const char* const> names) : names_(names) {}

  enum class Key { kNotRead, kFirst, kRepeated };

  void begin_object() { seen_ = 0; }
  Key take(const std::string& key) {
    for (size_t i = 0; i < names_.size(); ++i) {
      if (key != names_[i]) continue;
      const uint64_t bit = uint64_t{1} << i;
      const bool repeated = (seen_ & bit) != 0;
      seen_ |= bit;
      return repeated ? Key::kRepeated : Key::kFirst;
    }
    return Key::kNotRead;
  }

 private:
  std::span<const char* const> names_;
  uint64_t seen_ = 0;
};

}  // namespace focus
