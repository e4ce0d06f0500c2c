// focus-detr doctor: what this machine offers, and what to change.
#include "doctor/doctor.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/console.h"
#include "base/error.h"
#include "base/version.h"
#include "cli/commands.h"

namespace focus::cli {
namespace {

struct DoctorArguments {
  std::string folder = ".";
  bool bill = false;
};

void run_doctor(const DoctorArguments& arguments) {
  const auto version = fmt::format("{} ({})", project_version(), git_commit());
  if (arguments.bill) {
    print_result("{}\n", doctor::bill_of_materials(version).dump(2));
    return;
  }
  print_result("focus-detr {}\n", version);
  int broken = 0;
  for (const auto& [subject, health, found, advice] : doctor::examine(arguments.folder)) {
    const char* mark = health == doctor::Health::kFine   ? "ok"
                       : health == doctor::Health::kSlow ? "slow"
                                                         : "BAD";
    print_result("{:<4}  {:<12} {}\n", mark, subject, found);
    if (!advice.empty()) print_result("{:<4}  {:<12} -> {}\n", "", "", advice);
    broken += health == doctor::Health::kBroken;
  }
  std::fflush(stdout);
  if (broken > 0) fail("{} of these must be fixed first", broken);
}

}  // namespace

void add_doctor(CLI::App& app) {
  CLI::App* subcommand = app.add_subcommand(
      "doctor", "Check processor, kernels, threads, libraries, memory and disk, and say what to change.");
  auto arguments = std::make_shared<DoctorArguments>();
  subcommand->add_option("--folder", arguments->folder, "Folder whose disk is checked.")
      ->capture_default_str();
  subcommand->add_flag("--sbom", arguments->bill, "Print a software bill of materials (CycloneDX) instead.");
  subcommand->callback([arguments] { run_doctor(*arguments); });
}

}  // namespace focus::cli
