// focus-detr options: lists every option of a configuration, from the declarations in the code.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/console.h"
#include "base/error.h"
#include "cli/commands.h"
#include "train/run.h"

namespace focus::cli {
namespace {

constexpr const char* kIntroduction =
    "# Options\n\n"
    "<!-- Written by `make docs`; a test compares this page with the program. -->\n\n"
    "All options of a configuration file. `train`, `trace` and `benchmark` read a YAML file of nested "
    "maps (`--config`) "
    "and then `key=value` arguments, which override the file. Options that are not given keep their "
    "defaults: the paper's model (ResNet-50, 4 scales) and its 12-epoch schedule. Lists are written `[1, 2, 3]`.\n";

std::string shown(const nlohmann::json& value) {
  const bool bare = value.is_string() && !value.get_ref<const std::string&>().empty();
  return bare ? value.get<std::string>() : value.dump();
}

std::string as_text(const std::vector<Option>& options) {
  std::string text;
  for (const auto& option : options) {
    text += fmt::format("{} = {}\n    {} ({})\n", option.key(), shown(option.value()), option.doc(),
                        option.accepted());
  }
  return text;
}

/// Escapes bars, which would end a table's cell.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// "model" of "model.backbone.name"; empty for options outside of all groups.
std::string group_of(const Option& option) {
  const auto dot = option.key().find('.');
  return dot == std::string::npos ? "" : option.key().substr(0, dot);
}

std::string as_markdown(const std::vector<Option>& options) {
  std::string text = kIntroduction;
  const Option* previous = nullptr;
  for (const auto& option : options) {
    const std::string group = group_of(option);
    if (previous == nullptr || group != group_of(*previous)) {
      text += fmt::format("\n## {}\n\n| option | default | takes | meaning |\n|---|---|---|---|\n",
                          group.empty() ? "Outside of the groups" : group);
    }
    text += fmt::format("| `{}` | `{}` | {} | {} |\n", option.key(), cell(shown(option.value())),
                        cell(option.accepted()), cell(option.doc()));
    previous = &option;
  }
  return text;
}

}  // namespace

void add_options(CLI::App& app) {
  CLI::App* subcommand = app.add_subcommand("options", "List the options of configurations, with defaults.");
  auto markdown = std::make_shared<bool>(false);
  subcommand->add_flag("--markdown", *markdown, "Print the page docs/options.md.");
  subcommand->callback([markdown] {
    train::RunOptions defaults;
    OptionTable table;
    defaults.describe(table);
    const std::string text = *markdown ? as_markdown(table.options()) : as_text(table.options());
    print_text(text);
  });
}

}  // namespace focus::cli
