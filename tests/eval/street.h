// A small data set, and perfect detections in it as many programs write them.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "eval/coco_evaluator.h"
#include "eval/results_json.h"
#include "support/temporary_folder.h"

namespace focus::test {

/// Twelve street scenes with ids like COCO's, three classes of which the first is never detected, two boxes
/// each; every other image is portrait.
struct Street {
  struct Box {
    int64_t image, category;
    std::array<double, 4> xywh;
    double score;
  };
  std::vector<Box> boxes;  // Before the store, which fills it.
  data::AnnotationStore store;

  explicit Street(int64_t images = 12) : store(made(images, boxes)) {}

  static data::AnnotationStore made(int64_t images, std::vector<Box>& boxes) {
    std::vector<data::ImageRecord> records;
    std::vector<std::vector<data::Annotation>> annotations;
    for (int64_t i = 0; i < images; ++i) {
      const int64_t id = 100 + 7 * i, width = i % 2 ? 480 : 640, height = 1120 - width;
      records.push_back({id, fmt::format("{:012}.jpg", 1000 + 13 * i), {height, width}});
      auto& of_image = annotations.emplace_back();
      for (int64_t k = 0; k < 2; ++k) {
        const auto at = static_cast<double>(20 + 17 * i + 140 * k);
        const int64_t label = 1 + (i + k) % 2;
        of_image.push_back({2 * i + k + 1, label, at, at + 30, 90, 70, 6300, false});
        boxes.push_back({id, label + 1, {at, at + 30, 90, 70}, 0.9 - 0.01 * static_cast<double>(i)});
      }
    }
    return {{{1, "bus"}, {2, "cat"}, {3, "dog"}}, records, annotations, ""};
  }

  const data::ImageRecord& image(int64_t id) const { return store.image((id - 100) / 7); }

  nlohmann::json as(const std::function<void(nlohmann::json&, const Box&)>& change) const {
    auto list = nlohmann::json::array();
    for (const auto& box : boxes) {
      nlohmann::json entry{
          {"image_id", box.image}, {"category_id", box.category}, {"bbox", box.xywh}, {"score", box.score}};
      change(entry, box);
      list.push_back(entry);
    }
    return list;
  }
};

struct Measured {
  double ap = -2;
  std::string notes, error;
};

inline Measured measure(const Street& street, const std::string& text, eval::ResultIds ids = {}) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "r.json";
  std::ofstream(path) << text;
  Measured measured;
  try {
    const auto results = eval::read_results_json(path, street.store, ids);
    for (const auto& note : results.notes) measured.notes += note + "\n";
    measured.ap = eval::evaluate(street.store, results.detections).ap;
  } catch (const Error& error) {
    measured.error = error.what();
    EXPECT_EQ(measured.error.find('\n'), std::string::npos);
    EXPECT_EQ(measured.error.rfind(path.string(), 0), 0u) << measured.error;
  }
  return measured;
}

inline void expect_perfect(const Measured& measured, const std::string& note = "") {
  EXPECT_NEAR(measured.ap, 1, 1e-9) << measured.error;
  EXPECT_NE(measured.notes.find(note), std::string::npos) << measured.notes;
  if (note.empty()) {
    EXPECT_EQ(measured.notes, "");
  }
}

inline void expect_said(const Measured& measured, std::initializer_list<const char*> words) {
  EXPECT_EQ(measured.ap, -2) << "AP " << measured.ap << " without an error; notes: " << measured.notes;
  for (const char* word : words)
    EXPECT_NE(measured.error.find(word), std::string::npos) << measured.error << "\nlacks " << word;
}

/// Measured, with a word.
inline void expect_warned(const Measured& measured, std::initializer_list<const char*> words) {
  EXPECT_GE(measured.ap, 0) << measured.error;
  for (const char* word : words)
    EXPECT_NE(measured.notes.find(word), std::string::npos) << measured.notes << "\nlacks " << word;
}

using Change = std::function<void(nlohmann::json&, const Street::Box&)>;
inline const Change kAsTheyAre = [](nlohmann::json&, const Street::Box&) {};

using Numbers = std::array<double, 4>;

inline std::array<double, 4> corners(const std::array<double, 4>& b) {
  return {b[0], b[1], b[0] + b[2], b[1] + b[3]};
}
inline std::array<double, 4> centred(const std::array<double, 4>& b) {
  return {b[0] + b[2] / 2, b[1] + b[3] / 2, b[2], b[3]};
}
inline std::array<double, 4> scaled(const std::array<double, 4>& b, double across, double down) {
  return {b[0] * across, b[1] * down, b[2] * across, b[3] * down};
}

/// Images of any size with boxes of class 2.
inline Street street_of(const std::vector<std::pair<nn::ImageSize, std::vector<Numbers>>>& images) {
  Street street(1);
  street.boxes.clear();
  std::vector<data::ImageRecord> records;
  std::vector<std::vector<data::Annotation>> annotations;
  for (const auto& [size, boxes] : images) {
    const auto i = static_cast<int64_t>(records.size()), id = 100 + 7 * i;
    records.push_back({id, fmt::format("{:012}.jpg", 1000 + 13 * i), size});
    auto& of_image = annotations.emplace_back();
    for (const auto& b : boxes) {
      of_image.push_back({i + 1, 1 + std::ssize(of_image) % 2, b[0], b[1], b[2], b[3], b[2] * b[3], false});
      street.boxes.push_back({id, of_image.back().label + 1, b, 0.9});
    }
  }
  street.store = {{{1, "bus"}, {2, "cat"}, {3, "dog"}}, records, annotations, ""};
  return street;
}

/// Boxes of all sizes all over images of several shapes.
inline Street varied_street(int64_t images) {
  uint32_t state = 1;
  const auto random = [&](double least, double most) {
    state = state * 1664525u + 1013904223u;
    return least + (most - least) * static_cast<double>(state >> 8) / (1 << 24);
  };
  const nn::ImageSize sizes[] = {{480, 640}, {640, 427}, {500, 375}, {375, 500}, {720, 1280}};
  std::vector<std::pair<nn::ImageSize, std::vector<Numbers>>> all;
  for (int64_t i = 0; i < images; ++i) {
    auto& [size, boxes] = all.emplace_back(sizes[i % 5], std::vector<Numbers>{});
    const auto w = static_cast<double>(size.width), h = static_cast<double>(size.height);
    for (int k = 0; k < 3; ++k) {
      const double width = random(20, w / 3), height = random(20, h / 3);
      boxes.push_back({random(0, w - width), random(0, h - height), width, height});
    }
  }
  return street_of(all);
}

inline Measured with_boxes(const Street& street,
                           const std::function<Numbers(const Numbers&, nn::ImageSize)>& box) {
  return measure(street, street
                             .as([&](nlohmann::json& e, const Street::Box& b) {
                               e["bbox"] = box(b.xywh, street.image(b.image).size);
                             })
                             .dump());
}

}  // namespace focus::test
