#include "cli/number_options.h"

#include "base/human.h"
#include "base/numbers.h"

namespace focus::cli {
namespace {

/// Before the range is looked at, which would call 08 out of it.
void check(CLI::Option& option) {
  const std::string type = option.get_type_name();
  const bool whole = type.starts_with("INT") || type.starts_with("UINT");
  if (!whole && !type.starts_with("FLOAT")) return;
  option.transform(CLI::Validator(
      [whole](const std::string& text) -> std::string {
        if (whole ? integer_of(text).has_value() : real_of(text).has_value()) return "";
        const auto why = why_no_number(text, whole);
        return in_quotes(text) + " is not " + (whole ? "an integer" : "a number") +
               (why.empty() ? "" : ": " + why);
      },
      ""));
}

}  // namespace

void refuse_ambiguous_numbers(CLI::App& app) {
  for (auto* option : app.get_options()) check(*option);
  for (auto* verb : app.get_subcommands([](CLI::App*) { return true; })) refuse_ambiguous_numbers(*verb);
}

}  // namespace focus::cli
