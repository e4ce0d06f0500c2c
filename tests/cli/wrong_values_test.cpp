// Every option of every subcommand is given what it cannot mean.
#include <gtest/gtest.h>
#include <spdlog/fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/option_values.h"
#include "cli/refused.h"
#include "cli/run_command.h"

namespace focus::test {
namespace {

/// The command's subcommands and options, of which none runs: each lacks an option.
struct IdleCommand {
  static constexpr const char* kLacking = "never-given";

  CLI::App app{"focus-detr"};

  IdleCommand() {
    app.require_subcommand(1);
    cli::add_all(app);
    make_idle(app);
  }
  static void make_idle(CLI::App& subcommand) {
    if (subcommand.get_parent() != nullptr) subcommand.add_option(std::string("--") + kLacking)->required();
    for (auto* next : subcommand.get_subcommands([](CLI::App*) { return true; })) make_idle(*next);
  }
};

/// What parsing said; empty if nothing was wrong with the values.
std::string refusal(const std::vector<std::string>& arguments) {
  IdleCommand command;
  std::vector<const char*> argv{"focus-detr"};
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  try {
    cli::parse(command.app, static_cast<int>(argv.size()), argv.data());
  } catch (const CLI::RequiredError&) {
    return "";  // Of something else, which is asked for when all values are taken.
  } catch (const CLI::ParseError& error) {
    return error.what();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

struct Tried {
  std::vector<std::string> subcommand;
  std::string name, type;
  bool flag = false;
};

void collect(CLI::App& app, const std::vector<std::string>& subcommand, std::vector<Tried>& all) {
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) {
      if (name == "help" || name == "version" || name == IdleCommand::kLacking) continue;
      all.push_back(
          {subcommand, "--" + name, option->get_type_name(), option->get_items_expected_max() == 0});
    }
  }
  for (auto* next : app.get_subcommands([](CLI::App*) { return true; })) {
    auto below = subcommand;
    below.push_back(next->get_name());
    collect(*next, below, all);
  }
}

std::vector<Tried> all_options() {
  IdleCommand command;
  std::vector<Tried> all;
  collect(command.app, {}, all);
  return all;
}

std::string in_words(const Tried& tried, const std::string& value) {
  return fmt::format("{} {}={}", fmt::join(tried.subcommand, " "), tried.name, value);
}

void expect_all_named(const Tried& tried, const std::string& value, const std::string& error,
                      const std::string& takes) {
  const auto what = in_words(tried, value);
  ASSERT_NE(error, "") << what << " is accepted";
  for (const auto& word : {tried.name, value, takes})
    EXPECT_NE(error.find(word), std::string::npos) << what << " says: " << error << "\nwithout " << word;
  for (const char* raw : {"stoll", "stod", "stoi", "stoul"})
    EXPECT_EQ(error.find(raw), std::string::npos) << what << " says: " << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << what << " says: " << error;
}

TEST(WrongValues, ThereAreOptionsOfEachKind) {
  size_t flags = 0, numbers = 0;
  for (const auto& tried : all_options()) {
    flags += tried.flag;
    numbers +=
        tried.type.starts_with("INT") || tried.type.starts_with("UINT") || tried.type.starts_with("FLOAT");
  }
  EXPECT_GT(flags, 20u);
#ifdef FOCUS_DETR_OPENCV
  EXPECT_GT(numbers, 40u);
#else
  EXPECT_GT(numbers, 15u);
#endif
}

TEST(WrongValues, FlagsAreTrueOrFalse) {
  for (const auto& tried : all_options()) {
    if (!tried.flag) continue;
    for (const char* value : {"maybe", "", "nan", "2", "-1", "99999999999999999999", "TRUE ", "1.0"}) {
      auto arguments = tried.subcommand;
      arguments.push_back(tried.name + "=" + value);
      expect_all_named(tried, value, refusal(arguments), "=true or =false");
    }
    auto apart = tried.subcommand;
    apart.insert(apart.end(), {tried.name, "true"});
    EXPECT_NE(refusal(apart).find(tried.name + "=true"), std::string::npos) << refusal(apart);
    for (const char* value :
         {"=true", "=false", "=ON", "=No", "=on", "=off", "=yes", "=no", "=1", "=0", ""}) {
      auto arguments = tried.subcommand;
      arguments.push_back(tried.name + value);
      EXPECT_EQ(refusal(arguments).find("=true"), std::string::npos) << in_words(tried, value);
    }
  }
}

TEST(WrongValues, NumbersAreNumbersWithinTheirRange) {
  for (const auto& tried : all_options()) {
    const bool whole = tried.type.starts_with("INT") || tried.type.starts_with("UINT");
    if (!whole && !tried.type.starts_with("FLOAT")) continue;
    std::vector<std::string> values{"maybe", "", "nan", "inf", "-inf", "-99999", "1,5", "0x10", "1e999"};
    if (whole) values.insert(values.end(), {"1.5", "99999999999999999999", "-99999999999999999999", "010"});
    for (const auto& value : values) {
      auto arguments = tried.subcommand;
      arguments.push_back(tried.name + "=" + value);
      expect_all_named(tried, value, refusal(arguments), whole ? "it takes an integer" : "it takes a number");
      if (value.empty()) continue;
      arguments.back() = tried.name;
      arguments.push_back(value);
      expect_all_named(tried, value, refusal(arguments), whole ? "it takes an integer" : "it takes a number");
    }
  }
}

TEST(WrongValues, WordsAreAmongThoseThatAreTaken) {
  for (const auto& tried : all_options()) {
    const auto open = tried.type.find(":{");
    if (open == std::string::npos) continue;
    for (const char* value : {"maybe", "2", "nan", "-1"}) {
      auto arguments = tried.subcommand;
      arguments.push_back(tried.name + "=" + value);
      expect_all_named(tried, value, refusal(arguments), tried.type.substr(open + 1));
    }
  }
}

TEST(WrongValues, NothingIsNoValue) {
  for (const auto& tried : all_options()) {
    auto arguments = tried.subcommand;
    arguments.push_back(tried.name + "=");
    expect_all_named(tried, "", refusal(arguments), "it takes");
  }
}

/// The whole way: exit code 2 and one line.
TEST(WrongValues, EndTheCommandAsWrongUsage) {
  expect_wrong_usage(run("dataset check data --exif-orientation=maybe"),
                     {"error: --exif-orientation: 'maybe' is neither true nor false", "=true or =false"});
  expect_wrong_usage(run("dataset check data --no-exif-orientation=99999999999999999999"),
                     {"--no-exif-orientation", "=true or =false"});
  expect_wrong_usage(run("dataset check data --examples -1"),
                     {"--examples", "'-1' is out of range; it takes an integer from 0"});
  expect_wrong_usage(run("dataset split data --out /dev/null/x --seed -1"),
                     {"--seed", "'-1' is out of range; it takes an integer, at least 0"});
  expect_wrong_usage(run("dataset split data --out /dev/null/x --seed 99999999999999999999"),
                     {"--seed", "'99999999999999999999' is out of range; it takes an integer, at least 0"});
  expect_wrong_usage(run("dataset check --exif-orientation true data"),
                     {"error: --exif-orientation: ", "--exif-orientation=true"});
  expect_wrong_usage(run("dataset split data --out /dev/null/x --val 1.5"),
                     {"--val", "'1.5' is out of range; it takes a number from 0 to 1"});
  expect_wrong_usage(run("eval --annotations a --detections b --image-ids 2"),
                     {"--image-ids", "2", "{auto,annotations,names,from-zero,from-one}"});
  expect_wrong_usage(run("eval --data d --model m --device maybe"), {"--device", "'maybe'", "cuda:N"});
  expect_wrong_usage(run("eval --data d --model m --precision maybe"), {"--precision", "maybe", "fp32"});
}

}  // namespace
}  // namespace focus::test
