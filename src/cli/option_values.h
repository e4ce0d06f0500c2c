// Values of command-line options, checked as strictly as those in files and key=value.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace focus::cli {

/// Parses the command line, with all subcommands added, and calls the subcommand. Besides what the parser
/// rejects by itself, it rejects ambiguous numbers such as 010, which the parser reads as 8; negative numbers
/// that would wrap; infinite ones; a flag with a value that is neither true nor false; an option with nothing
/// after its '='.
/// Throws CLI::ParseError or UsageError, whose message names the option, the value and what the option takes.
void parse(CLI::App& app, int argc, const char* const* argv);

/// Adds an option that takes one of a few words.
template <typename Choice>
CLI::Option* add_choice(CLI::App& subcommand, const std::string& name, Choice& chosen,
                        const std::vector<std::pair<std::string, Choice>>& choices,
                        const std::string& about) {
  std::vector<std::string> words;
  for (const auto& [word, choice] : choices) words.push_back(word);
  return subcommand
      .add_option_function<std::string>(
          name,
          [&chosen, choices](const std::string& text) {
            for (const auto& [word, choice] : choices) {
              if (word == text) chosen = choice;
            }
          },
          about)
      ->check(CLI::IsMember(words))
      ->default_str(words.front());
}

}  // namespace focus::cli
