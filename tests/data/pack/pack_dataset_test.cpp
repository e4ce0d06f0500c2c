#include "data/pack/pack_dataset.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "data/augment.h"
#include "data/coco/coco_writer.h"
#include "data/convert_dataset.h"
#include "data/dataset_files.h"
#include "data/fingerprint.h"
#include "data/image_source.h"
#include "data/loader.h"
#include "io/safetensors/safetensors.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;
using namespace data;
using namespace images;

/// A data set of eleven images in its split train and two in val, and where to pack it.
class PackDataset : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto& [split, count] : {std::pair{"train", 11}, {"val", 2}}) {
      const fs::path place = source_ / "images" / split;
      fs::create_directories(place);
      const auto store = make_images(place, count);
      if (store->image_dir() != place) fs::rename(store->image_dir(), fs::path(place) += ".safetensors");
      std::vector<std::string> names;
      for (int64_t i = 0; i < store->size(); ++i) names.push_back(store->image(i).file_name);
      WrittenBoxes boxes;
      write_coco_split(source_, split, *store, names, boxes);
    }
  }

  std::string pack_file(const char* split = "train") const {
    return (packed_ / "images" / (std::string(split) + ".safetensors")).string();
  }
  /// What is said when the packed training split is used.
  std::string fault() const {
    return error_of([&] {
      const auto store = load_split(packed_, "train");
      ImageSource source(store, 0);
      for (int64_t i = 0; i < store->size(); ++i) source.image(i);
    });
  }
  /// Writes other tensors in place of the packed training images.
  void replace(const io::TensorFile& file) const { io::write_safetensors(pack_file(), file); }

  TemporaryFolder folder_;
  fs::path source_ = folder_.path() / "source", packed_ = folder_.path() / "packed";
};

TEST_F(PackDataset, IsTheSameDataSet) {
  int64_t told = 0;
  const auto summary =
      pack_dataset(source_, packed_, {.progress = [&](int64_t done, int64_t all) { told += done == all; }});
  EXPECT_EQ(summary.splits, (std::vector<std::string>{"train", "val"}));
  EXPECT_EQ(summary.images, 13);
  EXPECT_GT(summary.bytes, 13 * 3 * 20 * 22 - 1);
  EXPECT_EQ(told, 2);
  for (const char* split : {"train", "val"}) {
    const auto own = load_split(source_, split), packed = load_split(packed_, split);
    EXPECT_EQ(fingerprint(*packed), fingerprint(*own));
    EXPECT_EQ(packed->image_dir(), fs::path(pack_file(split)));
  }
}

TEST_F(PackDataset, SamplesAreTheSameToTheBit) {
  pack_dataset(source_, packed_, {});
  AugmentOptions augment;
  augment.short_sides = {24, 32};
  augment.crop_short_sides = {20};
  augment.crop_min = 8, augment.crop_max = 16;
  augment.brightness = augment.contrast = augment.saturation = 0.3;
  augment.hue = 0.1;
  const auto batches = [&](const fs::path& dataset, int64_t workers) {
    DataLoader loader(load_split(dataset, "train"), training_transform({}, augment),
                      {.batch_size = 4, .workers = workers});
    std::vector<Batch> all;
    for (const int64_t epoch : {0, 1}) {
      loader.start_epoch(epoch);
      while (auto batch = loader.next()) all.push_back(std::move(*batch));
    }
    return all;
  };
  const auto own = batches(source_, 0), packed = batches(packed_, 2);
  ASSERT_EQ(own.size(), packed.size());
  for (size_t i = 0; i < own.size(); ++i) {
    EXPECT_TRUE(own[i].images.images.equal(packed[i].images.images));
    for (size_t k = 0; k < own[i].targets.size(); ++k) {
      EXPECT_TRUE(own[i].targets[k].boxes.equal(packed[i].targets[k].boxes));
    }
  }
}

TEST_F(PackDataset, ImagesAreViewsThatStay) {
  pack_dataset(source_, packed_, {});
  const auto store = load_split(packed_, "train");
  Image first, again;
  {
    ImageSource source(store, 1 << 20);
    first = source.image(0);
    again = source.image(0);
    EXPECT_EQ(source.cached_bytes(), 0) << "nothing is kept beside the file";
  }
  fs::remove_all(packed_);
  EXPECT_EQ(first.row(0), again.row(0)) << "nothing is copied";
  EXPECT_EQ(largest_difference(first, noise(20, 30, 1)), 0);
}

