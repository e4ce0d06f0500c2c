#include <gtest/gtest.h>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_model.h"
#include "support/temporary_folder.h"
#include "support/wait_until.h"

namespace focus::test {
namespace {

TEST(ServeCommand, SaysWhereItListensAndStopsWhenAsked) {
  const TemporaryFolder folder;
  const auto model = (folder.path() / "tiny.safetensors").string(), out = (folder.path() / "out").string();
  write_tiny_model(model);
  const auto outcome = run_shell(std::string(kCommand) + "serve --model " + model + " --port 0 > " + out +
                                 " & server=$!; " + shell_wait_until("grep -q serving " + out) +
                                 "; kill -TERM $server; wait $server; echo code $?; cat " + out);
  EXPECT_NE(outcome.output.find("code 0\n"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("serving tiny on http://127.0.0.1:"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("\nstopped\n"), std::string::npos) << outcome.output;
}

TEST(ServeCommand, AddressesOfIPv6AreInBrackets) {
  const TemporaryFolder folder;
  const auto model = (folder.path() / "tiny.safetensors").string(), out = (folder.path() / "out").string();
  write_tiny_model(model);
  expect_refused(run("serve --model " + model + " --host ::2 --port 1"), 1, {"cannot listen on [::2]:1: "});
  if (!std::filesystem::exists("/proc/net/if_inet6")) GTEST_SKIP() << "no IPv6 here";
  const auto outcome =
      run_shell(std::string(kCommand) + "serve --model " + model + " --host ::1 --port 0 > " + out +
                " & server=$!; " + shell_wait_until("grep -q serving " + out + " || ! kill -0 $server") +
                "; kill -TERM $server; wait $server; cat " + out);
  EXPECT_NE(outcome.output.find(" on http://[::1]:"), std::string::npos) << outcome.output;
}

TEST(ServeCommand, WrongUsageIsNamed) {
  const TemporaryFolder folder;
  const auto model = (folder.path() / "tiny.safetensors").string();
  write_tiny_model(model);
  expect_refused(run("serve --model none.safetensors --port 0"), 1, {"none.safetensors"});
  expect_refused(run("serve --model " + model + " --host 256.0.0.1"), 1, {"cannot listen on 256.0.0.1:8080"});
  expect_wrong_usage(run("serve --model " + model + " --port 70000"), {"--port"});
  expect_wrong_usage(run("serve --model " + model + " --host ''"), {"--host"});
  expect_wrong_usage(run("serve --port 0"), {"--model"});
  for (const std::string origin :
       {"''", "example.org", "https://example.org/", "https://example.org/app", "null"}) {
    expect_wrong_usage(run("serve --port 0 --model " + model + " --allow-origin " + origin),
                       {"--allow-origin: "});
  }
  expect_wrong_usage(run("serve --port 0 --model stats=" + model), {"'stats'", "which is a route"});
}

TEST(ServeCommand, ATokenThatNobodyCanShowIsRefused) {
  const TemporaryFolder folder;
  const auto model = (folder.path() / "tiny.safetensors").string();
  write_tiny_model(model);
  const auto with = [&](const std::string& token) {
    return run_shell("FOCUS_DETR_TOKEN=" + token + " " + kCommand + "serve --port 0 --model " + model);
  };
  expect_refused(with("''"), 2, {"FOCUS_DETR_TOKEN is empty", "unset it"});
  expect_refused(with("\"$(printf 'a\\nb')\""), 2, {"FOCUS_DETR_TOKEN has a line break"});
  expect_refused(with("\"$(printf 'a\\tb')\""), 2, {"FOCUS_DETR_TOKEN has a control character"});
  expect_refused(with("' secret'"), 2, {"FOCUS_DETR_TOKEN begins or ends with a space"});
}

TEST(ServeCommand, WithoutStandardOutputItDoesNotServe) {
  const TemporaryFolder folder;
  const auto model = (folder.path() / "tiny.safetensors").string();
  write_tiny_model(model);
  const std::string serve = kCommand + std::string("serve --port 0 --model ") + model;
  expect_refused(run_shell(serve + " >&-"), 1, {"standard output is closed"});
  const auto silent = run_shell(serve + " >&- 2>&-");
  EXPECT_EQ(silent.code, 1) << "there is nowhere to say it";
  EXPECT_EQ(silent.output, "");
}

}  // namespace
}  // namespace focus::test
