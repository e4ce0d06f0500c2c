#include "serve/model_repository.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <fstream>
#include <future>
#include <thread>

#include "base/error.h"
#include "images/test_images.h"
#include "serve/kserve/infer.h"
#include "serve/model_watcher.h"
#include "serve/run_jobs.h"
#include "serve/served_models.h"
#include "support/sanitized.h"

namespace focus::serve {
namespace {

using What = ModelChange::What;
namespace fs = std::filesystem;

class ModelRepositoryTest : public testing::Test {
 protected:
  /// Model files of one and of two categories, made once.
  static void SetUpTestSuite() {
    kept_ = new test::TemporaryFolder;
    test::write_tiny_model(one(), test::categories_from(100, 1));
    test::write_tiny_model(two(), test::categories_from(200, 2));
  }
  static void TearDownTestSuite() { delete kept_; }
  static fs::path one() { return kept_->path() / "one.safetensors"; }
  static fs::path two() { return kept_->path() / "two.safetensors"; }

  fs::path file(const std::string& name) const { return folder_.path() / (name + ".safetensors"); }
  std::vector<std::string> names(const ModelRepository& models) const {
    std::vector<std::string> all;
    for (const auto& model : models.list()) all.push_back(model->name);
    return all;
  }
  template <typename Error>
  std::string refusal(const std::vector<std::string>& sources) const {
    try {
      ModelRepository models(sources);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  static test::TemporaryFolder* kept_;
  test::TemporaryFolder folder_;
};
test::TemporaryFolder* ModelRepositoryTest::kept_ = nullptr;

using Names = std::vector<std::string>;

TEST_F(ModelRepositoryTest, FilesByTheirNames) {
  ModelRepository models({"cats=" + one().string(), two().string()});
  EXPECT_EQ(names(models), (Names{"cats", "two"}));
  EXPECT_EQ(models.first()->name, "cats");
  EXPECT_EQ(models.first()->version, "1");
  EXPECT_EQ(models.first()->categories.size(), 1U);
  EXPECT_EQ(models.find("two")->categories.at(1).id, 201);
  EXPECT_EQ(models.find("one"), nullptr);
  EXPECT_EQ(models.find(""), nullptr);
  EXPECT_TRUE(models.scan().empty());
}

TEST_F(ModelRepositoryTest, WhatIsWrongAtTheStartIsSaid) {
  EXPECT_NE(refusal<UsageError>({"a=" + one().string(), "a=" + two().string()})
                .find("two models have the name 'a'"),
            std::string::npos);
  EXPECT_NE(refusal<Error>({file("none").string()}).find("none.safetensors"), std::string::npos);
  EXPECT_NE(refusal<Error>({folder_.path().string()}).find("no model in this folder"), std::string::npos);
  std::ofstream(file("bad")) << "no model";
  EXPECT_NE(refusal<Error>({file("bad").string()}).find("bad.safetensors"), std::string::npos);
  EXPECT_NE(refusal<Error>({folder_.path().string()}).find("none of its models can be loaded"),
            std::string::npos);
  EXPECT_NE(refusal<UsageError>({}), "");
  fs::copy_file(one(), file("one"));
  EXPECT_NE(
      refusal<UsageError>({one().string(), folder_.path().string()}).find("two models have the name 'one'"),
      std::string::npos);
}

TEST_F(ModelRepositoryTest, AFolderComesAndGoes) {
  fs::copy_file(two(), file("b"));
  std::ofstream(file("broken")) << "no model";
  fs::copy_file(one(), file("not a name"));
  std::vector<ModelChange> changes;
  ModelRepository models({folder_.path().string()}, {}, &changes);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].what, What::kLoaded);
  EXPECT_EQ(changes[1].what, What::kFailed);
  EXPECT_NE(changes[1].message.find("broken.safetensors"), std::string::npos);
  EXPECT_EQ(changes[2].what, What::kFailed);
  EXPECT_EQ(names(models), (Names{"b"}));
  EXPECT_TRUE(models.scan().empty()) << "what is broken is told once";

  fs::copy_file(one(), file("a"));
  changes = models.scan();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].what, What::kLoaded);
  EXPECT_EQ(names(models), (Names{"a", "b"}));

