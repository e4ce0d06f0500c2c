#include <gtest/gtest.h>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_model.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

TEST(ServeCommand, SaysWhereItListensAndStopsWhenAsked) {
  const TemporaryFolder folder;
  const auto model = (folder.path() / "tiny.safetensors").string(), out = (folder.path() / "out").string();
  write_tiny_model(model);
  const auto outcome =
      run("serve --model " + model + " --port 0 > " + out +
          " & server=$!; for i in $(seq 200); do grep -q serving " + out +
          " && break; sleep 0.1; done; kill -TERM $server; wait $server; echo code $?; cat " + out);
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
  const auto outcome = run(
      "serve --model " + model + " --host ::1 --port 0 > " + out +
      " & server=$!; for i in $(seq 200); do grep -q serving " + out +
      " && break; kill -0 $server || break; sleep 0.1; done; kill -TERM $server; wait $server; cat " + out);
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
}

}  // namespace
}  // namespace focus::test
