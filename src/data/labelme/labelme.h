// The annotation files of labelme: one JSON file per image. https://github.com/wkentaro/labelme
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "data/folder/named_objects.h"
#include "data/issue.h"
#include "data/voc/voc_annotation.h"

namespace focus::data {

/// Reads the text of an annotation file. Rectangles, polygons, circles, masks and rotated boxes become the
/// boxes around them; areas are those of the shapes. Points, lines and linestrips enclose nothing: they are
/// given to `report` as warnings and left out. What cannot be used is reported under "NAME: shapes[i]"; if
/// that returns, it is left out. Returns nothing if the text is not an annotation file at all.
std::optional<VocImage> parse_labelme(std::string_view text, const std::string& name,
                                      const IssueSink& report);

/// The same for a file of at most 256 MiB, as it may hold the image itself.
std::optional<VocImage> read_labelme(const std::filesystem::path& path, const IssueSink& report);

/// How labelme's annotation files are read in any folder.
ObjectReading labelme_reading(const ReadAs& as);

}  // namespace focus::data
