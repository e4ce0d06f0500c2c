#include "scenes/synth.h"

#include <ATen/Parallel.h>

#include <functional>
#include <memory>
#include <ostream>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/new_folder.h"
#include "data/coco/coco_writer.h"
#include "images/opencv/encode.h"
#include "scenes/codes/codes_scene.h"
#include "scenes/codes/codes_symbol.h"
#include "scenes/shapes/synth_scene.h"
#include "scenes/shapes/synth_shapes.h"

namespace focus::scenes {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct WrittenImage {
  cv::Size size;
  std::vector<SynthObject> objects;
};

std::string file_name(int64_t index, const std::string& format) {
  return fmt::format("{:06}.{}", index + 1, format);
}

/// Draws one image of a data set.
using Render = std::function<SynthScene(Rng)>;

Render renderer(const SynthOptions& options) {
  if (options.scene == "codes") {
    CodesLimits limits{options.min_visible, options.min_size, options.empty_share, options.max_objects,
                       options.style == "held-out" ? CodesStyle::kHeldOut : CodesStyle::kEveryday};
    if (!options.backgrounds.empty()) {
      limits.photographs = std::make_shared<const Photographs>(options.backgrounds);
    }
    return [limits](Rng random) { return render_codes_scene(random, limits); };
  }
  const SceneLimits limits{options.min_visible, options.min_size,    options.max_size, options.empty_share,
                           options.max_objects, options.max_clutter, options.classes};
  return [limits](Rng random) { return render_scene(random, limits); };
}

std::vector<std::string> class_names(const SynthOptions& options) {
  if (options.scene == "codes") return code_class_names();
  const auto& names = synth_class_names();
  return {names.begin(), names.begin() + options.classes};
}

WrittenImage write_image(const fs::path& path, Rng random, const Render& render) {
  const SynthScene scene = render(random);
  const auto bytes = images::encode_image(scene.image, path.extension().string(), path.string());
  // Not atomic: the whole folder appears at once, when everything is on the disk.
  write_file(path, [&](std::ostream& file) {
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  });
  return {scene.image.size(), scene.objects};
}

/// What was drawn, as a split of a data set. Ids differ between splits, so that these can be joined.
data::AnnotationEntries entries_of(const std::vector<WrittenImage>& written, const SynthOptions& options,
                                   int64_t split) {
  constexpr int64_t kIdsPerSplit = 10'000'000;
  data::AnnotationEntries entries;
  for (const auto& name : class_names(options))
    entries.categories.push_back({std::ssize(entries.categories) + 1, name});
  int64_t id = split * kIdsPerSplit;
  for (size_t i = 0; i < written.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    const auto& [size, objects] = written[i];
    entries.images.push_back(
        {split * kIdsPerSplit + index + 1, file_name(index, options.format), {size.height, size.width}});
    auto& boxes = entries.annotations.emplace_back();
    for (const auto& object : objects) {
      const cv::Rect2d box(object.box);
      boxes.push_back({.id = ++id,
                       .label = object.label,
                       .x = box.x,
                       .y = box.y,
                       .width = box.width,
                       .height = box.height,
                       .area = static_cast<double>(object.area)});
    }
  }
  return entries;
}

SynthSummary write_split(const fs::path& out, const SynthOptions& options, int64_t split,
                         const std::string& name, int64_t count) {
  const Render render = renderer(options);
  const fs::path folder = out / "images" / name;
  make_folder(folder);
  std::vector<WrittenImage> images(static_cast<size_t>(count));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Rng random{static_cast<uint64_t>(options.seed), static_cast<uint64_t>(split),
                       static_cast<uint64_t>(i)};
      images[static_cast<size_t>(i)] = write_image(folder / file_name(i, options.format), random, render);
    }
  });
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(file_name(i, options.format));
  const json info = {{"description", "Synthetic scenes"}, {"options", options_to_json(options)}};
  data::WrittenBoxes boxes;
  data::write_coco_split(out, name, data::AnnotationStore(entries_of(images, options, split), folder), names,
                         boxes, data::BoxDigits::kAll, {.info = info.dump(), .supercategory = "object"});
  return {count, boxes.written};
}

}  // namespace

