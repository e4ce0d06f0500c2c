#include "images/preprocess.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "images/decode.h"
#include "images/test_images.h"
#include "support/shared_data.h"
#include "support/stand_in_device.h"

namespace {

using focus::images::Image;
using focus::images::Preprocess;
using focus::images::PreprocessOptions;
using focus::test::filled;
using focus::test::noise;

TEST(Preprocess, ChannelsAndNormalisation) {
  constexpr int kLast = 2;
  const auto image = Image::by_rows(2, 3, 3, [](int y, uint8_t* row) {
    for (int x = 0; x < 3; ++x, row += 3) {
      const bool last = y == 1 && x == kLast;
      row[0] = last ? 0 : 10, row[1] = last ? 128 : 20, row[2] = last ? 255 : 30;
    }
  });
  const auto tensor = Preprocess({}).normalise(image);
  ASSERT_EQ(tensor.sizes(), (std::vector<int64_t>{3, 2, 3}));
  EXPECT_EQ(tensor.scalar_type(), at::kFloat);
  EXPECT_FLOAT_EQ(tensor[0][0][0].item<float>(), (30 - 123.675f) / 58.395f) << "red comes first";
  EXPECT_FLOAT_EQ(tensor[1][0][0].item<float>(), (20 - 116.28f) / 57.12f);
  EXPECT_FLOAT_EQ(tensor[2][0][0].item<float>(), (10 - 103.53f) / 57.375f);
  EXPECT_FLOAT_EQ(tensor[0][1][2].item<float>(), (255 - 123.675f) / 58.395f);
  EXPECT_FLOAT_EQ(tensor[2][1][2].item<float>(), (0 - 103.53f) / 57.375f);
}

TEST(Preprocess, ResizesByItsOptions) {
  PreprocessOptions options;
  options.short_side = 40;
  options.max_side = 60;
  const Preprocess preprocess(options);
  EXPECT_EQ(preprocess(filled(80, 100, {1, 2, 3})).sizes(), (std::vector<int64_t>{3, 40, 50}));
  EXPECT_EQ(preprocess(filled(20, 100, {1, 2, 3})).sizes(), (std::vector<int64_t>{3, 12, 60}));
}

TEST(Preprocess, OptionsAreDeclared) {
  PreprocessOptions options;
  focus::OptionTable table;
  options.describe(table);
  table.set_assignment("short_side=480");
  table.set_assignment("mean=[0, 0, 0]");
  EXPECT_EQ(options.short_side, 480);
  EXPECT_EQ(options.mean, (std::vector<double>{0, 0, 0}));
  EXPECT_THROW(table.set_assignment("max_side=0"), focus::UsageError);
  table.set_assignment("std=[1, 0, 1]");
  EXPECT_THROW(Preprocess{options}, focus::UsageError);
  table.set_assignment("std=[1, 1]");
  EXPECT_THROW(Preprocess{options}, focus::UsageError);
}

TEST(Preprocess, RefusesOtherPixels) {
  EXPECT_THROW(Preprocess({}).normalise(filled(2, 2, {1})), focus::Error);
  EXPECT_THROW(Preprocess({})(Image()), focus::Error);
}

TEST(Preprocess, GivesTheSameBitsOnAnotherDevice) {
  PreprocessOptions options;
  options.max_side = 200;
  for (const int64_t short_side :
       {24, 61, 97, 130}) {  // Smaller, as it is, larger; a long side that is too long.
    options.short_side = short_side;
    const Preprocess preprocess(options);
    for (const auto& image : {noise(61, 83), noise(97, 61), noise(61, 400)}) {
      const auto here = preprocess(image);
      for (const at::Device device : {at::Device(at::kCPU), focus::test::stand_in_device()}) {
        const auto there = preprocess.on_device(image, device);
        EXPECT_EQ(there.device(), device);
        EXPECT_TRUE(there.cpu().equal(here))
            << image.width() << " x " << image.height() << ", " << short_side;
      }
    }
  }
  const Image part = noise(90, 90).region({5, 7, 70, 64});  // Rows with gaps between them.
  EXPECT_TRUE(Preprocess(options).on_device(part, at::kCPU).equal(Preprocess(options)(part)));
  EXPECT_THROW(Preprocess(options).on_device(filled(2, 2, {1}), at::kCPU), focus::Error);
}

TEST(Collate, PadsBottomAndRight) {
  const auto batch = focus::images::collate({at::ones({3, 2, 5}), at::full({3, 4, 3}, 2.0)});
  ASSERT_EQ(batch.images.sizes(), (std::vector<int64_t>{2, 3, 4, 5}));
  EXPECT_EQ(batch.images[0].sum().item<float>(), 30);
  EXPECT_EQ(batch.images[1].sum().item<float>(), 72);
  EXPECT_EQ(batch.images[1][2][3][2].item<float>(), 2);
  EXPECT_EQ(batch.sizes[1], (focus::nn::ImageSize{4, 3}));
  EXPECT_FALSE(batch.padding_mask[0][1][4].item<bool>());
  EXPECT_TRUE(batch.padding_mask[0][2][0].item<bool>());
  EXPECT_TRUE(batch.padding_mask[1][0][3].item<bool>());
  EXPECT_EQ(batch.padding_mask.sum().item<int64_t>(), 10 + 8);
}

TEST(Collate, RefusesWhatDoesNotFit) {
  EXPECT_THROW(focus::images::collate({}), focus::Error);
  EXPECT_THROW(focus::images::collate({at::ones({1, 2, 2})}), focus::Error);
  EXPECT_THROW(focus::images::collate({at::ones({3, 2, 2}, at::kByte)}), focus::Error);
}

TEST(PreprocessSharedData, RealImage) {
  FOCUS_NEEDS_SHARED_DATA();
  if (focus::images::decoder_version() == "none") GTEST_SKIP() << "decodes no image files";
  const auto image =
      focus::images::decode_image(focus::test::shared_dir() / "data/bccd/images/train/BloodImage_00001.jpg");
  const auto tensor = Preprocess({})(image);
  EXPECT_EQ(tensor.sizes(), (std::vector<int64_t>{3, 800, 1067}));
  EXPECT_LT(tensor.abs().max().item<float>(), 3);
}

}  // namespace
