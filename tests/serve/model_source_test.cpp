#include "serve/model_source.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "support/temporary_folder.h"

namespace focus::serve {
namespace {

std::string refused_source(const std::string& text) {
  try {
    model_source(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(ModelSource, NamesStandInAddresses) {
  for (const char* good : {"a", "best-2.1_x~", "0", "...", "a.b", "Stats", "ready", "infer"})
    EXPECT_TRUE(is_model_name(good)) << good;
  for (const std::string bad :
       {"", ".", "..", "a/b", "a b", "a%20", "a?b", "ä", "a\n", "a:b", "a\\b", "stats"}) {
    EXPECT_FALSE(is_model_name(bad)) << bad;
  }
  EXPECT_FALSE(is_model_name(std::string(201, 'a')));
}

TEST(ModelSource, AFileAFolderOrANameAndAFile) {
  const test::TemporaryFolder folder;
  const auto file = model_source("runs/first/best.safetensors");
  EXPECT_EQ(file.name, "best");
  EXPECT_FALSE(file.folder);
  const auto named = model_source("cats=runs/a=b/best.safetensors");
  EXPECT_EQ(named.name, "cats");
  EXPECT_EQ(named.path, "runs/a=b/best.safetensors");
  EXPECT_TRUE(model_source(folder.path().string()).folder);
  const auto odd = folder.path() / "x=y";
  std::filesystem::create_directory(odd);
  EXPECT_TRUE(model_source(odd.string()).folder) << "what is there as a whole is no NAME=FILE";
}

TEST(ModelSource, WhatIsWrongIsNamed) {
  const test::TemporaryFolder folder;
  EXPECT_NE(refused_source("a b=x.safetensors").find("'a b' cannot be a name"), std::string::npos);
  EXPECT_NE(refused_source("=x.safetensors").find("'' cannot be a name"), std::string::npos);
  EXPECT_NE(refused_source("a=").find("no file is named after"), std::string::npos);
  EXPECT_NE(refused_source("my best.safetensors").find("--model NAME=my best.safetensors"),
            std::string::npos);
  EXPECT_NE(refused_source("a=" + folder.path().string()).find("is a folder"), std::string::npos);
  EXPECT_NE(refused_source("").find("empty"), std::string::npos);
  EXPECT_NE(refused_source("stats.safetensors").find("is not 'stats', which is a route"), std::string::npos);
}

TEST(ModelSource, AFolderHasItsModelsByName) {
  const test::TemporaryFolder folder;
  for (const char* name :
       {"b.safetensors", "a.safetensors", ".hidden.safetensors", "notes.txt", "c.safetensors.new"}) {
    std::ofstream(folder.path() / name) << "x";
  }
  std::filesystem::create_directory(folder.path() / "d.safetensors");
  const auto files = models_of({folder.path(), "", true});
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].name, "a");
  EXPECT_EQ(files[1].name, "b");
  EXPECT_THROW(models_of({folder.path() / "none", "", true}), Error);
}

}  // namespace
}  // namespace focus::serve
