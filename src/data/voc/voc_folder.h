// Data sets in Pascal VOC's format: ImageSets/Main/SPLIT.txt lists names, to which Annotations/NAME.xml and
// JPEGImages/NAME.jpg belong; or SPLIT/ holds annotations beside their images.
// Format: the VOC development kit, http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf
#pragma once

#include <filesystem>
#include <string>

#include "data/dataset_split.h"
#include "data/folder/named_objects.h"
#include "data/voc/voc_annotation.h"

namespace focus::data {

/// True if the folder, or one named VOC... in it or in its VOCdevkit/, has Annotations/, JPEGImages/ and
/// lists in ImageSets/Main/; or if train/, val/ (or valid/) or test/ in it has .xml files beside images.
bool is_voc_folder(const std::filesystem::path& dataset);

bool has_voc_split(const std::filesystem::path& dataset, const std::string& split);

/// See read_split. Classes are the lines of labels.txt or classes.txt, or else the names in all annotations,
/// including those in folders below, sorted: the same for every split; ids count from 1. trainval.txt, or the
/// only list if it is not named after a split (default.txt), is train if there is neither train.txt nor
/// val.txt. The image is found by the name in the list, with any supported extension, or else by the
/// annotation's `filename`. Throws Error if several folders (VOC2007, VOC2012) have the split.
DatasetSplit read_voc_split(const std::filesystem::path& dataset, const std::string& split, const ReadAs& as,
                            const IssueSink& report);

/// How VOC's annotation files are read in any folder: corners as `as` says; if those are the kit's, signs
/// of other corners are reported.
ObjectReading voc_reading(const ReadAs& as);

}  // namespace focus::data
