// The kinds of faults of a data set, shared by the loader, the check and its report.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace focus::data {

/// Errors make a data set unusable; warnings do not.
enum class IssueKind {
  // Errors.
  kNotJson,
  kNotXml,
  kUnreadable,
  kBadLine,
  kMissingField,
  kWrongType,
  kNotFinite,
  kNegativeSize,
  kBadImageSize,
  kUnknownImage,
  kUnknownCategory,
  kDuplicateId,
  kRepeatedField,
  kMissingImage,
  kUndecodableImage,
  kWrongImageSize,
  kOtherOrientation,
  kNoCommonClass,
  kEmptySplit,
  kSameClassName,
  kAmbiguousImage,
  // Warnings.
  kZeroArea,
  kOutsideImage,
  kNearDuplicate,
  kDuplicateName,
  kNoLabels,
  kTextId,
  kLongId,
  kOtherIdType,
  kIdZero,
  kBlankField,
  kBoxOfOutline,
  kNoneInside,
  kMixedLabels,
  kForeignCorners,
  kCrowded,
  kSeveralImages,
  kOtherClasses,
  kNoBox,
  kNoClassNames,
  kLeftOut,
  kNoBoxes,
  kSharedLabels,
  kSharedImages,
  kMeasured,
  kOtherType,
  kReadOtherwise,
  kScored,
};

/// One fault: "annotation 7: field 'bbox' has width -3".
struct Issue {
  IssueKind kind;
  std::string entry;  ///< Which entry: "annotation 7", "images[3]", "the file", "labels/train/a.txt:3".
  std::string text;   ///< What is wrong with it: field and what was found.
};

/// Makes an issue of the error message `error` about the file `path`. The path, with which such messages
/// begin, becomes the entry.
Issue issue_of(IssueKind kind, const std::filesystem::path& path, const std::string& error);

using IssueSink = std::function<void(const Issue&)>;

/// True for kinds that training refuses.
bool is_error(IssueKind kind);

/// True for warnings about what a data set contains that users are told whenever it is loaded: classes
/// without names, files that were left out, images without any box.
bool is_said(IssueKind kind);

/// The kind as a short phrase for tables, such as "negative size".
const char* describe(IssueKind kind);

}  // namespace focus::data
