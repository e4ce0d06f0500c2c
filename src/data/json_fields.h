// Typed access to the fields of one JSON entry, reporting what is missing or wrong.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "data/issue.h"

namespace focus::data {

/// Wraps bare NaN, Infinity and -Infinity (as Python's json module writes them) in quotes, so that the file
/// parses and the faulty field can be named.
std::string quote_not_a_numbers(std::string text);

/// The fields of one entry. Each getter reports at most one issue and then returns nothing.
class JsonFields {
 public:
  JsonFields(const nlohmann::json& entry, std::string name, const IssueSink& report)
      : entry_(entry), name_(std::move(name)), report_(report) {}

  std::optional<int64_t> integer(const char* field) const;
  std::optional<double> number(const char* field) const;
  /// Text that is not empty.
  std::optional<std::string> text(const char* field) const;
  /// true, false, 1 or 0.
  std::optional<bool> flag(const char* field) const;
  /// A list of exactly `count` finite numbers.
  std::optional<std::vector<double>> numbers(const char* field, size_t count) const;
  bool has(const char* field) const { return entry_.contains(field); }

  void report(IssueKind kind, std::string text) const { report_({kind, name_, std::move(text)}); }

 private:
  const nlohmann::json* find(const char* field) const;
  std::optional<double> finite(const nlohmann::json& value, const std::string& field) const;

  const nlohmann::json& entry_;
  std::string name_;
  const IssueSink& report_;
};

}  // namespace focus::data
