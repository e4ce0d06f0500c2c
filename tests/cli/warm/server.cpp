// To load LibTorch takes a third of a second of each command's life, of which tests start hundreds. Here a process that
// has it loaded, and has begun nothing else, forks for each of them: what runs is all of the command from its first line
// to its last (cli/command_main.h).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <vector>

#include "cli/command_main.h"
#include "cli/warm/protocol.h"

extern char** environ;

namespace focus::test::warm {
namespace {

struct Request {
  int streams[3] = {-1, -1, -1};
  std::string folder;
  std::vector<std::string> arguments;
  std::set<std::string> environment;
};

std::set<std::string> own_environment() {
  auto all = inherited();
  for (char** entry = environ; *entry != nullptr; ++entry) all.insert(*entry);
  return all;
}

bool receive(int connection, Request& request) {
  std::string text(kMostBytes, '\0');
  StreamsMessage received(text);
  const auto count = ::recvmsg(connection, &received.message, 0);
  const cmsghdr* head = CMSG_FIRSTHDR(&received.message);
  if (count <= 0 || head == nullptr || head->cmsg_len != CMSG_LEN(sizeof(request.streams))) return false;
  std::memcpy(request.streams, CMSG_DATA(head), sizeof(request.streams));
  text.resize(static_cast<size_t>(count));
  std::vector<std::string> parts;
  for (size_t begin = 0, end = 0; (end = text.find('\0', begin)) != std::string::npos; begin = end + 1) {
    parts.push_back(text.substr(begin, end - begin));
  }
  const auto arguments = 2 + std::stol(parts.at(1));
  request.folder = parts[0];
  request.arguments.assign(parts.begin() + 2, parts.begin() + arguments);
  request.environment.insert(parts.begin() + arguments, parts.end());
  return true;
}

[[noreturn]] void be_the_command(Request& request) {
  for (int stream = 0; stream < 3; ++stream) ::dup2(request.streams[stream], stream);
  for (const int stream : request.streams) {
    if (stream > 2) ::close(stream);
  }
  if (::chdir(request.folder.c_str()) != 0) ::_exit(127);
  std::string name = FOCUS_DETR_COMMAND;
  std::vector<char*> words{name.data()};
  for (auto& argument : request.arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  cli::end_command(cli::command_main(static_cast<int>(words.size()) - 1, words.data()));
}

/// Answers one connection; runs in a process of its own.
void answer(int connection) {
  Request request;
  if (!receive(connection, request)) return;
  int32_t status = kRunItYourself;
  if (telling(request.environment) == telling(own_environment())) {
    // The pipe's end tells that the command has ended, as long as it lives that its shell has not.
    int alive[2];
    if (::pipe2(alive, O_CLOEXEC) != 0) return;
    std::signal(SIGCHLD, SIG_DFL);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(connection);
      ::close(alive[0]);
      be_the_command(request);
    }
    ::close(alive[1]);
    for (const int stream : request.streams) ::close(stream);
    pollfd ends[2] = {{alive[0], POLLIN, 0}, {connection, POLLIN, 0}};
    while (::poll(ends, 2, -1) < 0) {
    }
    if (ends[0].revents == 0) ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  ::send(connection, &status, sizeof(status), MSG_NOSIGNAL);
}

[[noreturn]] void serve(int listener) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGCHLD, SIG_IGN);
  while (true) {
    const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    if (::fork() == 0) {
      ::close(listener);
      answer(connection);
      ::_exit(0);
    }
    ::close(connection);
  }
}

/// Begins before the first test, and so before the first thread.
class WarmCommand : public testing::Environment {
 public:
  void SetUp() override {
    // Shells let background commands ignore SIGINT, nohup SIGHUP; children would inherit it.
    for (const int signal : {SIGINT, SIGQUIT, SIGHUP, SIGTERM, SIGPIPE}) std::signal(signal, SIG_DFL);
    const auto name = "focus-detr-test-" + std::to_string(::getpid());
    const int listener = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    const auto length = address_of(name.c_str(), address);
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), length), 0);
    ASSERT_EQ(::listen(listener, 16), 0);
    ::setenv(kSocketVariable, name.c_str(), 1);
    server_ = ::fork();
    if (server_ == 0) serve(listener);
    ::close(listener);
  }
  void TearDown() override {
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
  }

 private:
  pid_t server_ = 0;
};

const auto* const environment_of_tests = testing::AddGlobalTestEnvironment(new WarmCommand);

}  // namespace
}  // namespace focus::test::warm
