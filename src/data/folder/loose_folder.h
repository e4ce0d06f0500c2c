// Data sets outside of any format's layout: annotations of a known kind and images that lie anywhere in a
// folder. Names and contents tell what belongs together.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset_layout.h"
#include "data/folder/class_names.h"
#include "data/folder/folder_survey.h"
#include "data/folder/image_pairs.h"

namespace focus::data {

struct LooseSplit {
  std::filesystem::path file;    ///< The annotation file, in a format with one per split; otherwise empty.
  std::vector<ImagePair> pairs;  ///< In other formats: images with an annotation file each.
};

struct LooseDataset {
  DatasetFormat format = DatasetFormat::kCoco;
  std::map<std::string, LooseSplit> splits;  ///< Under train, val and test. Without a division all is train.
  FolderSurvey images;
  std::filesystem::path root;  ///< Of the annotations.
  std::vector<Issue> notes;    ///< What was left out.
  int64_t images_alone = 0, annotations_alone = 0;
};

/// Looks for annotations in one folder (or the one file that `annotations` holds) and for their images in
/// another, or in the same one. Formats are looked for in the order of formats.h. Throws
/// Error where two files could be the same split.
std::optional<LooseDataset> find_loose_dataset(const FolderSurvey& images, const FolderSurvey& annotations);

/// Reads a split. Class names for labels with numbers are `names`, or a list beside the labels, or "class 0"
/// and so on, which is reported.
DatasetSplit read_loose_split(const LooseDataset& dataset, const std::string& split,
                              const std::optional<ClassNames>& names, const ReadAs& as,
                              const IssueSink& report);

/// Reports the images that no annotation file names, in COCO's format; once, for one of the splits.
void report_unnamed_images(const LooseDataset& dataset, const std::string& split, const IssueSink& report);

/// The deepest folder that holds all annotation files.
std::filesystem::path loose_place(const LooseDataset& dataset);

/// The same for one folder that holds both. Throws Error for a folder with more files than a survey looks at.
std::optional<LooseDataset> find_loose_dataset(const FolderSurvey& survey);

}  // namespace focus::data
