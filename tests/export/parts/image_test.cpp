#include "export/parts/image.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "export/runtime.h"
#include "images/opencv/mat.h"
#include "images/resize.h"
#include "scenes/shapes/synth_scene.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

using exporter::Graph;
using exporter::Type;

TEST(ExportedPreprocessing, IsThatOfTheProgram) {
  images::PreprocessOptions options;
  options.short_side = 96;
  options.max_side = 160;
  Graph graph;
  const auto image = graph.input("image", Type::kUint8, {"H", "W", 3});
  graph.output("pixels", exporter::preprocessed(image, options), {1, 3, "h", "w"});
  const auto bytes = graph.serialise({}, {});

  const auto runtime = runtime_or_note();
  if (!runtime) return;
  const TemporaryFolder folder;
  const auto file = folder.path() / "preprocess.onnx";
  write_atomically(file, [&](std::ostream& out) { out << bytes; });
  // Shrunk, enlarged, cut short by the longest side, as it is, odd; and the least there is.
  const std::vector<nn::ImageSize> sizes{{213, 331}, {40, 60}, {400, 120}, {96, 128},
                                         {97, 301},  {1, 1},   {1, 500}};
  const images::Preprocess preprocess(options);
  std::vector<exporter::NamedTensors> inputs;
  std::vector<at::Tensor> expected;
  for (const auto& size : sizes) {
    const auto scene = scenes::render_scene(Rng{static_cast<uint64_t>(size.height)}, {}).image;
    const auto bgr = images::resize_antialiased(images::image_of(scene), size);
    const auto pixels = at::empty({bgr.height(), bgr.width(), 3}, at::kByte);
    images::copy_pixels(bgr, pixels.data_ptr<uint8_t>());
    inputs.push_back({{"image", pixels.flip(2).contiguous()}});
    expected.push_back(preprocess(bgr));
  }
  const auto outputs = runtime->run(file, inputs, 1);
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto pixels = outputs.at(i).at("pixels")[0];
    ASSERT_EQ(pixels.sizes(), expected[i].sizes()) << sizes[i].height << " x " << sizes[i].width;
    EXPECT_LE((pixels - expected[i]).abs().max().item<float>(), 1e-6F)
        << sizes[i].height << " x " << sizes[i].width;
  }
}

}  // namespace
}  // namespace focus::test
