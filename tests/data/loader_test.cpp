#include "data/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>

#include "base/error.h"
#include "data/augment.h"
#include "data/coco/coco.h"
#include "images/test_images.h"
#include "support/shared_data.h"

namespace {

using namespace focus::data;

using namespace focus::images;

PreprocessOptions small_preprocess() {
  PreprocessOptions options;
  options.short_side = 24;
  options.max_side = 40;
  return options;
}

SampleTransform small_training() {
  AugmentOptions augment;
  augment.short_sides = {16, 24, 32};
  augment.max_side = 40;
  augment.crop_short_sides = {20, 30};
  augment.crop_min = 10;
  augment.crop_max = 25;
  augment.brightness = 0.4;
  return training_transform(small_preprocess(), augment);
}

std::vector<Batch> read_epoch(DataLoader& loader, int64_t epoch, int64_t first_batch = 0) {
  std::vector<Batch> batches;
  loader.start_epoch(epoch, first_batch);
  while (auto batch = loader.next()) batches.push_back(std::move(*batch));
  return batches;
}

void expect_same(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].indices, b[i].indices);
    EXPECT_TRUE(at::equal(a[i].images.images, b[i].images.images)) << "batch " << i;
    ASSERT_EQ(a[i].targets.size(), b[i].targets.size());
    for (size_t t = 0; t < a[i].targets.size(); ++t) {
      EXPECT_TRUE(at::equal(a[i].targets[t].boxes, b[i].targets[t].boxes));
      EXPECT_TRUE(at::equal(a[i].targets[t].labels, b[i].targets[t].labels));
    }
  }
}

// Images are packed where there is nothing to write files with.
#define NEEDS_IMAGE_FILES() \
  if (!std::filesystem::is_directory(store_->image_dir())) GTEST_SKIP() << "needs image files"

class Loader : public testing::Test {
 protected:
  focus::test::TemporaryFolder folder_;
  std::shared_ptr<const AnnotationStore> store_ = focus::test::make_images(folder_.path(), 11);
};

TEST_F(Loader, EveryImageOnceAnEpoch) {
  DataLoader loader(store_, evaluation_transform(small_preprocess()), {.batch_size = 3, .workers = 2});
  EXPECT_EQ(loader.batches(), 4);
  std::vector<std::vector<int64_t>> orders;
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    std::vector<int64_t> seen;
    for (const auto& batch : read_epoch(loader, epoch)) {
      seen.insert(seen.end(), batch.indices.begin(), batch.indices.end());
    }
    orders.push_back(seen);
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  }
  EXPECT_NE(orders[0], orders[1]);
  EXPECT_FALSE(loader.next().has_value()) << "an epoch stays over";
}

TEST_F(Loader, BatchesHoldWhatTheFilesSay) {
  DataLoader loader(store_, evaluation_transform(small_preprocess()), {.batch_size = 4, .shuffle = false});
  const auto batches = read_epoch(loader, 0);
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_EQ(batches[2].indices, (std::vector<int64_t>{8, 9, 10}));
  const auto& batch = batches[0];
  ASSERT_EQ(batch.targets.size(), 4u);
  EXPECT_EQ(batch.original_sizes[1], (focus::nn::ImageSize{24, 28}));
  EXPECT_EQ(batch.images.sizes[0], (focus::nn::ImageSize{24, 36}));
  EXPECT_EQ(batch.images.sizes[0], batch.targets[0].size);
  ASSERT_EQ(batch.targets[1].labels.sizes(), (std::vector<int64_t>{1})) << "crowds are left out";
  EXPECT_EQ(batch.targets[1].labels[0].item<int64_t>(), 1);
  const auto expected = at::tensor({0.25f, 0.5f, 0.5f, 1.0f});
  EXPECT_TRUE(at::allclose(batch.targets[1].boxes[0], expected));
  EXPECT_FALSE(batch.images.images.requires_grad());
}

TEST_F(Loader, ResultsDoNotDependOnWorkersOrCache) {
  DataLoader reference(store_, small_training(), {.batch_size = 3, .seed = 5, .workers = 0});
  const auto expected = read_epoch(reference, 3);
  for (const int64_t workers : {1, 2, 5}) {
    for (const int64_t cache_mb : {0, 1}) {
      DataLoader loader(store_, small_training(),
                        {.batch_size = 3,
                         .seed = 5,
                         .workers = workers,
                         .prefetch = 1 + workers / 2,
                         .cache_mb = cache_mb});
      expect_same(read_epoch(loader, 3), expected);
      expect_same(read_epoch(loader, 3), expected);
    }
  }
}

TEST_F(Loader, SeedAndEpochChangeTheSamples) {
  DataLoader loader(store_, small_training(), {.batch_size = 1, .shuffle = false, .seed = 5});
  DataLoader other(store_, small_training(), {.batch_size = 1, .shuffle = false, .seed = 6});
  const auto a = read_epoch(loader, 0), b = read_epoch(loader, 1), c = read_epoch(other, 0);
  const auto different = [](const auto& x, const auto& y) {
    int count = 0;
    for (size_t i = 0; i < x.size(); ++i) count += !at::equal(x[i].images.images, y[i].images.images);
    return count;
  };
  EXPECT_GT(different(a, b), 8);
  EXPECT_GT(different(a, c), 8);
}

