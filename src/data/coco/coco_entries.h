// Collects the entries of a COCO annotation file as its parser finds them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/coco/json_fields.h"
#include "data/issue.h"

namespace focus::data {

/// Annotations may come before the images they refer to, so references are resolved at the end of the file.
/// Ids are provisional until then. Faulty entries are reported and left out.
class CocoEntries {
 public:
  explicit CocoEntries(const IssueSink& report) : report_(report) {}

  /// An object of one of the lists `categories`, `images` and `annotations`.
  void add(const std::string& list, const nlohmann::json& entry);

  /// All entries with their ids and references settled. Call once.
  AnnotationEntries finish();

 private:
  struct PendingAnnotation {
    Annotation box;
    int64_t image_id;
    int64_t category_id;
    nn::ImageSize mask = {};  ///< Size of the mask that the box is from; zero if there is none.
  };

  /// One of the lists: the ids of its entries, and what an entry is called.
  struct Section {
    const char* singular;
    IdsInTheMaking ids = {};
    size_t entries = 0;
  };

  // Handles classes with the same name, which would be two indistinguishable outputs. Roboflow's
  // exports repeat a class name for its group, without boxes: that one is not a class.
  void settle_namesakes();
  // The final number of an id that an annotation refers to.
  std::optional<int64_t> referred(const char* what, const PendingAnnotation& pending, int64_t id,
                                  Section& section);
  // The id counts as known even if the rest of the entry is faulty, so that one fault gives one report.
  std::optional<int64_t> new_id(const StatedId& id, const JsonFields& fields, Section& section);
  void add_category(int64_t id, const JsonFields& fields);
  void add_image(int64_t id, const JsonFields& fields);
  void add_annotation(int64_t id, const JsonFields& fields);
  // The stated box, or the one around the outline if none is stated; in that case `mask` gets the size of a
  // mask.
  std::optional<Annotation> box_of(const JsonFields& fields, nn::ImageSize& mask);
  static std::optional<Annotation> box_around(const nlohmann::json& outline, const JsonFields& fields,
                                              nn::ImageSize& mask);

  const IssueSink& report_;
  Section categories_{"category"}, images_{"image"}, annotations_{"annotation"};
  std::vector<PendingAnnotation> pending_;
  AnnotationEntries file_;
};

}  // namespace focus::data
