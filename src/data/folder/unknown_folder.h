// What to tell a person whose folder is no data set that we know.
#pragma once

#include <string>

#include "data/folder/folder_survey.h"

namespace focus::data {

/// What a folder without any known data set holds, the layout it is nearest to, and what to write or run to
/// make it one: one line, without the folder's name.
std::string describe_unknown_folder(const FolderSurvey& survey);

}  // namespace focus::data