  const auto before = models.find("b");
  test::replace_model(one(), file("b"));
  changes = models.scan();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].what, What::kReloaded);
  EXPECT_EQ(models.find("b")->categories.size(), 1U);
  EXPECT_EQ(before->categories.size(), 2U) << "who has it goes on with it";
  EXPECT_EQ(models.find("b")->statistics, before->statistics);

  test::replace_model(one(), file("broken"));
  EXPECT_EQ(models.scan().at(0).what, What::kLoaded) << "mended";
  fs::remove(file("a"));
  changes = models.scan();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].what, What::kDropped);
  EXPECT_EQ(changes[0].name, "a");
  EXPECT_EQ(names(models), (Names{"b", "broken"}));
  fs::remove(file("b"));
  fs::remove(file("broken"));
  EXPECT_EQ(models.scan().size(), 2U);
  EXPECT_EQ(models.first(), nullptr);
}

TEST_F(ModelRepositoryTest, ABrokenFileLeavesTheModelBeforeIt) {
  fs::copy_file(two(), file("m"));
  ModelRepository models({file("m").string()});
  const auto before = models.find("m");
  std::ofstream(file("m")) << "half a mod";
  const auto changes = models.scan();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].what, What::kFailed);
  EXPECT_NE(changes[0].message.find("the previous model stays"), std::string::npos);
  EXPECT_EQ(models.find("m"), before);
  EXPECT_TRUE(models.scan().empty());
  fs::remove(file("m"));
  EXPECT_TRUE(models.scan().empty()) << "a file that was named may be missing for a moment";
  EXPECT_EQ(models.find("m"), before);
  fs::copy_file(one(), file("m"));
  EXPECT_EQ(models.scan().at(0).what, What::kReloaded);
}

TEST_F(ModelRepositoryTest, WhatIsStillBeingWrittenIsLeftForTheNextTime) {
  fs::copy_file(two(), file("m"));
  ModelRepository models({file("m").string()});
  std::atomic<bool> end = false;
  std::thread writer([&] {
    std::error_code missing;
    for (auto time = fs::file_time_type::clock::now(); !end; time += std::chrono::seconds(1)) {
      fs::last_write_time(file("m"), time, missing);
    }
  });
  // On a busy machine the writer may not come to it while a file is read.
  bool left = false;
  for (int i = 0; i < 200 && !left; ++i) {
    const auto before = models.find("m");
    test::replace_model(i % 2 == 0 ? one() : two(), file("m"));
    left = models.scan().empty();
    EXPECT_EQ(models.find("m") == before, left);
  }
  EXPECT_TRUE(left);
  end = true;
  writer.join();
  EXPECT_EQ(models.scan().at(0).what, What::kReloaded);
}

TEST_F(ModelRepositoryTest, AFolderThatVanishesKeepsItsModels) {
  const auto inner = folder_.path() / "models";
  fs::create_directory(inner);
  fs::copy_file(one(), inner / "m.safetensors");
  ModelRepository models({inner.string()});
  fs::rename(inner, folder_.path() / "elsewhere");
  EXPECT_EQ(models.scan().at(0).what, What::kFailed);
  EXPECT_TRUE(models.scan().empty());
  EXPECT_NE(models.find("m"), nullptr);
  fs::rename(folder_.path() / "elsewhere", inner);
  EXPECT_TRUE(models.scan().empty()) << "the same files";
}

TEST_F(ModelRepositoryTest, ANewFileThatTakesAnothersNameIsRefused) {
  const auto inner = folder_.path() / "models";
  fs::create_directory(inner);
  fs::copy_file(one(), inner / "m.safetensors");
  ModelRepository models({"mine=" + two().string(), inner.string()});
  fs::copy_file(one(), inner / "mine.safetensors");
  const auto changes = models.scan();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_NE(changes[0].message.find("there is another model 'mine'"), std::string::npos);
  EXPECT_TRUE(models.scan().empty());
  EXPECT_EQ(models.find("mine")->categories.size(), 2U);
}

