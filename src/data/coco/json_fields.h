// Typed access to the fields of one JSON entry, reporting what is missing or wrong.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/entry_ids.h"
#include "data/issue.h"

namespace focus::data {

/// Wraps numbers that the parser would refuse or round in quotes, so that JsonFields sees them as the file
/// states them: bare NaN, Infinity and -Infinity, as Python's json module writes them, and whole numbers of
/// 16 digits or more, if they are written as floats (9007199254740993.0) or may be beyond 64 bits.
std::string quote_unusual_numbers(std::string text);

/// How numbers that are written as text, such as "64", are treated.
enum class TextNumbers {
  kRefused,
  kRead,  ///< Reported as kOtherType and returned.
};

/// The fields of one entry. Each getter reports at most one issue and then returns nothing, except for
/// kOtherType.
class JsonFields {
 public:
  JsonFields(const nlohmann::json& entry, std::string name, const IssueSink& report,
             TextNumbers texts = TextNumbers::kRefused)
      : entry_(entry), name_(std::move(name)), report_(report), texts_(texts) {}

  std::optional<int64_t> integer(const char* field) const;
  /// An integer of any length, or text.
  std::optional<StatedId> id(const char* field) const;
  std::optional<double> number(const char* field) const;
  /// Text that is not empty.
  std::optional<std::string> text(const char* field) const;
  /// The same, or a number, which is reported and returned as it is written.
  std::optional<std::string> name(const char* field) const;
  /// true, false, 1 or 0, or the text of one of them.
  std::optional<bool> flag(const char* field) const;
  /// A list of exactly `count` finite numbers.
  std::optional<std::vector<double>> numbers(const char* field, size_t count) const;
  /// True for a field with a value: one that exists, and is neither null nor empty text.
  bool has(const char* field) const;
  /// True for a field that exists but is null or empty text.
  bool is_blank(const char* field) const { return entry_.contains(field) && !has(field); }
  /// The field's value, or null.
  const nlohmann::json& value(const char* field) const;

  void report(IssueKind kind, std::string text) const { report_({kind, name_, std::move(text)}); }

 private:
  const nlohmann::json* find(const char* field) const;
  std::optional<double> number_in_text(const nlohmann::json& value) const;
  std::optional<double> finite(const nlohmann::json& value, const std::string& field, bool& as_text) const;
  void report_text(const char* field) const;

  const nlohmann::json& entry_;
  std::string name_;
  const IssueSink& report_;
  TextNumbers texts_;
};

}  // namespace focus::data
