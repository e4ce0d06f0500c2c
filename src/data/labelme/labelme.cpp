#include "data/labelme/labelme.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <vector>

#include "base/human.h"
#include "data/annotation_text.h"
#include "data/coco/json_fields.h"
#include "data/extent.h"
#include "images/limits.h"

namespace focus::data {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 16;

struct TooDeep {};

/// The smallest box around points.
Annotation box_around(const std::vector<Point>& points) {
  Extent extent;
  for (const auto& [x, y] : points) extent.add_point(x, y);
  Annotation box = extent.annotation();
  box.area = box.box_area();
  return box;
}

class LabelmeReader {
 public:
  LabelmeReader(const std::string& name, const IssueSink& report) : name_(name), report_(report) {}

  std::optional<VocImage> read(const json& root) {
    const auto shapes = root.is_object() ? root.find("shapes") : root.end();
    if (!root.is_object() || shapes == root.end() || !shapes->is_array()) {
      report_({IssueKind::kWrongType, name_, "not an annotation of labelme: it has no list 'shapes'"});
      return {};
    }
    VocImage image;
    if (const auto path = root.find("imagePath"); path != root.end() && path->is_string()) {
      image.file_name = image.place = path->get<std::string>();
    }
    image.size = size_in(root);
    for (size_t i = 0; i < shapes->size(); ++i) {
      entry_ = fmt::format("{}: shapes[{}]", name_, i);
      if (const auto object = object_in((*shapes)[i])) image.objects.push_back(*object);
    }
    return image;
  }

 private:
  std::nullopt_t refuse(IssueKind kind, std::string text) {
    report_({kind, entry_, std::move(text)});
    return std::nullopt;
  }

  // Missing or null if the tool never opened the image; then the image is measured.
  static std::optional<nn::ImageSize> size_in(const json& root) {
    const auto height = root.find("imageHeight"), width = root.find("imageWidth");
    if (height == root.end() || width == root.end()) return {};
    if (!height->is_number_integer() || !width->is_number_integer()) return {};
    const auto h = height->get<int64_t>(), w = width->get<int64_t>();
    if (!images::possible_size(h, w)) return {};
    return nn::ImageSize{h, w};
  }

  std::optional<VocObject> object_in(const json& shape) {
    if (!shape.is_object()) return refuse(IssueKind::kWrongType, "is not an object");
    const JsonFields fields(shape, entry_, report_);
    const auto label = fields.text("label");
    if (!label) return {};
    const auto points = points_of(shape);
    if (!points) return {};
    const auto kind_field = shape.find("shape_type");
    // Labelme before 3.0 had only polygons, and no field for the type.
    const std::string kind =
        kind_field != shape.end() && kind_field->is_string() ? kind_field->get<std::string>() : "polygon";
    const auto box = box_of(kind, *points);
    if (!box) return {};
    return VocObject{*label, *box};
  }

  std::optional<std::vector<Point>> points_of(const json& shape) {
    const auto list = shape.find("points");
    if (list == shape.end() || !list->is_array() || list->empty()) {
      return refuse(IssueKind::kMissingField, "has no list 'points'");
    }
    std::vector<Point> points;
    for (const auto& point : *list) {
      const bool pair = point.is_array() && point.size() == 2 && point[0].is_number() && point[1].is_number();
      if (!pair) return refuse(IssueKind::kWrongType, "has a point that is not two numbers");
      const Point read{point[0].get<double>(), point[1].get<double>()};
      // Refuse coordinates that are larger than any image.
      const auto possible = [](double v) { return std::abs(v) <= static_cast<double>(images::kMaxPixels); };
      if (!possible(read.x) || !possible(read.y)) {
        return refuse(IssueKind::kNotFinite, "has a point that cannot lie in an image");
      }
      points.push_back(read);
    }
    return points;
  }

  std::optional<Annotation> box_of(const std::string& kind, const std::vector<Point>& points) {
    if (kind == "rectangle" || kind == "mask") {
      if (points.size() < 2) return refuse(IssueKind::kBadLine, fmt::format("is a {} of one point", kind));
      return box_around(points);
    }
    if (kind == "circle") {
      if (points.size() != 2) {
        return refuse(
            IssueKind::kBadLine,
            fmt::format("is a circle of {} points, not of its centre and one on its edge", points.size()));
      }
      const double radius = std::hypot(points[1].x - points[0].x, points[1].y - points[0].y);
      Annotation box = box_around(
          {{points[0].x - radius, points[0].y - radius}, {points[0].x + radius, points[0].y + radius}});
      box.area = std::numbers::pi * radius * radius;
      return box;
    }
    if (kind == "polygon" || kind == "rotation" || kind == "rotated_rect" || kind == "oriented_rectangle" ||
        kind == "quadrilateral") {
      if (points.size() < 3) {
        return refuse(IssueKind::kBadLine,
                      fmt::format("is a {} of {} points; it needs at least three", kind, points.size()));
      }
      Extent extent;
      extent.add_polygon(points);
      return extent.annotation();
    }
    return refuse(IssueKind::kNoBox,
                  fmt::format("is a shape {}, which encloses nothing; it is left out", in_quotes(kind)));
  }

  const std::string& name_;
  const IssueSink& report_;
  std::string entry_;
};

}  // namespace

std::optional<VocImage> parse_labelme(std::string_view text, const std::string& name,
                                      const IssueSink& report) {
  // An embedded image and masks are skipped.
  const auto on_event = [](int depth, json::parse_event_t event, json& parsed) {
    if (depth > kMaxDepth) throw TooDeep();
    if (event != json::parse_event_t::key) return true;
    const auto& key = parsed.get_ref<const std::string&>();
    return key != "imageData" && key != "mask";
  };
  json root;
  try {
    root = json::parse(text, on_event);
  } catch (const json::exception& error) {
    const std::string message = error.what();
    report({IssueKind::kNotJson, name, fmt::format("not JSON: {}", in_quotes(message.substr(0, 200)))});
    return {};
  } catch (const TooDeep&) {
    report({IssueKind::kNotJson, name, "nests lists deeper than any annotation of labelme"});
    return {};
  }
  return LabelmeReader(name, report).read(root);
}

std::optional<VocImage> read_labelme(const std::filesystem::path& path, const IssueSink& report) {
  constexpr uint64_t kMostBytes = uint64_t{1} << 28;
  const auto text = annotation_text(path, kMostBytes, report);
  if (!text) return {};
  return parse_labelme(*text, path.string(), report);
}

ObjectReading labelme_reading(const ReadAs& as) { return {.read = read_labelme, .measured = as.measured}; }

}  // namespace focus::data
