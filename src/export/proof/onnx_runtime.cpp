#include "export/proof/onnx_runtime.h"

#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "base/json.h"
#include "export/proof/peer_script.h"
#include "export/proof/temporary_folder.h"

extern char** environ;

namespace focus::exporter {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostBytes = uint64_t{1} << 32;

struct WireType {
  at::ScalarType scalar;
  const char* name;
};
constexpr std::array<WireType, 4> kWireTypes{
    {{at::kFloat, "float32"}, {at::kLong, "int64"}, {at::kByte, "uint8"}, {at::kBool, "bool"}}};

void write_tensor(const fs::path& path, const at::Tensor& tensor) {
  write_atomically(path, [&](std::ostream& out) {
    out.write(static_cast<const char*>(tensor.data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
  });
}

nlohmann::json send(const fs::path& folder, size_t index, const NamedTensors& tensors) {
  auto listed = nlohmann::json::object();
  for (const auto& [name, given] : tensors) {
    const auto tensor = given.contiguous();
    const auto* type = std::find_if(kWireTypes.begin(), kWireTypes.end(),
                                    [&](const auto& t) { return t.scalar == tensor.scalar_type(); });
    if (type == kWireTypes.end())
      fail("ONNX Runtime: input '{}' has the unsupported type {}", name, toString(tensor.scalar_type()));
    const auto file = fmt::format("input.{}.{}", index, name);
    write_tensor(folder / file, tensor);
    listed[name] = {{"type", type->name}, {"dims", tensor.sizes().vec()}, {"file", file}};
  }
  return listed;
}

at::Tensor receive(const fs::path& folder, const std::string& name, const nlohmann::json& listed) {
  const auto type_name = listed.at("type").get<std::string>();
  const auto* type =
      std::find_if(kWireTypes.begin(), kWireTypes.end(), [&](const auto& t) { return t.name == type_name; });
  if (type == kWireTypes.end())
    fail("ONNX Runtime: output '{}' has the unsupported type {}", name, type_name);
  const auto bytes = read_file(folder / listed.at("file").get<std::string>(), kMostBytes);
  auto tensor = at::empty(listed.at("dims").get<std::vector<int64_t>>(), type->scalar);
  if (bytes.size() != tensor.nbytes())
    fail("ONNX Runtime: output '{}' has {} bytes, not {}", name, bytes.size(), tensor.nbytes());
  std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

/// Runs a program from the PATH and waits for it. Returns its exit code, or 128 plus the signal that ended
/// it.
int run_program(std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, pointers[0], nullptr, nullptr, pointers.data(), environ);
  if (error != 0) fail("{}: cannot be started: {}; is it installed?", arguments[0], std::strerror(error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("{}: {}", arguments[0], std::strerror(errno));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::optional<OnnxRuntime> OnnxRuntime::find(const std::string& folder) {
  const char* variable = std::getenv(kVariable);
  const fs::path place = !folder.empty() ? folder : variable ? variable : "";
  if (place.empty()) return std::nullopt;
  const auto modules = place / "node_modules";
  if (!fs::is_directory(modules / "onnxruntime-node")) {
    fail("{}: has no node_modules/onnxruntime-node; run: npm install --prefix {} onnxruntime-node",
         place.string(), place.string());
  }
  return OnnxRuntime(fs::absolute(modules));
}

std::vector<NamedTensors> OnnxRuntime::run(const fs::path& model, const std::vector<NamedTensors>& cases,
                                           int threads) const {
  const TemporaryFolder mailbox;
  const auto& folder = mailbox.path();
  const auto script = folder / "onnx_runtime.js";
  write_atomically(script, [](std::ostream& out) { out << peer_script().front().text; });
  auto inputs = nlohmann::json::array();
  for (size_t i = 0; i < cases.size(); ++i) inputs.push_back(send(folder, i, cases[i]));
  write_atomically(folder / "inputs.json", [&](std::ostream& out) { out << inputs; });
  const int code = run_program({"node", script.string(), modules_.string(), fs::absolute(model).string(),
                                folder.string(), std::to_string(threads)});
  if (code != 0) {
    const auto said = folder / "error.txt";
    const auto text =
        fs::exists(said) ? read_file(said, kMostBytes) : fmt::format("node ended with code {}", code);
    fail("{}: ONNX Runtime rejects it: {}", model.string(), text.substr(0, text.find('\n')));
  }
  const auto outputs = parse_json(read_file(folder / "outputs.json", kMostBytes), "ONNX Runtime's answer");
  std::vector<NamedTensors> results;
  for (const auto& listed : outputs.at("results")) {
    auto& result = results.emplace_back();
    for (const auto& [name, tensor] : listed.items()) result[name] = receive(folder, name, tensor);
  }
  return results;
}

}  // namespace focus::exporter
