#include "data/voc/voc_annotation.h"

#include <algorithm>
#include <cmath>
#include <pugixml.hpp>

#include "base/human.h"
#include "base/numbers.h"
#include "base/paths.h"
#include "data/annotation_text.h"
#include "data/text_fields.h"
#include "images/image_paths.h"
#include "images/limits.h"

namespace focus::data {
namespace {

/// Line numbers for increasing offsets in a text, so that even a file full of faults is only read once.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}

  size_t line_at(std::ptrdiff_t offset) {
    const size_t to = std::min(static_cast<size_t>(std::max<std::ptrdiff_t>(offset, 0)), text_.size());
    if (to > at_) line_ += static_cast<size_t>(std::count(text_.begin() + at_, text_.begin() + to, '\n'));
    at_ = std::max(at_, to);
    return line_;
  }

 private:
  std::string_view text_;
  size_t at_ = 0, line_ = 1;
};

std::string text_of(const pugi::xml_node& parent, const char* field) {
  return std::string(trimmed(parent.child(field).text().get()));
}

std::vector<std::filesystem::path> annotations_among(std::vector<std::filesystem::path> paths) {
  std::erase_if(paths, [](const std::filesystem::path& path) {
    return images::small_ending(path) != ".xml" || path.filename().string().starts_with('.');
  });
  return paths;
}

class VocReader {
 public:
  VocReader(std::string_view text, const std::string& name, const IssueSink& report, VocCorners corners)
      : lines_(text), name_(name), report_(report), corners_(corners) {}

  std::optional<VocImage> read(std::string_view text) {
    pugi::xml_document document;
    // The default options expand only the five entities of XML, and skip a document type definition.
    const auto result = document.load_buffer(text.data(), text.size(), pugi::parse_default);
    if (!result) {
      report_({IssueKind::kNotXml, fmt::format("{}:{}", name_, lines_.line_at(result.offset)),
               fmt::format("not XML: {}", result.description())});
      return {};
    }
    const auto root = document.child("annotation");
    if (!root) {
      report_({IssueKind::kNotXml, name_,
               fmt::format("not an annotation of Pascal VOC: its root element is {}, not 'annotation'",
                           in_quotes(document.first_child().name()))});
      return {};
    }
    VocImage image;
    image.file_name = std::filesystem::path(text_of(root, "filename")).filename().string();
    image.place = place_of(root);
    image.size = size_of_image(root.child("size"));
    image.of_kit = text_of(root.child("source"), "annotation").starts_with("PASCAL VOC");
    for (const auto& object : root.children("object")) add_object(object, image);
    return image;
  }

 private:
  std::nullopt_t refuse(const pugi::xml_node& node, IssueKind kind, std::string text) {
    report_({kind, fmt::format("{}:{}", name_, lines_.line_at(node.offset_debug())), std::move(text)});
    return std::nullopt;
  }

  // The name with its folders, from 'filename' itself, or from 'path' or 'folder'.
  static std::string place_of(const pugi::xml_node& root) {
    const std::string name = text_of(root, "filename"), path = text_of(root, "path");
    const std::string folder = text_of(root, "folder");
    if (name.find_first_of("/\\") != std::string::npos) return name;
    if (path.find_first_of("/\\") != std::string::npos) return path;
    return folder.empty() || name.empty() ? name : folder + "/" + name;
  }

  // Tools that never opened the image leave the size out, or write 0; then the image is measured.
  std::optional<nn::ImageSize> size_of_image(const pugi::xml_node& node) {
    const std::string width = text_of(node, "width"), height = text_of(node, "height");
    if (width.empty() && height.empty()) return {};
    const double w = number_of(width).value_or(-1), h = number_of(height).value_or(-1);
    if (w == 0 && h == 0) return {};
    const auto whole = [](double v) { return v >= 1 && v <= images::kMaxPixels && v == std::floor(v); };
    if (whole(w) && whole(h) && images::possible_size(static_cast<int64_t>(h), static_cast<int64_t>(w))) {
      return nn::ImageSize{static_cast<int64_t>(h), static_cast<int64_t>(w)};
    }
    return refuse(
        node, IssueKind::kBadImageSize,
        fmt::format("the image's 'width' and 'height' are {} and {}; they must be at least 1 and at "
                    "most {} pixels",
                    in_quotes(width), in_quotes(height), images::kMaxPixels));
  }

