#include "base/profile.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace {

using focus::Profile;
using focus::ProfileRecording;
using focus::ProfileScope;

std::vector<std::string> paths_of(const Profile& profile) {
  std::vector<std::string> paths;
  for (const auto& span : profile.spans()) paths.push_back(span.path);
  return paths;
}

/// Two layers of an encoder, then heads.
void model_of_a_model() {
  {
    const ProfileScope encoder("encoder");
    for (int64_t l = 0; l < 2; ++l) {
      const ProfileScope layer("layer", l);
      focus::count_macs(10 + l);
    }
    focus::count_macs(100);
  }
  const ProfileScope heads("heads");
  focus::count_macs(1000);
}

TEST(Profile, NobodyRecordsUnlessAsked) {
  model_of_a_model();
  Profile profile;
  EXPECT_TRUE(profile.spans().empty());
  EXPECT_EQ(profile.macs(), 0);
  { const ProfileRecording recording(profile); }
  model_of_a_model();
  EXPECT_TRUE(profile.spans().empty()) << "the recording had ended";
}

TEST(Profile, SpansNestAndCountsReachTheOutermost) {
  Profile profile;
  {
    const ProfileRecording recording(profile);
    for (int run = 0; run < 3; ++run) model_of_a_model();
    focus::count_macs(5);
  }
  const auto spans = profile.spans();
  ASSERT_EQ(paths_of(profile),
            (std::vector<std::string>{"encoder", "encoder/layer0", "encoder/layer1", "heads"}));
  EXPECT_EQ(spans[0].macs, 3 * 121);
  EXPECT_EQ(spans[1].macs, 3 * 10);
  EXPECT_EQ(spans[2].macs, 3 * 11);
  EXPECT_EQ(spans[3].macs, 3 * 1000);
  EXPECT_EQ(profile.macs(), 3 * 1121 + 5);
  for (const auto& span : spans) EXPECT_EQ(span.calls, 3) << span.path;
  EXPECT_GE(spans[0].seconds, spans[1].seconds + spans[2].seconds) << "spans inside are part of it";
}

TEST(Profile, TimeIsThatOfTheWall) {
  Profile profile;
  {
    const ProfileRecording recording(profile);
    const ProfileScope scope("sleep");
    // Time itself is what is measured.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_GE(profile.spans().at(0).seconds, 0.019);
}

TEST(Profile, AStageMayFollowAnother) {
  Profile profile;
  {
    const ProfileRecording recording(profile);
    ProfileScope stage("first");
    focus::count_macs(1);
    stage.next("second");
    focus::count_macs(2);
    stage.end();
    stage.end();
    focus::count_macs(4);
    stage.next("third");
  }
  ASSERT_EQ(paths_of(profile), (std::vector<std::string>{"first", "second", "third"}));
  EXPECT_EQ(profile.spans()[0].macs, 1);
  EXPECT_EQ(profile.spans()[1].macs, 2);
  EXPECT_EQ(profile.spans()[2].calls, 1);
  EXPECT_EQ(profile.macs(), 7);
}

TEST(Profile, LateChildrenStandBelowTheirParent) {
  Profile profile;
  const ProfileRecording recording(profile);
  { const ProfileScope a("a"); }
  { const ProfileScope b("b"); }
  {
    const ProfileScope a("a");
    const ProfileScope inside("inside");
  }
  EXPECT_EQ(paths_of(profile), (std::vector<std::string>{"a", "a/inside", "b"}));
}

TEST(Profile, AnExceptionClosesTheSpansItLeaves) {
  Profile profile;
  const ProfileRecording recording(profile);
  try {
    const ProfileScope outer("outer");
    const ProfileScope inner("inner");
    throw std::runtime_error("out");
  } catch (const std::runtime_error&) {
  }
  { const ProfileScope after("after"); }
  EXPECT_EQ(paths_of(profile), (std::vector<std::string>{"outer", "outer/inner", "after"}));
}

TEST(Profile, ARecordingInsideAnotherTakesOver) {
  Profile outer, inner;
  const ProfileRecording recording(outer);
  {
    const ProfileRecording again(inner);
    focus::count_macs(1);
  }
  focus::count_macs(2);
  EXPECT_EQ(inner.macs(), 1);
  EXPECT_EQ(outer.macs(), 2);
}

TEST(Profile, ThreadsRecordForThemselves) {
  Profile profile;
  const ProfileRecording recording(profile);
  std::thread(model_of_a_model).join();
  EXPECT_TRUE(profile.spans().empty());
  EXPECT_EQ(profile.macs(), 0);
}

}  // namespace