void SynthOptions::describe(OptionTable& table) {
  table.add("scene", &scene,
            fmt::format("What to draw: shapes ({}), or codes in photographs ({}).",
                        fmt::join(synth_class_names(), ", "), fmt::join(code_class_names(), ", ")),
            {.choices = {"shapes", "codes"}});
  table.add("style", &style,
            "codes: backgrounds, surfaces and look-alikes. The styles share none: train on one, measure on "
            "the other.",
            {.choices = {"everyday", "held-out"}});
  table.add("backgrounds", &backgrounds,
            "codes: folder of photographs without codes, taken where the model is to be used, as "
            "backgrounds instead of drawn ones.");
  table.add("train", &train, "Images to train on.", {.min = 0, .max = 1e6});
  table.add("val", &val, "Images for choosing the best model.", {.min = 0, .max = 1e6});
  table.add("test", &test, "Images to measure on.", {.min = 0, .max = 1e6});
  table.add("seed", &seed, "Another seed draws other scenes.");
  table.add("format", &format, "File format of the images.", {.choices = {"jpg", "png"}});
  table.add("min_visible", &min_visible, "Smallest visible share of an object.", {.min = 0.05, .max = 1});
  table.add("min_size", &min_size, "Longer side of the smallest objects, pixels.", {.min = 8, .max = 160});
  table.add("max_size", &max_size, "shapes: longer side of the largest objects, pixels.",
            {.min = 8, .max = 240});
  table.add("empty_share", &empty_share, "Share of images without any object.", {.min = 0, .max = 1});
  table.add("max_objects", &max_objects, "Largest number of objects in an image.", {.min = 1, .max = 100});
  table.add("max_clutter", &max_clutter, "shapes: largest number of things in an image that are not objects.",
            {.min = 0, .max = 100});
  table.add("classes", &classes,
            fmt::format("shapes: number of classes, the first of {}.", fmt::join(synth_class_names(), ", ")),
            {.min = 1, .max = static_cast<double>(synth_class_names().size())});
}

void SynthOptions::validate() const {
  const SynthOptions defaults;
  if (scene == "codes") {
    const auto refuse = [](const char* name) {
      fail_usage("options: {} belongs to the scene shapes; the scene codes does not have it", name);
    };
    if (max_size != defaults.max_size) refuse("max_size");
    if (max_clutter != defaults.max_clutter) refuse("max_clutter");
    if (classes != defaults.classes) refuse("classes");
    return;
  }
  if (style != defaults.style) fail_usage("options: style belongs to the scene codes; this is {}", scene);
  if (!backgrounds.empty()) fail_usage("options: backgrounds belongs to the scene codes; this is {}", scene);
  if (min_size > max_size) {
    fail_usage(
        "options: min_size is {} and max_size {}; the smallest object cannot be larger than the largest",
        min_size, max_size);
  }
}

SynthSummary write_synthetic_dataset(const SynthOptions& options, const fs::path& out) {
  options.validate();
  try {
    NewFolder folder(out);
    SynthSummary summary;
    const std::pair<const char*, int64_t> splits[] = {
        {"train", options.train}, {"val", options.val}, {"test", options.test}};
    int64_t split = 0;
    for (const auto& [name, count] : splits) {
      ++split;
      if (count == 0) continue;
      const SynthSummary written = write_split(folder.path(), options, split, name, count);
      summary.images += written.images;
      summary.objects += written.objects;
    }
    if (summary.images == 0) fail_usage("options: train, val and test are all 0; there is nothing to draw");
    folder.finish();
    return summary;
  } catch (const fs::filesystem_error& error) {
    fail("{}: cannot be written: {}", out.string(), error.code().message());
  }
}

}  // namespace focus::scenes
