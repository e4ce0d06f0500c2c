// How far a kernel's numbers may be from what they should be: the table of docs/error-budgets.md.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace focus::test {

/// All rows of the table. Throws std::runtime_error, or Error, if it cannot be read as one.
const std::map<std::string, double>& error_budgets();

/// The budget in the row of this name ("attention.forward"). A name without a row is an error of the test: throws
/// std::runtime_error.
double error_budget(const std::string& name);

/// Whether an error is below the budget of that name; NaN is not. With FOCUS_DETR_SHOW_ERRORS set, the largest error
/// of each name is printed when the program ends.
testing::AssertionResult within_budget(const std::string& name, double error);

}  // namespace focus::test