  void add_object(const pugi::xml_node& node, VocImage& image) {
    const std::string name = text_of(node, "name");
    if (name.empty()) {
      refuse(node, IssueKind::kMissingField, "an object has no 'name'");
      return;
    }
    const auto corners = node.child("bndbox");
    const auto left = corner(node, corners, "xmin"), top = left ? corner(node, corners, "ymin") : left;
    const auto right = top ? corner(node, corners, "xmax") : top;
    const auto bottom = right ? corner(node, corners, "ymax") : right;
    const auto difficult = bottom ? flag(node, "difficult") : std::nullopt;
    if (!difficult) return;
    const double first = corners_ == VocCorners::kKit ? 1 : 0;
    const double width = *right - *left + first, height = *bottom - *top + first;
    if (width < 0 || height < 0) {
      refuse(node, IssueKind::kNegativeSize,
             fmt::format("object {} has corners {}, {} and {}, {}; xmax and ymax must not be less than xmin "
                         "and ymin",
                         in_quotes(name), *left, *top, *right, *bottom));
      return;
    }
    image.objects.push_back({name,
                             {.x = *left - first,
                              .y = *top - first,
                              .width = width,
                              .height = height,
                              .area = width * height,
                              .crowd = *difficult}});
  }

  std::optional<double> corner(const pugi::xml_node& object, const pugi::xml_node& box, const char* field) {
    const std::string text = text_of(box, field);
    if (text.empty()) {
      return refuse(
          object, IssueKind::kMissingField,
          fmt::format("object {} has no '{}' in its 'bndbox'", in_quotes(text_of(object, "name")), field));
    }
    const auto value = number_of(text);
    // Refuse coordinates larger than any image, whose sums could also be off by whole pixels.
    if (value && std::abs(*value) <= static_cast<double>(images::kMaxPixels)) return value;
    const auto kind = value && !std::isfinite(*value) ? IssueKind::kNotFinite : IssueKind::kWrongType;
    return refuse(object, kind,
                  fmt::format("'{}' of object {} is {}, not a number of pixels", field,
                              in_quotes(text_of(object, "name")), in_quotes(text)));
  }

  std::optional<bool> flag(const pugi::xml_node& object, const char* field) {
    const std::string text = text_of(object, field);
    if (text.empty() || text == "0") return false;
    if (text == "1") return true;
    return refuse(object, IssueKind::kWrongType,
                  fmt::format("'{}' of object {} is {}, not 0 or 1", field,
                              in_quotes(text_of(object, "name")), in_quotes(text)));
  }

  LineCounter lines_;
  const std::string& name_;
  const IssueSink& report_;
  VocCorners corners_;
};

}  // namespace

std::optional<VocImage> parse_voc_annotation(std::string_view text, const std::string& name,
                                             const IssueSink& report, VocCorners corners) {
  return VocReader(text, name, report, corners).read(text);
}

std::optional<VocImage> read_voc_annotation(const std::filesystem::path& path, const IssueSink& report,
                                            VocCorners corners) {
  constexpr uint64_t kMostBytes = uint64_t{1} << 23;
  const auto text = annotation_text(path, kMostBytes, report);
  if (!text) return {};
  return parse_voc_annotation(*text, path.string(), report, corners);
}

ObjectReader voc_reader(VocCorners corners) {
  return [corners](const std::filesystem::path& path, const IssueSink& report) {
    return read_voc_annotation(path, report, corners);
  };
}

std::vector<std::filesystem::path> voc_annotations_in(const std::filesystem::path& folder) {
  return annotations_among(entries_if_any(folder));
}

std::vector<std::filesystem::path> voc_annotations_below(const std::filesystem::path& folder) {
  return is_folder(folder) ? annotations_among(files_below(folder)) : std::vector<std::filesystem::path>();
}

}  // namespace focus::data
