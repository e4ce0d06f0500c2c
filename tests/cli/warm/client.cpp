// Stands for focus-detr in the tests' shell lines: asks for a run in a warm process (server.cpp), or else becomes the
// command. It links no LibTorch, so it starts in a millisecond.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "cli/warm/protocol.h"

extern char** environ;

namespace warm = focus::test::warm;

namespace {

[[noreturn]] void become_the_command(char** argv) {
  static std::string name = FOCUS_DETR_COMMAND;
  argv[0] = name.data();
  ::execv(argv[0], argv);
  ::_exit(127);
}

/// Whether the request was sent with the three streams.
bool send_request(int handle, std::string text) {
  const int streams[3] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  warm::StreamsMessage sent(text);
  cmsghdr* head = CMSG_FIRSTHDR(&sent.message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(streams));
  std::memcpy(CMSG_DATA(head), streams, sizeof(streams));
  return ::sendmsg(handle, &sent.message, MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

}  // namespace

int main(int argc, char** argv) {
  // The number of a closed stream would be the socket's.
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) < 0) become_the_command(argv);
  }
  const char* name = std::getenv(warm::kSocketVariable);
  char folder[4096];
  if (name == nullptr || ::getcwd(folder, sizeof(folder)) == nullptr) become_the_command(argv);
  const int handle = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  const auto length = warm::address_of(name, address);
  if (handle < 0 || ::connect(handle, reinterpret_cast<const sockaddr*>(&address), length) != 0)
    become_the_command(argv);

  std::string text = folder + std::string(1, '\0') + std::to_string(argc - 1) + '\0';
  for (int i = 1; i < argc; ++i) text += argv[i] + std::string(1, '\0');
  for (char** entry = environ; *entry != nullptr; ++entry) text += *entry + std::string(1, '\0');
  for (const auto& entry : warm::inherited()) text += entry + '\0';
  int32_t status = warm::kRunItYourself;
  if (text.size() > warm::kMostBytes || !send_request(handle, std::move(text)) ||
      ::recv(handle, &status, sizeof(status), 0) != sizeof(status) || status == warm::kRunItYourself) {
    become_the_command(argv);
  }
  if (WIFSIGNALED(status)) {
    std::signal(WTERMSIG(status), SIG_DFL);
    ::raise(WTERMSIG(status));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}