TEST_F(Loader, ResumesInTheMiddle) {
  const LoaderOptions options{.batch_size = 2, .seed = 1, .workers = 2};
  DataLoader whole(store_, small_training(), options), resumed(store_, small_training(), options);
  auto expected = read_epoch(whole, 7);
  expected.erase(expected.begin(), expected.begin() + 4);
  expect_same(read_epoch(resumed, 7, 4), expected);
  EXPECT_TRUE(read_epoch(resumed, 7, 6).empty());
  EXPECT_THROW(resumed.start_epoch(7, 7), focus::Error);
  EXPECT_THROW(resumed.start_epoch(7, -1), focus::Error);
}

TEST_F(Loader, DropsTheLastBatchIfAsked) {
  DataLoader loader(store_, evaluation_transform(small_preprocess()), {.batch_size = 4, .drop_last = true});
  EXPECT_EQ(loader.batches(), 2);
  const auto batches = read_epoch(loader, 0);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[1].indices.size(), 4u);
  DataLoader none(store_, evaluation_transform(small_preprocess()), {.batch_size = 12, .drop_last = true});
  EXPECT_TRUE(read_epoch(none, 0).empty());
}

TEST_F(Loader, ShardsDealTheBatchesOfOneAmongThem) {
  LoaderOptions options{.batch_size = 2, .seed = 1, .workers = 2};
  DataLoader whole(store_, small_training(), options);
  const auto expected = read_epoch(whole, 3);  // 11 images: 6 batches, the last of one image.
  options.shards = 2;
  for (options.shard = 0; options.shard < 2; ++options.shard) {
    DataLoader part(store_, small_training(), options);
    EXPECT_EQ(part.batches(), 3);
    std::vector<Batch> own;
    for (size_t i = static_cast<size_t>(options.shard); i < expected.size(); i += 2)
      own.push_back(expected[i]);
    expect_same(read_epoch(part, 3), own);
    options.drop_last = true;
    DataLoader even(store_, small_training(), options);
    EXPECT_EQ(even.batches(), 2) << "as many as the other has";
    options.drop_last = false;
  }
  options.shard = 2;
  EXPECT_THROW(DataLoader(store_, small_training(), options), focus::UsageError);
}

TEST_F(Loader, ABadImageIsNamedWhereItBelongs) {
  NEEDS_IMAGE_FILES();
  std::ofstream(folder_.path() / "5.png") << "not an image";
  for (const int64_t workers : {0, 3}) {
    DataLoader loader(store_, evaluation_transform(small_preprocess()),
                      {.batch_size = 2, .shuffle = false, .workers = workers});
    loader.start_epoch(0);
    EXPECT_TRUE(loader.next().has_value());
    EXPECT_TRUE(loader.next().has_value());
    for (int attempt = 0; attempt < 2; ++attempt) {
      try {
        loader.next();
        FAIL() << "the third batch holds the bad image";
      } catch (const focus::Error& error) {
        EXPECT_NE(std::string(error.what()).find("5.png"), std::string::npos) << error.what();
      }
    }
    loader.start_epoch(0, 3);
    EXPECT_EQ(loader.next()->indices, (std::vector<int64_t>{6, 7}));
  }
}

TEST_F(Loader, ATransformsFaultNamesTheImage) {
  const auto transform = [](Scene, focus::Rng&) -> Sample { throw std::runtime_error("out of luck"); };
  DataLoader loader(store_, transform, {.batch_size = 2, .shuffle = false});
  loader.start_epoch(0);
  try {
    loader.next();
    FAIL();
  } catch (const focus::Error& error) {
    EXPECT_NE(std::string(error.what()).find("0.png: out of luck"), std::string::npos) << error.what();
  }
}

TEST_F(Loader, AImageOfAnotherSizeIsRefused) {
  NEEDS_IMAGE_FILES();
  focus::test::write_images(folder_.path(), {"0.png"}, {focus::test::noise(30, 20)});
  DataLoader loader(store_, evaluation_transform(small_preprocess()), {.batch_size = 1, .shuffle = false});
  loader.start_epoch(0);
  try {
    loader.next();
    FAIL();
  } catch (const focus::Error& error) {
    EXPECT_NE(std::string(error.what()).find("20 x 30"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("EXIF"), std::string::npos) << error.what();
  }
}

TEST_F(Loader, EndsCleanlyAtAnyPoint) {
  for (int taken = 0; taken < 5; ++taken) {
    DataLoader loader(store_, small_training(), {.batch_size = 2, .workers = 3, .prefetch = 4});
    if (taken > 0) loader.start_epoch(0);
    for (int i = 1; i < taken; ++i) loader.next();
  }
  DataLoader loader(store_, small_training(), {.batch_size = 2, .workers = 3, .prefetch = 4});
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    loader.start_epoch(epoch);
    if (epoch % 2) loader.next();
  }
  DataLoader reference(store_, small_training(), {.batch_size = 2, .workers = 0});
  expect_same(read_epoch(loader, 20), read_epoch(reference, 20));
}

