#include "io/weights_file.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "base/human.h"
#include "io/numpy/npz_file.h"
#include "io/pytorch/pytorch_file.h"
#include "io/safetensors/safetensors.h"
#include "io/safetensors/safetensors_header.h"
#include "io/state_dict.h"

namespace focus::io {
namespace {

enum class Container { kSafetensors, kZip, kPickle };

bool begins_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

Container container_of(const ByteSource& bytes, const std::string& source) {
  constexpr uint64_t kLook = 265;
  std::string start(std::min(bytes.size(), kLook), '\0');
  bytes.read(0, start.data(), start.size());
  if (start.empty()) fail("{}: is empty", source);
  if (begins_with(start, "PK\3\4") || begins_with(start, "PK\5\6")) return Container::kZip;
  const bool has_header = start.size() > 8 && start[8] == '{';
  const bool is_pickle = begins_with(start, "\x80") && start.size() > 1 && start[1] >= 1 && start[1] <= 5;
  uint64_t length = 0;
  for (size_t i = 0; i < 8 && i < start.size(); ++i) {
    length |= uint64_t{static_cast<uint8_t>(start[i])} << (8 * i);
  }
  if (has_header && (!is_pickle || length <= kMaxSafetensorsHeader)) return Container::kSafetensors;
  if (is_pickle) return Container::kPickle;
  if (begins_with(start, "version https://git-lfs")) {
    fail("{}: is a git-lfs pointer, not the weights; fetch them with git lfs pull", source);
  }
  if (begins_with(start, "\x93NUMPY")) {
    fail("{}: is a single numpy array; save named arrays with numpy.savez", source);
  }
  if (start.size() >= 262 && start.substr(257, 5) == "ustar") {
    fail("{}: is a tar file; if PyTorch 0.1 wrote it, load and save it with a later version", source);
  }
  // How a pickle of protocol 0 can begin.
  if (std::string_view("(]}c").find(start.front()) != std::string_view::npos) return Container::kPickle;
  fail(
      "{}: is not a known format of weights: it begins with {}; known are safetensors, PyTorch's "
      "checkpoints, pickles of numpy arrays and .npz",
      source, in_quotes(start.substr(0, 16)));
}

WeightsFile read_pickled(PickledFile file, const std::string& key, const std::string& source) {
  WeightsFile weights;
  weights.format = file.format();
  const PickleRef dict = find_state_dict(file, key, source, weights.key);
  read_state_dict(file, dict, source, weights);
  read_remarks(file.values(), dict, weights);
  check_total(weights, file.content_bytes(), source);
  return weights;
}

}  // namespace

WeightsFile read_weights(const std::filesystem::path& path, const std::string& key) {
  const std::string source = path.string();
  const std::shared_ptr<const ByteSource> bytes = file_bytes(path);
  const auto refuse_key = [&](const char* format) {
    if (!key.empty())
      fail("{}: is {}, which has no keys; {} cannot be chosen", source, format, in_quotes(key));
  };
  WeightsFile weights;
  switch (container_of(*bytes, source)) {
    case Container::kSafetensors: {
      refuse_key("a safetensors file");
      TensorFile file = read_safetensors(path);
      restore_aliases(file);
      weights.tensors = std::move(file.tensors);
      weights.metadata = std::move(file.metadata);
      weights.unread = std::move(file.unread);
      weights.format = "safetensors";
      break;
    }
    case Container::kZip: {
      auto archive = std::make_unique<ZipArchive>(path);
      if (is_npz(*archive)) {
        refuse_key("an .npz file");
        read_npz(*archive, weights);
        weights.format = "npz";
      } else {
        weights = read_pickled(open_pytorch_zip(std::move(archive)), key, source);
      }
      break;
    }
    case Container::kPickle:
      weights = read_pickled(open_pickled(bytes, source), key, source);
      break;
  }
  use_plain_names(weights);
  return weights;
}

}  // namespace focus::io
