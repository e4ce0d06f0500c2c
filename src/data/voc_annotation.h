// The annotation files of Pascal VOC: one XML file a picture.
// Format: the VOC development kit, http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf
#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/annotations.h"
#include "data/issue.h"

namespace focus::data {

struct VocObject {
  std::string name;  ///< Of its class.
  Annotation box;    ///< Without id and label.
};

struct VocPicture {
  std::string file_name;              ///< As stated, without any folder; may be empty.
  std::optional<nn::ImageSize> size;  ///< As stated; nothing if absent or 0.
  std::vector<VocObject> objects;
};

/// Reads the text of an annotation file. Corners in VOC count pixels from 1 and belong to the box
/// (VOCevaldet.m of the development kit takes xmax - xmin + 1 as its width), so x = xmin - 1 and width = xmax
/// - xmin + 1; they may be fractions. `difficult` objects become crowds: neither learnt from nor missed,
/// which is what VOC says of them. What cannot be used is given to `report` under "NAME:LINE"; if that
/// returns, it is left out. Nothing is returned if the text is no annotation file at all. Entities of the
/// text's own are not expanded and nothing outside it is read.
std::optional<VocPicture> parse_voc_annotation(std::string_view text, const std::string& name,
                                               const IssueSink& report);

/// The same for a file of at most 8 MiB; one that cannot be read is given to `report`.
std::optional<VocPicture> read_voc_annotation(const std::filesystem::path& path, const IssueSink& report);

/// The annotation files in a folder, sorted, or as many of them as asked for, unsorted; none in a folder that
/// is not there. Hidden files are skipped.
std::vector<std::filesystem::path> voc_annotations_in(const std::filesystem::path& folder,
                                                      size_t most = std::numeric_limits<size_t>::max());

}  // namespace focus::data