TEST_F(Loader, NeverMoreThanPrefetchAhead) {
  std::atomic<int> made = 0;
  const auto inner = evaluation_transform(small_preprocess());
  const auto counting = [&](Scene scene, focus::Rng& rng) {
    ++made;
    return inner(std::move(scene), rng);
  };
  DataLoader loader(store_, counting, {.batch_size = 1, .workers = 4, .prefetch = 2});
  loader.start_epoch(0);
  for (int taken = 1; taken <= 5; ++taken) {
    loader.next();
    // Time itself: that nothing more comes is seen by waiting.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_LE(made, taken + 2);
  }
}

TEST_F(Loader, TheStoreIsSharedAndTheCacheBounded) {
  NEEDS_IMAGE_FILES();  // Packed images are in memory when the system wants them to be.
  DataLoader loader(store_, small_training(), {.batch_size = 2, .workers = 2, .cache_mb = 1});
  read_epoch(loader, 0);
  const auto owners = store_.use_count();
  const auto cached = loader.cached_bytes();
  int64_t decoded = 0;
  for (int64_t i = 0; i < store_->size(); ++i)
    decoded += store_->image(i).size.height * store_->image(i).size.width * 3;
  EXPECT_EQ(cached, decoded);
  for (int64_t epoch = 1; epoch < 10; ++epoch) read_epoch(loader, epoch);
  EXPECT_EQ(store_.use_count(), owners);
  EXPECT_EQ(loader.cached_bytes(), cached);
  for (int64_t i = 0; i < store_->size(); ++i) std::filesystem::remove(store_->image_path(i));
  EXPECT_EQ(read_epoch(loader, 10).size(), 6u) << "all images come from memory";

  ImageSource source(focus::test::make_images(folder_.path(), 11), 5000);
  for (int64_t i = 0; i < 11; ++i) source.image(i);
  EXPECT_LE(source.cached_bytes(), 5000);
  EXPECT_GT(source.cached_bytes(), 3000);
}

TEST_F(Loader, WrongUseIsSaid) {
  EXPECT_THROW(DataLoader(store_, small_training(), {.batch_size = 0}), focus::UsageError);
  EXPECT_THROW(DataLoader(store_, small_training(), {.workers = -1}), focus::UsageError);
  DataLoader loader(store_, small_training(), {});
  EXPECT_THROW(loader.next(), focus::Error);
  LoaderOptions options;
  focus::OptionTable table;
  options.describe(table);
  table.set_assignment("workers=7");
  EXPECT_EQ(options.workers, 7);
  EXPECT_EQ(table.options().size(), 5u) << "what the run decides is not an option of the loader";
}

TEST(LoaderSharedData, RealDataSets) {
  FOCUS_NEEDS_SHARED_DATA();
  if (decoder_version() == "none") GTEST_SKIP() << "decodes no image files";
  const auto data = focus::test::shared_dir() / "data";
  for (const auto& [annotations, images] :
       {std::pair{"bccd/annotations/instances_test.json", "bccd/images/test"},
        std::pair{"chess/annotations/instances_test.json", "chess/images/test"},
        std::pair{"coco_val188/annotations/instances_val.json", "coco_val188/images/val"}}) {
    const auto store = load_coco(data / annotations, data / images);
    PreprocessOptions preprocess;
    preprocess.short_side = 200;
    DataLoader loader(store, training_transform(preprocess, AugmentOptions{}),
                      {.batch_size = 4, .workers = 2});
    loader.start_epoch(0);
    for (int i = 0; i < 3; ++i) {
      const auto batch = loader.next();
      ASSERT_TRUE(batch.has_value());
      EXPECT_EQ(batch->images.images.size(0), 4);
      for (const auto& target : batch->targets) {
        if (target.labels.numel() == 0) continue;
        EXPECT_GE(target.boxes.min().item<float>(), 0);
        EXPECT_LE(target.boxes.max().item<float>(), 1);
        EXPECT_LT(target.labels.max().item<int64_t>(), std::ssize(store->categories()));
      }
    }
    int64_t boxes = 0, crowds = 0, learned = 0;
    DataLoader evaluation(store, evaluation_transform(preprocess),
                          {.batch_size = 8, .shuffle = false, .workers = 2});
    for (const auto& batch : read_epoch(evaluation, 0)) {
      for (const auto& target : batch.targets) learned += target.labels.numel();
    }
    for (int64_t i = 0; i < store->size(); ++i) {
      for (const auto& box : store->annotations(i)) ++boxes, crowds += box.crowd;
    }
    EXPECT_EQ(learned, boxes - crowds) << annotations;
  }
}

}  // namespace
