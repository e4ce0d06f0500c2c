// Messages about files in the folders of a data set that are not used as they were probably meant.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "data/folder/image_pairs.h"
#include "data/issue.h"

namespace focus::data {

/// The message about `count` images of kinds that are not read, `annotated` of which have annotations.
std::string unread_images_text(size_t count, size_t annotated, const std::filesystem::path& example);

/// Reports label files that several images share, once, with a count and the first.
void report_shared_labels(const std::vector<ImagePair>& pairs, const IssueSink& report);

/// `files` in words, with the first of them: "12 images, such as 'a.jpg'".
std::string counted_files(const std::vector<std::filesystem::path>& files, const std::string& what);

}  // namespace focus::data
