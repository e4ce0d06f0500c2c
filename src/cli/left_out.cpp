#include "cli/left_out.h"

#include <CLI/CLI.hpp>

#include "base/error.h"

namespace focus::cli {

void fail_left_out(const std::string& what) {
  fail_usage(
      "{}: not part of this program, which was built without OpenCV; install OpenCV and build it again",
      what);
}

void add_left_out(CLI::App& app, const std::string& name, const std::string& parents) {
  auto* subcommand = app.add_subcommand(name, "(Not part of this program: it was built without OpenCV.)");
  subcommand->allow_extras();
  subcommand->callback([what = parents + name] { fail_left_out(what); });
}

}  // namespace focus::cli
