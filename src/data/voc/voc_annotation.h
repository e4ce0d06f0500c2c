// The annotation files of Pascal VOC: one XML file per image.
// Format: the VOC development kit, http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/annotations.h"
#include "data/issue.h"
#include "data/voc/voc_corners.h"

namespace focus::data {

struct VocObject {
  std::string name;        ///< Of its class.
  Annotation box;          ///< Without id and label.
  bool any_class = false;  ///< Objects in this region are not labelled. It has no name.
};

struct VocImage {
  std::string file_name;              ///< As stated, without any folder; may be empty.
  std::optional<nn::ImageSize> size;  ///< As stated; nothing if missing or 0.
  std::vector<VocObject> objects;
  std::string place = {};  ///< The name with the folders that are stated with it, if any; may be empty.
  bool of_kit = false;     ///< States that it is an annotation of PASCAL VOC.
  bool scored = false;     ///< Some objects have a score other than 1, as if a model had found them.
};

/// Reads the annotation file of an image; parts that cannot be used are reported and left out.
using ObjectReader =
    std::function<std::optional<VocImage>(const std::filesystem::path&, const IssueSink& report)>;

/// Reads the text of an annotation file. The kit's corners count pixels from 1 and belong to the box
/// (VOCevaldet.m of the development kit takes xmax - xmin + 1 as its width), so x = xmin - 1 and width = xmax
/// - xmin + 1; plain ones are x = xmin and width = xmax - xmin. They may be fractions. `difficult` objects
/// become crowds, which training and evaluation ignore, as VOC's rules ask for. What cannot be used is
/// reported under "NAME:LINE"; if `report` returns, it is left out. Returns nothing if the text is not an
/// annotation file at all. Entities that the text defines are not expanded, and nothing outside the text is
/// read.
std::optional<VocImage> parse_voc_annotation(std::string_view text, const std::string& name,
                                             const IssueSink& report, VocCorners corners = VocCorners::kKit);

/// The same for a file of at most 8 MiB; one that cannot be read is reported.
std::optional<VocImage> read_voc_annotation(const std::filesystem::path& path, const IssueSink& report,
                                            VocCorners corners = VocCorners::kKit);

/// read_voc_annotation as a reader of objects.
ObjectReader voc_reader(VocCorners corners = VocCorners::kKit);

/// The annotation files in a folder, sorted; none if the folder is missing. Hidden files are skipped. Throws
/// Error for a folder that cannot be read.
std::vector<std::filesystem::path> voc_annotations_in(const std::filesystem::path& folder);

/// The same, including the folders below it.
std::vector<std::filesystem::path> voc_annotations_below(const std::filesystem::path& folder);

}  // namespace focus::data
