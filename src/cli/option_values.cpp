#include "cli/option_values.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/human.h"
#include "base/numbers.h"
#include "base/paths.h"

namespace focus::cli {
namespace {

/// The numbers an option accepts, read from the parser's description of its type: "INT:INT in [1 - 4096]",
/// "FLOAT:POSITIVE".
struct Permitted {
  bool whole = false;
  double least = -std::numeric_limits<double>::infinity(), most = -least;
  bool without_least = false;
  std::string words;
};

std::optional<Permitted> permitted(const std::string& type) {
  Permitted numbers;
  numbers.whole = type.starts_with("INT") || type.starts_with("UINT");
  if (!numbers.whole && !type.starts_with("FLOAT")) return {};
  numbers.words = numbers.whole ? "an integer" : "a number";
  const auto open = type.find('['), dash = type.find(" - ", open), close = type.find(']', open);
  if (open != std::string::npos && dash != std::string::npos && close != std::string::npos) {
    const auto least = type.substr(open + 1, dash - open - 1);
    const auto most = type.substr(dash + 3, close - dash - 3);
    numbers.least = real_of(least).value();
    numbers.most = real_of(most).value();
    numbers.words += " from " + least + " to " + most;
  } else if (type.find("POSITIVE") != std::string::npos) {
    numbers.least = 0;
    numbers.without_least = true;
    numbers.words += " above 0";
  } else if (type.starts_with("UINT")) {
    numbers.least = 0;
    numbers.words += ", at least 0";
  }
  return numbers;
}

/// Checks numbers before the parser converts them: it reads 010 as 8, and -1 as a large number.
void check_number(CLI::Option& option) {
  const auto numbers = permitted(option.get_type_name());
  if (!numbers) return;
  option.transform(CLI::Validator(
      [numbers = *numbers](const std::string& text) -> std::string {
        const auto integer = numbers.whole ? integer_of(text) : std::nullopt;
        const auto real = numbers.whole ? std::nullopt : real_of(text);
        if (is_beyond_range(text, numbers.whole)) {
          return fmt::format("{} is out of range; it takes {}", in_quotes(text), numbers.words);
        }
        if (!integer && !real) {
          const auto why = why_no_number(text, numbers.whole);
          return fmt::format("{} is not {}{}{}; it takes {}", in_quotes(text),
                             numbers.whole ? "an integer" : "a number", why.empty() ? "" : ": ", why,
                             numbers.words);
        }
        const double value = integer ? static_cast<double>(*integer) : *real;
        const bool possible = std::isfinite(value) && value >= numbers.least && value <= numbers.most &&
                              !(numbers.without_least && value == numbers.least);
        return possible ? "" : fmt::format("{} is out of range; it takes {}", in_quotes(text), numbers.words);
      },
      ""));
}

void check_numbers(CLI::App& app) {
  for (auto* option : app.get_options()) check_number(*option);
  for (auto* subcommand : app.get_subcommands([](CLI::App*) { return true; })) check_numbers(*subcommand);
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

bool is_truth(std::string word) {
  static constexpr std::string_view kWords[] = {"true", "false", "on", "off", "yes", "no", "1", "0"};
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

/// Rejects a truth value given after a flag without '=': the parser would read it as an argument of its own.
void check_next_word(const CLI::Option& option, const std::string& name, const std::string& next) {
  // 0 and 1 may be arguments of their own, such as the number of a camera.
  const bool number = next == "0" || next == "1";
  if (!is_flag(option) || !is_truth(next) || number || is_there(next)) return;
  fail_usage("{}: write its value after '=', as in {}={}; {} by itself is an argument of its own", name, name,
             next, in_quotes(next));
}

/// Checks the value after an option's '='. The parser ignores an empty one, and an invalid one after a flag
/// makes it throw an exception that is not a usage error.
void check_value(const CLI::Option& option, const std::string& name, const std::string& value) {
  if (!is_flag(option)) {
    if (!value.empty()) return;
    const auto numbers = permitted(option.get_type_name());
    fail_usage("{}: nothing follows the '='; it takes {}", name,
               numbers ? numbers->words : "text that is not empty");
  }
  if (is_truth(value)) return;
  fail_usage("{}: {} is neither true nor false; it takes no value, or =true or =false", name,
             in_quotes(value));
}

void check_values(CLI::App& app, int argc, const char* const* argv) {
  CLI::App* subcommand = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--") return;
    if (!argument.starts_with("--")) {
      for (auto* next : subcommand->get_subcommands([](CLI::App*) { return true; })) {
        if (next->get_name() == argument) {
          subcommand = next;
          break;
        }
      }
      continue;
    }
    const auto equals = argument.find('=');
    if (equals == std::string::npos) {
      const auto* option = subcommand->get_option_no_throw(argument);
      if (option && i + 1 < argc) check_next_word(*option, argument, argv[i + 1]);
      continue;
    }
    const auto name = argument.substr(0, equals);
    if (const auto* option = subcommand->get_option_no_throw(name)) {
      check_value(*option, name, argument.substr(equals + 1));
    }
  }
}

}  // namespace

void parse(CLI::App& app, int argc, const char* const* argv) {
  check_numbers(app);
  check_values(app, argc, argv);
  app.parse(argc, argv);
}

}  // namespace focus::cli