TEST_F(ModelRepositoryTest, AWatcherTellsWhatChanged) {
  fs::copy_file(two(), file("m"));
  ModelRepository models({file("m").string()});
  std::promise<ModelChange> promise;
  const ModelWatcher watcher(models, 0.01, [&](const ModelChange& change) { promise.set_value(change); });
  const ModelWatcher never(models, 0, nullptr);
  test::replace_model(one(), file("m"));
  auto told = promise.get_future();
  ASSERT_EQ(told.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  EXPECT_EQ(told.get().what, What::kReloaded);
  EXPECT_EQ(models.find("m")->categories.size(), 1U);
}

/// An image to look at over KServe's protocol.
kserve::Request request_of(const std::string& png) {
  kserve::Request request;
  request.inputs.push_back({.name = "image", .datatype = "BYTES", .shape = {1}});
  request.inputs[0].elements = {png};
  request.parameters["threshold"] = 0.0;
  return request;
}

std::future<std::vector<int64_t>> category_ids(const ServedModelPointer& model, Batcher& batcher,
                                               const std::string& png) {
  const auto promise = std::make_shared<std::promise<std::vector<int64_t>>>();
  kserve::infer(request_of(png), model, {}, {}, batcher,
                [promise](std::exception_ptr error, const kserve::Response& response) {
                  if (error) return promise->set_exception(error);
                  promise->set_value(std::get<std::vector<int64_t>>(response.outputs.at(3).values));
                });
  return promise->get_future();
}

TEST_F(ModelRepositoryTest, AReloadToOtherClassesWhileARequestWaitsIsTheNextRequests) {
  fs::copy_file(two(), file("m"));
  ModelRepository models({file("m").string()});
  std::promise<void> gate;
  auto opened = gate.get_future().share();
  Batcher batcher({}, [&](const std::vector<Job>& jobs, const std::function<bool()>& stop) {
    opened.wait();
    return run_jobs(jobs, 4, stop);
  });
  const auto png = test::encoded(test::noise(48, 64));
  auto before = category_ids(models.find("m"), batcher, png);
  test::replace_model(one(), file("m"));
  ASSERT_EQ(models.scan().at(0).what, What::kReloaded);
  auto after = category_ids(models.find("m"), batcher, png);
  gate.set_value();
  for (const int64_t id : before.get()) EXPECT_TRUE(id == 200 || id == 201) << id;
  for (const int64_t id : after.get()) EXPECT_EQ(id, 100);
}

class ModelRepositoryLong : public ModelRepositoryTest {};

TEST_F(ModelRepositoryLong, TwoHundredReloadsUnderLoadEveryAnswerIsOneModels) {
  const auto many = folder_.path() / "many";
  const auto five = folder_.path() / "five";
  test::write_tiny_model(many, test::categories_from(1000, 91));
  test::write_tiny_model(five, test::categories_from(300, 5));
  const fs::path sources[] = {five, many, one()};
  fs::copy_file(one(), file("m"));
  ModelRepository models({file("m").string()});
  Batcher batcher({.max_batch = 4, .queue = 32, .wait = {}},
                  [](const std::vector<Job>& jobs, const std::function<bool()>& stop) {
                    return run_jobs(jobs, 4, stop);
                  });
  const auto png = test::encoded(test::noise(16, 24));
  std::atomic<int> answers = 0, mixed = 0;
  std::vector<std::weak_ptr<const ServedModel>> seen;
  // Memory in use afterwards, when nobody asks any more.
  const auto reload_under_load = [&](int times) {
    std::atomic<bool> end = false;
    std::vector<std::thread> clients;
    for (int c = 0; c < 2; ++c) {
      clients.emplace_back([&] {
        while (!end) {
          const auto model = models.find("m");
          const int64_t first = model->categories.front().id, last = model->categories.back().id;
          for (const int64_t id : category_ids(model, batcher, png).get()) mixed += id < first || id > last;
          ++answers;
        }
      });
    }
    const auto reload = [&] {
      test::replace_model(sources[seen.size() % 3], file("m"));
      const auto changes = models.scan();
      EXPECT_EQ(changes.size(), 1U);
      for (const auto& change : changes) EXPECT_EQ(change.what, What::kReloaded) << change.message;
      seen.push_back(models.find("m"));
    };
    for (int i = 1; i < times; ++i) reload();
    end = true;
    for (auto& client : clients) client.join();
    // The last one has not run: what a model packs for each size of a batch is not counted.
    reload();
    return mallinfo2().uordblks + mallinfo2().hblkhd;
  };
  const auto at_first = reload_under_load(test::kSanitized ? 15 : 50);
  const auto at_last = reload_under_load(test::kSanitized ? 45 : 150);
  batcher.stop();
  EXPECT_EQ(mixed, 0);
  EXPECT_GT(answers, 20);
  for (size_t i = 0; i + 1 < seen.size(); ++i) EXPECT_TRUE(seen[i].expired()) << i;
  EXPECT_LT(at_last, at_first + (size_t{4} << 20)) << "no growth";
}

}  // namespace
}  // namespace focus::serve
