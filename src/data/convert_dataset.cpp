#include "data/convert_dataset.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "base/new_folder.h"
#include "base/paths.h"
#include "data/folder/split_name.h"
#include "data/reframed.h"
#include "data/text_fields.h"
#include "images/image_paths.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

/// File names without folders that differ in more than their extensions: a.jpg and a.png would share a.txt.
class FlatNames {
 public:
  std::string take(const std::string& name) {
    const fs::path file = fs::path(name).filename();
    std::string stem = file.stem().string();
    // Lists hold one name per line, and readers skip names that begin with a dot.
    for (char& c : stem) c = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '_' : c;
    if (stem.starts_with('.') || trimmed(stem) != stem) stem = "_" + stem + "_";
    std::string unused = stem;
    for (int count = 1; !used_.insert(unused).second; ++count) unused = fmt::format("{}-{}", stem, count);
    return unused + file.extension().string();
  }

 private:
  std::set<std::string> used_;
};

// Most formats identify a class by its name alone, and write the name on one line.
void check_class_names(const std::vector<Category>& categories, const fs::path& dataset) {
  for (const auto& [id, name] : categories) {
    const bool clean = trimmed(name) == name && !name.empty() &&
                       std::none_of(name.begin(), name.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (!clean) {
      fail(
          "{}: the class name {} is empty, or has line breaks or spaces at its ends, which that format "
          "cannot hold; rename the class",
          dataset.string(), in_quotes(name));
    }
  }
}

void check_same_classes(const AnnotationStore& a, const AnnotationStore& b, const fs::path& dataset,
                        const std::string& first, const std::string& second) {
  const auto same = [&](const Category& x, const Category& y) {
    return a.ids().categories.json_of(x.id) == b.ids().categories.json_of(y.id) && x.name == y.name;
  };
  if (std::equal(a.categories().begin(), a.categories().end(), b.categories().begin(), b.categories().end(),
                 same)) {
    return;
  }
  fail("{}: the splits '{}' and '{}' have different classes; convert them one by one with --splits",
       dataset.string(), first, second);
}

void transfer_file(const fs::path& from, const fs::path& to, ImageTransfer how) {
  if (!is_file(from)) fail("{}: {}", from.string(), why_not_there(from, "no such image"));
  std::error_code no_link;
  // Link to the file that a symbolic link leads to: a relative link would be broken in another folder.
  if (how == ImageTransfer::kLink) fs::create_hard_link(fs::canonical(from), to, no_link);
  if (how != ImageTransfer::kCopy && !no_link) return;
  std::error_code error;
  if (!fs::copy_file(from, to, error)) {
    fail("{}: cannot be copied to {}: {}", from.string(), to.string(), error.message());
  }
}

std::string split_to_write(const std::string& split, const FormatEntry& to) {
  const std::string name = written_split_name(split);
  if (!to.writer) fail_usage("{}'s format cannot be written; choose another", to.name);
  if (!to.writer->any_split && name != "train" && name != "val" && name != "test") {
    fail_usage("split {}: {} has only train, val and test", in_quotes(split), to.name);
  }
  return name;
}

/// The folder that is being written.
class Conversion {
 public:
  Conversion(const fs::path& dataset, const fs::path& folder, const ConvertOptions& options)
      : dataset_(dataset), folder_(folder), options_(options), to_(entry_of(options.to)) {}

  void add(const std::string& split, const std::shared_ptr<const AnnotationStore>& read) {
    const std::string name = split_to_write(split, to_);
    if (std::count(summary_.splits.begin(), summary_.splits.end(), name) > 0) {
      fail_usage("split {} is named twice", in_quotes(name));
    }
    const auto store = reframed(read, to_.convention);
    if (first_) {
      check_same_classes(*first_, *store, dataset_, summary_.splits.front(), split);
    } else if (!to_.writer->any_name) {
      check_class_names(store->categories(), dataset_);
    }
    if (options_.transfer != ImageTransfer::kNone && is_file(store->image_dir())) {
      fail_usage(
          "{}: its images are in a pack of decoded images, not in files to copy; --transfer none converts "
          "the annotations alone",
          dataset_.string());
    }
    const auto images = place_images(*store, name);
    to_.writer->write_split(folder_, name, *store, images, summary_.boxes);
    summary_.splits.push_back(name);
    summary_.images += store->size();
    if (!first_) first_ = store;
  }

  ConvertSummary finish() {
    if (to_.writer->finish) to_.writer->finish(folder_, summary_.splits, first_->categories());
    return std::move(summary_);
  }

 private:
  // Transfers the images; returns their new names.
  std::vector<std::string> place_images(const AnnotationStore& store, const std::string& split) {
    const fs::path place = to_.writer->image_folder(folder_, split);
    make_folder(place);
    std::vector<std::string> names;
    for (int64_t i = 0; i < store.size(); ++i) {
      names.push_back(names_[place].take(store.image(i).file_name));
      if (!to_.writer->any_name && !images::is_image_name(names.back())) {
        fail("{}: the name needs the extension of an image ({}) to be found in that format",
             store.image_path(i).string(), images::kUsualEndings);
      }
      if (options_.transfer != ImageTransfer::kNone) {
        transfer_file(store.image_path(i), place / names.back(), options_.transfer);
      }
    }
    return names;
  }

  const fs::path &dataset_, folder_;
  const ConvertOptions& options_;
  const FormatEntry& to_;
  std::map<fs::path, FlatNames> names_;  ///< By folder; in some formats the splits share one.
  std::shared_ptr<const AnnotationStore> first_;
  ConvertSummary summary_;
};

template <typename Add>
ConvertSummary written(const fs::path& dataset, const fs::path& out, const ConvertOptions& options,
                       const Add& add) {
  try {
    NewFolder folder(out);
    Conversion conversion(dataset, folder.path(), options);
    add(conversion);
    auto summary = conversion.finish();
    folder.finish();
    return summary;
  } catch (const fs::filesystem_error& error) {
    fail("{}: {}", error.path1().empty() ? out.string() : error.path1().string(), error.code().message());
  }
}

}  // namespace

ConvertSummary write_splits(const fs::path& dataset, const std::vector<NamedSplit>& splits,
                            const fs::path& out, const ConvertOptions& options) {
  return written(dataset, out, options, [&](Conversion& conversion) {
    for (const auto& [name, store] : splits) conversion.add(name, store);
  });
}

ConvertSummary convert_dataset(const fs::path& dataset, const fs::path& out, const ConvertOptions& options) {
  const auto splits = options.splits.empty() ? splits_of(dataset) : options.splits;
  // One after the other, so that only one is in memory.
  return written(dataset, out, options, [&](Conversion& conversion) {
    for (const auto& split : splits) {
      split_to_write(split, entry_of(options.to));  // Throws for a name that could not be written.
      conversion.add(split, load_split(dataset, split, options.reading));
    }
  });
}

}  // namespace focus::data
