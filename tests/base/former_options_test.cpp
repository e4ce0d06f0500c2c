#include "base/former_options.h"

#include <gtest/gtest.h>

#include <string>

namespace focus {
namespace {

struct Queries {
  bool learned = true;
  std::string turned = "auto";
  int64_t count = 900;
  void describe(OptionTable& table) {
    table.add("learned_queries", &learned, "Learned.", {.formerly = "learnt_queries"});
    table.add("turned", &turned, "Turned.", {.choices = {"auto", "true", "false"}});
    table.add("count", &count, "Count.");
  }
};

struct Model {
  Queries queries;
  void describe(OptionTable& table) { table.group("model", queries); }
};

nlohmann::json of_today(const char* saved) {
  Model model;
  OptionTable table;
  model.describe(table);
  return as_of_today(table, nlohmann::json::parse(saved));
}

TEST(FormerOptions, NamesAndTypesAreThoseOfToday) {
  EXPECT_EQ(
      of_today(R"({"model": {"learnt_queries": false, "turned": false, "count": 7}, "data": {"x": 1}})"),
      nlohmann::json::parse(
          R"({"model": {"learned_queries": false, "turned": "false", "count": 7}, "data": {"x": 1}})"));
}

TEST(FormerOptions, WhatIsOfTodayStays) {
  const auto saved = R"({"model": {"learned_queries": true, "turned": "auto"}})";
  EXPECT_EQ(of_today(saved), nlohmann::json::parse(saved));
  EXPECT_EQ(of_today("{}"), nlohmann::json::object());
}

}  // namespace
}  // namespace focus
