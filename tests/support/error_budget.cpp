#include "support/error_budget.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "base/files.h"
#include "base/numbers.h"
#include "support/source_files.h"

namespace focus::test {
namespace {

/// A function, since tests may ask while their own constants are set up.
std::string table_path() { return FOCUS_DETR_SOURCE_DIR "/docs/error-budgets.md"; }

/// Rows are "| `name` | budget | ...".
std::map<std::string, double> read_table() {
  std::map<std::string, double> budgets;
  for (const auto& line : lines_of(read_file(table_path(), 1 << 20))) {
    if (line.rfind("| `", 0) != 0) continue;
    const auto name_end = line.find("` | ", 3), end = line.find(" |", name_end + 4);
    const auto budget = end == std::string::npos
                            ? std::nullopt
                            : parse_number<double>(line.substr(name_end + 4, end - name_end - 4));
    if (!budget || !(*budget > 0)) throw std::runtime_error(table_path() + ": no budget in the row: " + line);
    if (!budgets.emplace(line.substr(3, name_end - 3), *budget).second) {
      throw std::runtime_error(table_path() + ": a name stands twice: " + line);
    }
  }
  return budgets;
}

/// The largest errors seen, printed at the end if asked for.
struct Seen {
  std::map<std::string, double> largest;

  void note(const std::string& name, double error) {
    auto& kept = largest.emplace(name, 0).first->second;
    if (!(error <= kept)) kept = error;
  }
  ~Seen() {
    if (std::getenv("FOCUS_DETR_SHOW_ERRORS") == nullptr) return;
    for (const auto& [name, error] : largest) std::printf("error %s %.2g\n", name.c_str(), error);
  }
};

}  // namespace

const std::map<std::string, double>& error_budgets() {
  static const auto budgets = read_table();
  return budgets;
}

double error_budget(const std::string& name) {
  const auto found = error_budgets().find(name);
  if (found == error_budgets().end()) throw std::runtime_error(table_path() + ": no row named " + name);
  return found->second;
}

testing::AssertionResult within_budget(const std::string& name, double error) {
  static Seen seen;
  seen.note(name, error);
  const double budget = error_budget(name);
  if (error < budget) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "the error " << error << " is not below the budget " << budget
                                     << " of " << name << " (docs/error-budgets.md)";
}

}  // namespace focus::test
