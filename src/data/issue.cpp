#include "data/issue.h"

namespace focus::data {

bool is_error(IssueKind kind) { return kind < IssueKind::kZeroArea; }

bool is_said(IssueKind kind) {
  switch (kind) {
    case IssueKind::kNoClassNames:
    case IssueKind::kLeftOut:
    case IssueKind::kNoLabels:
    case IssueKind::kNoBoxes:
    case IssueKind::kSharedLabels:
    case IssueKind::kSharedImages:
    case IssueKind::kReadOtherwise:
    case IssueKind::kScored:
      return true;
    default:
      return false;
  }
}

const char* describe(IssueKind kind) {
  switch (kind) {
    case IssueKind::kNotJson:
      return "not JSON";
    case IssueKind::kNotXml:
      return "not XML";
    case IssueKind::kUnreadable:
      return "unreadable file";
    case IssueKind::kBadLine:
      return "malformed line";
    case IssueKind::kMissingField:
      return "missing field";
    case IssueKind::kWrongType:
      return "wrong type";
    case IssueKind::kNotFinite:
      return "number not finite";
    case IssueKind::kNegativeSize:
      return "negative size";
    case IssueKind::kBadImageSize:
      return "impossible image size";
    case IssueKind::kUnknownImage:
      return "unknown image id";
    case IssueKind::kUnknownCategory:
      return "unknown category id";
    case IssueKind::kDuplicateId:
      return "duplicate id";
    case IssueKind::kRepeatedField:
      return "repeated field";
    case IssueKind::kMissingImage:
      return "missing image";
    case IssueKind::kUndecodableImage:
      return "undecodable image";
    case IssueKind::kWrongImageSize:
      return "image size differs";
    case IssueKind::kOtherOrientation:
      return "images turned otherwise than annotated";
    case IssueKind::kNoCommonClass:
      return "splits without a common class";
    case IssueKind::kEmptySplit:
      return "split without an image";
    case IssueKind::kSameClassName:
      return "classes of one name";
    case IssueKind::kAmbiguousImage:
      return "name of several images";
    case IssueKind::kZeroArea:
      return "zero area";
    case IssueKind::kOutsideImage:
      return "out of image";
    case IssueKind::kNearDuplicate:
      return "near duplicate";
    case IssueKind::kDuplicateName:
      return "duplicate name";
    case IssueKind::kNoLabels:
      return "no labels";
    case IssueKind::kTextId:
      return "id is text";
    case IssueKind::kLongId:
      return "id beyond 2^53";
    case IssueKind::kOtherIdType:
      return "id of another type";
    case IssueKind::kIdZero:
      return "annotation id 0";
    case IssueKind::kBlankField:
      return "field without a value";
    case IssueKind::kBoxOfOutline:
      return "box from outline";
    case IssueKind::kNoneInside:
      return "wholly out of image";
    case IssueKind::kMixedLabels:
      return "boxes beside outlines";
    case IssueKind::kForeignCorners:
      return "corners unlike VOC's kit";
    case IssueKind::kCrowded:
      return "more boxes than queries";
    case IssueKind::kSeveralImages:
      return "several images in a file";
    case IssueKind::kOtherClasses:
      return "classes differ between splits";
    case IssueKind::kNoBox:
      return "shape without a box";
    case IssueKind::kNoClassNames:
      return "classes without names";
    case IssueKind::kLeftOut:
      return "left out";
    case IssueKind::kNoBoxes:
      return "split without a box";
    case IssueKind::kSharedLabels:
      return "label file of several images";
    case IssueKind::kSharedImages:
      return "images in several splits";
    case IssueKind::kMeasured:
      return "size not stated";
    case IssueKind::kOtherType:
      return "value of another type";
    case IssueKind::kReadOtherwise:
      return "name read otherwise than written";
    case IssueKind::kScored:
      return "annotations with scores";
  }
  return "unknown";
}

Issue issue_of(IssueKind kind, const std::filesystem::path& path, const std::string& error) {
  const std::string prefix = path.string() + ": ";
  return {kind, path.string(), error.starts_with(prefix) ? error.substr(prefix.size()) : error};
}

}  // namespace focus::data