TEST_F(PackDataset, APackIsPackedAgain) {
  pack_dataset(source_, packed_, {});
  const auto second = folder_.path() / "second";
  pack_dataset(packed_, second, {.splits = {"train"}});
  EXPECT_EQ(read_file(second / "images/train.safetensors", 1 << 20), read_file(pack_file(), 1 << 20));
  EXPECT_FALSE(fs::exists(second / "images/val.safetensors"));
}

TEST_F(PackDataset, OnlyItsAnnotationsAreConverted) {
  pack_dataset(source_, packed_, {});
  const auto out = folder_.path() / "voc";
  EXPECT_THROW(convert_dataset(packed_, out, {.to = DatasetFormat::kVoc}), UsageError);
  EXPECT_EQ(
      convert_dataset(packed_, out, {.to = DatasetFormat::kVoc, .transfer = ImageTransfer::kNone}).images,
      13);
}

TEST_F(PackDataset, KnowsHowImagesWereTurned) {
  pack_dataset(source_, packed_, {});
  EXPECT_EQ(load_split(packed_, "train")->orientation(), Orientation::kAsStored);
  expect_said(error_of([&] { load_split(packed_, "train", {.images = ImageReading::kUpright}); }),
              {"train.safetensors", "packed as stored", "--exif-orientation"});
  const auto read = io::read_safetensors(pack_file());
  auto upright = read;
  upright.metadata["orientation"] = "upright";
  replace(upright);
  EXPECT_EQ(load_split(packed_, "train")->orientation(), Orientation::kUpright) << "the pack says so itself";
  ImageSource turned(load_split(packed_, "train", {.images = ImageReading::kUpright}), 0);
  EXPECT_EQ(largest_difference(turned.image(0), noise(20, 30, 1)), 0);
  EXPECT_EQ(fault(), "") << "what is stored in the pack is upright";
  upright.metadata["orientation"] = "sideways";
  replace(upright);
  expect_said(fault(), {"train.safetensors", "orientation", "sideways", "dataset pack"});
}

TEST_F(PackDataset, DamageIsNamed) {
  pack_dataset(source_, packed_, {});
  const auto good = io::read_safetensors(pack_file());
  const auto size = fs::file_size(pack_file());
  for (const uintmax_t left : {uintmax_t{0}, uintmax_t{7}, uintmax_t{100}, size / 2, size - 1}) {
    fs::resize_file(pack_file(), left);
    expect_said(fault(), {"train.safetensors"});
    replace(good);
  }
  put(pack_file(), "no such thing at all");
  expect_said(fault(), {"train.safetensors", "not a safetensors file"});

  auto other = good;
  other.metadata.clear();
  replace(other);
  expect_said(fault(), {"train.safetensors", "format", "dataset pack"});

  for (const auto& tensor : {at::zeros({20, 30, 3}), at::zeros({20, 30}, at::kByte),
                             at::zeros({20, 30, 4}, at::kByte), at::zeros({0, 30, 3}, at::kByte)}) {
    other = good;
    other.tensors["3.png"] = tensor;
    replace(other);
    expect_said(fault(), {"train.safetensors", "'3.png'", "[height, width, 3]"});
  }

  other = good;
  other.tensors.erase("3.png");
  replace(other);
  expect_said(fault(), {"train.safetensors", "no image '3.png'", "dataset pack"});

  other = good;
  other.tensors["3.png"] = at::zeros({30, 20, 3}, at::kByte);
  replace(other);
  expect_said(fault(), {"3.png", "20 x 30", "dataset check"});
}

TEST_F(PackDataset, NothingIsOverwrittenAndNothingHalfIsLeft) {
  fs::create_directories(packed_);
  put(packed_ / "mine", "text");
  EXPECT_THROW(pack_dataset(source_, packed_, {}), UsageError);
  EXPECT_TRUE(fs::exists(packed_ / "mine"));
  fs::remove_all(packed_);
  EXPECT_THROW(pack_dataset(source_, packed_, {.splits = {"train", "train"}}), UsageError);
  EXPECT_THROW(pack_dataset(source_, packed_, {.splits = {"../train"}}), Error);
  const auto val = source_ / "images/val";
  if (fs::exists(val / "1.png")) {
    fs::resize_file(val / "1.png", 20);
  } else {
    fs::resize_file(fs::path(val) += ".safetensors", 20);
  }
  EXPECT_NE(error_of([&] { pack_dataset(source_, packed_, {}); }), "");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 1)
      << "only the source";
}

}  // namespace
}  // namespace focus::test
