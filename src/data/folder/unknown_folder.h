// What to tell users whose folder is not a data set in a known format.
#pragma once

#include <string>

#include "data/folder/folder_survey.h"

namespace focus::data {

/// What a folder without a known data set holds, which layout it is nearest to, and what to write or run to
/// make it one: one line, without the folder's name.
std::string describe_unknown_folder(const FolderSurvey& survey);

}  // namespace focus::data
