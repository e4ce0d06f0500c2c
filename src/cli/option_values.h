// What is given to the command's own flags, held to what files and key=value are held to.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace focus::cli {

/// Parses the command line with all subcommands added. Beyond what the parser refuses by itself: numbers that other
/// programs read otherwise, such as 010, which the parser takes for 8; negative ones where they would wrap;
/// infinite ones; a flag with a value that is neither true nor false; an option with nothing behind its '='.
/// The message names the option, the value and what it takes. Throws CLI::ParseError or UsageError; calls the
/// subcommand otherwise.
void parse(CLI::App& app, int argc, const char* const* argv);

/// An option that takes one of a few words.
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
