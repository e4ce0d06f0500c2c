// Ids that are not 64-bit integers, as in exports from databases: text ("0", a UUID) and integers of any
// length. Inside the program a number stands in for each, so that boxes and detections stay small.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace focus::data {

/// An id as a file states it.
struct StatedId {
  int64_t number = 0;
  std::string token = {};  ///< The JSON text of an id that is not a 64-bit integer; otherwise empty.
};

/// The ids of one kind of entries (images, categories or annotations) that have a stand-in.
class EntryIds {
 public:
  /// Makes `stand_in`, which must differ from all other ids, stand for the JSON text `token`.
  void add(int64_t stand_in, std::string token);

  /// True for a number that stands in for another id.
  bool is_stand_in(int64_t id) const { return tokens_.contains(id); }
  /// The id as a JSON file states it: 12, "12" or 340282366920938463463374607431768211455.
  std::string json_of(int64_t id) const;
  /// The same as a value in a report: an integer or text; an integer beyond 64 bits becomes text.
  nlohmann::json value_of(int64_t id) const;
  /// The same for a message: control characters escaped, cut if long.
  std::string shown(int64_t id) const;

  /// The number of an id that another file states. A number and the text of that number count as the same id
  /// if only one of the two exists here. Nothing for an unknown id.
  template <typename IsKnown>
  std::optional<int64_t> find(const StatedId& id, const IsKnown& is_known) const {
    if (const auto exact = exactly(id, is_known)) return exact;
    const auto other = other_writing(id);
    return other ? exactly(*other, is_known) : std::nullopt;
  }

  /// The same id written as text instead of as a number, or as a number instead of as text; nothing for text
  /// that is not a number.
  static std::optional<StatedId> other_writing(const StatedId& id);

 private:
  template <typename IsKnown>
  std::optional<int64_t> exactly(const StatedId& id, const IsKnown& is_known) const {
    if (!id.token.empty()) {
      const auto found = stand_ins_.find(id.token);
      return found == stand_ins_.end() ? std::nullopt : std::optional(found->second);
    }
    return !is_stand_in(id.number) && is_known(id.number) ? std::optional(id.number) : std::nullopt;
  }

  std::unordered_map<int64_t, std::string> tokens_;
  std::unordered_map<std::string, int64_t> stand_ins_;
};

/// The stand-ins of a data set.
struct DatasetIds {
  EntryIds images, categories, annotations;
};

/// An id for a message: its JSON text, cut if long.
std::string shown(const StatedId& id);

/// Assigns stand-ins while a file is read: which number an id gets is known only when the whole file is read.
/// Until then ids have provisional numbers.
class IdsInTheMaking {
 public:
  /// The provisional number of an id: its own, or for text one from the lowest 2^40.
  int64_t provisional(const StatedId& id);
  /// The id behind a provisional number.
  StatedId stated(int64_t provisional) const;
  /// Marks a provisional number as that of an entry. False if an earlier entry has it.
  bool claim(int64_t provisional) { return claimed_.insert(provisional).second; }
  bool claimed(int64_t provisional) const { return claimed_.contains(provisional); }

  /// Gives each text that an entry claimed a number of its own. The numbers follow the alphabetical order of
  /// the texts, in which pycocotools ranks equal scores.
  /// @param keep_numbers whether texts that are all numbers ("1", "2") get these numbers, if no other id has
  /// them
  void settle(bool keep_numbers);
  /// After settle: the final number of an id that was claimed.
  int64_t settled(int64_t provisional) const;
  EntryIds take() { return std::move(settled_); }

 private:
  std::vector<std::string> tokens_;  // by provisional number
  std::unordered_map<std::string, int64_t> provisional_;
  std::unordered_set<int64_t> claimed_;
  std::unordered_map<int64_t, int64_t> final_;
  EntryIds settled_;
};

}  // namespace focus::data
