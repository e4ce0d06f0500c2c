#include "export/targets/triton_config.h"

#include <algorithm>

#include "base/error.h"
#include "base/human.h"
#include "models/architectures.h"

namespace focus::exporter {
namespace {

std::string tensor_entry(const char* name, const char* type, const std::string& dims) {
  return fmt::format("  {{ name: \"{}\" data_type: {} dims: [ {} ] }}", name, type, dims);
}

void append_list(std::string& text, const char* field, const std::vector<std::string>& entries) {
  text += fmt::format("{} [\n{}\n]\n", field, fmt::join(entries, ",\n"));
}

}  // namespace

std::string triton_config(const std::string& name, const detector::LoadedModel& loaded,
                          const OnnxOptions& options) {
  const bool usual = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  if (!usual) {
    fail(
        "{}: Triton names a model after its folder, which may have letters, digits, '_', '-' and '.'; choose "
        "another folder name",
        in_quotes(name));
  }
  // Triton must not batch requests: the images of a batch are padded to one size, which only the client
  // knows.
  auto text = fmt::format("name: \"{}\"\nplatform: \"onnxruntime_onnx\"\nmax_batch_size: 0\n", name);
  if (options.input == InputKind::kImage) {
    append_list(text, "input", {tensor_entry("image", "TYPE_UINT8", "-1, -1, 3")});
  } else {
    append_list(text, "input",
                {tensor_entry("pixels", "TYPE_FP32", "-1, 3, -1, -1"),
                 tensor_entry("padding_mask", "TYPE_BOOL", "-1, -1, -1")});
  }
  const char* batch = options.input == InputKind::kImage ? "1" : "-1";
  const auto rows = [&](const std::string& rest) { return fmt::format("{}, -1{}", batch, rest); };
  if (options.output == OutputKind::kRaw) {
    const auto& model = loaded.model->options();
    const int64_t columns = model.classes + models::find_architecture(model.architecture).extra_logits();
    append_list(text, "output",
                {tensor_entry("logits", "TYPE_FP32", rows(fmt::format(", {}", columns))),
                 tensor_entry("boxes", "TYPE_FP32", rows(", 4"))});
  } else {
    append_list(
        text, "output",
        {tensor_entry("boxes", "TYPE_FP32", rows(", 4")), tensor_entry("scores", "TYPE_FP32", rows("")),
         tensor_entry("category_ids", "TYPE_INT64", rows(""))});
  }
  return text;
}

}  // namespace focus::exporter
