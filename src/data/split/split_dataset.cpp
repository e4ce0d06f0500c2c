#include "data/split/split_dataset.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <set>

#include "base/error.h"
#include "base/for_each_index.h"
#include "base/human.h"
#include "data/image_store.h"
#include "data/split/image_sequences.h"
#include "data/split/near_duplicates.h"
#include "data/split/stratify.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;
using Store = std::shared_ptr<const AnnotationStore>;

const char* const kParts[] = {"train", "val", "test"};

void check_shares(const SplitOptions& options) {
  const bool possible = options.val >= 0 && options.test >= 0 && options.val + options.test < 1;
  if (!possible) {
    fail_usage(
        "--val {} --test {}: these are shares of the images, at least 0 and together below 1, so "
        "that some are left to train on",
        options.val, options.test);
  }
  if (options.val + options.test == 0) fail_usage("--val 0 --test 0: nothing to divide");
}

std::string split_to_divide(const fs::path& dataset, const SplitOptions& options,
                            const std::vector<std::string>& there) {
  if (!options.split.empty()) {
    const std::string split = options.split == "valid" ? "val" : options.split;
    if (std::count(there.begin(), there.end(), split) == 0 && !has_split(dataset, split)) {
      fail_usage("{}: no split {} to divide; there {} {}", dataset.string(), in_quotes(options.split),
                 there.size() == 1 ? "is only" : "are", fmt::join(there, ", "));
    }
    return split;
  }
  if (there.size() == 1) return there.front();
  fail_usage("{}: has the splits {}; name the one to divide with --split, the others stay as they are",
             dataset.string(), fmt::join(there, ", "));
}

/// The images of a store at the given indices.
Store part_of(const AnnotationStore& store, const std::vector<int64_t>& places) {
  AnnotationEntries entries;
  entries.categories = store.categories();
  entries.ids = store.ids();
  for (const int64_t i : places) {
    entries.images.push_back(store.image(i));
    const auto boxes = store.annotations(i);
    entries.annotations.emplace_back(boxes.begin(), boxes.end());
  }
  return std::make_shared<const AnnotationStore>(std::move(entries), store.image_dir(), store.meaning());
}

std::vector<ImageSketch> sketches_of(const AnnotationStore& store, const SplitOptions& options) {
  const ImageStore images(store.image_dir(), store.orientation());
  std::vector<ImageSketch> sketches(static_cast<size_t>(store.size()));
  std::vector<std::string> faults(sketches.size());
  std::mutex mutex;
  int64_t done = 0;
  for_each_index(sketches.size(), [&](size_t i) {
    try {
      sketches[i] = sketch_of(images.read(store.image(static_cast<int64_t>(i)).file_name));
    } catch (const std::exception& error) {
      faults[i] = error.what();
    }
    const std::scoped_lock lock(mutex);
    if (options.progress) options.progress(++done, store.size());
  });
  for (const auto& fault : faults) {
    if (!fault.empty()) throw Error(fault);
  }
  return sketches;
}

std::vector<StratifyGroup> counted_groups(const AnnotationStore& store, const std::vector<size_t>& group_of) {
  // Images without objects count as a class of their own, so that each part gets its share of them.
  const auto empty = std::ssize(store.categories());
  std::vector<std::map<int64_t, int64_t>> counts;
  std::vector<StratifyGroup> groups;
  for (int64_t i = 0; i < store.size(); ++i) {
    const size_t g = group_of[static_cast<size_t>(i)];
    if (g >= groups.size()) {
      groups.resize(g + 1);
      counts.resize(g + 1);
    }
    ++groups[g].images;
    std::set<int64_t> shown;
    for (const auto& box : store.annotations(i)) shown.insert(box.label);
    if (shown.empty()) shown.insert(empty);
    for (const int64_t label : shown) ++counts[g][label];
  }
  for (size_t g = 0; g < groups.size(); ++g) groups[g].classes.assign(counts[g].begin(), counts[g].end());
  return groups;
}

/// Whether undivided groups can be distributed so that each part has between half and one and a half times
/// its number of images.
bool is_near(const AnnotationStore& store, const std::vector<size_t>& group_of,
             const std::vector<double>& shares, uint64_t seed) {
  const auto groups = counted_groups(store, group_of);
  const auto parts = std::count_if(shares.begin(), shares.end(), [](double share) { return share > 0; });
  if (std::ssize(groups) < parts) return false;
  const auto part = stratify(groups, std::ssize(store.categories()) + 1, shares, seed);
  std::vector<double> images(shares.size(), 0);
  for (size_t g = 0; g < groups.size(); ++g) images[part[g]] += static_cast<double>(groups[g].images);
  for (size_t p = 0; p < shares.size(); ++p) {
    const double wanted = shares[p] * static_cast<double>(store.size());
    if (images[p] < 0.5 * wanted || images[p] > std::max(1.5 * wanted, wanted + 1)) return false;
  }
  return true;
}

/// The resulting shares, which may differ from the requested ones, since groups stay together.
std::string reached_shares(const SplitSummary& summary, const std::vector<double>& shares) {
  int64_t all = 0;
  size_t at = 0;
  for (const double share : shares) all += share > 0 ? summary.parts[at++].images : 0;
  std::string text = "keeping images together results in";
  at = 0;
  for (const double share : shares) {
    if (!(share > 0)) continue;
    const auto& part = summary.parts[at++];
    text += fmt::format("{} {} {} of {} images ({:.1f} %, requested {:.1f} %)", at > 1 ? "," : "", part.name,
                        part.images, all, 100.0 * static_cast<double>(part.images) / static_cast<double>(all),
                        100 * share);
  }
  return text;
}

/// The group of each image; images of one group stay together.
std::vector<size_t> groups_of(const AnnotationStore& store, const SplitOptions& options,
                              const std::vector<double>& shares, SplitSummary& summary) {
  std::vector<std::string> names;
  std::vector<size_t> groups;
  for (int64_t i = 0; i < store.size(); ++i) {
    names.push_back(store.image(i).file_name);
    groups.push_back(static_cast<size_t>(i));
  }
  const auto largest = [](const std::vector<size_t>& of) {
    std::map<size_t, size_t> sizes;
    size_t most = 0;
    for (const size_t group : of) most = std::max(most, ++sizes[group]);
    return std::pair(sizes.size(), most);
  };
  if (options.keep_videos) {
    const auto whole = sequences_of(names, names.size() + 1);
    summary.notes.push_back(
        fmt::format("{} sequences of frames by their names", largest(whole.group_of).first));
    // Whole videos, if they come near the requested shares; otherwise pieces of the smallest part's size.
    const bool near = is_near(store, joined_groups(groups, whole.group_of), shares, options.seed);
    const double least = options.val == 0 || options.test == 0 ? std::max(options.val, options.test)
                                                               : std::min(options.val, options.test);
    const auto longest =
        std::max<size_t>(1, static_cast<size_t>(std::llround(least * static_cast<double>(store.size()))));
    const auto found = near ? whole : sequences_of(names, longest);
    groups = joined_groups(groups, found.group_of);
    if (found.cut_sequences > 0) {
      summary.notes.push_back(fmt::format(
          "{} of these were cut, as whole ones come nowhere near the shares: pieces have at most the {} "
          "images of the smallest part, and neighbouring frames at a cut may end up in different parts",
          found.cut_sequences, longest));
    }
  }
  if (options.keep_duplicates) {
    const auto similar =
        joined_groups(near_duplicate_groups(sketches_of(store, options)), copies_of(names).group_of);
    groups = joined_groups(groups, similar);
    const auto [count, most] = largest(similar);
    summary.notes.push_back(
        count == 1 && most > 1
            ? fmt::format("all {} images count as duplicates of one another", most)
            : fmt::format("{} images are near duplicates or copies of others; the largest group has {}",
                          names.size() - count, most));
  }
  return groups;
}

SplitPart counted_part(const std::string& name, const AnnotationStore& store) {
  SplitPart part{name, store.size(), 0, std::vector<int64_t>(store.categories().size(), 0)};
  for (int64_t i = 0; i < store.size(); ++i) {
    std::set<int64_t> shown;
    for (const auto& box : store.annotations(i)) shown.insert(box.label);
    for (const int64_t label : shown) ++part.images_of_class[static_cast<size_t>(label)];
    part.boxes += std::ssize(store.annotations(i));
  }
  return part;
}

void warn_of_absent_classes(SplitSummary& summary) {
  const auto& train = summary.parts.front();
  for (size_t label = 0; label < summary.categories.size(); ++label) {
    int64_t images = 0;
    for (const auto& part : summary.parts) images += part.images_of_class[label];
    if (images == 1 && train.images_of_class[label] == 1) {
      summary.warnings.push_back(
          fmt::format("the only image of class {} stays in {}: this class is not measured",
                      in_quotes(summary.categories[label].name), train.name));
    }
    if (train.images_of_class[label] > 0) continue;
    const bool elsewhere = std::any_of(summary.parts.begin(), summary.parts.end(),
                                       [&](const auto& part) { return part.images_of_class[label] > 0; });
    summary.warnings.push_back(fmt::format("class {} is in no image of {}{}",
                                           in_quotes(summary.categories[label].name), train.name,
                                           elsewhere ? ", only of other splits" : ", nor of any other"));
  }
}

}  // namespace

SplitSummary split_dataset(const fs::path& dataset, const fs::path& out, const SplitOptions& options) {
  check_shares(options);
  const auto there = splits_of(dataset);
  const auto divided = split_to_divide(dataset, options, there);
  const std::vector<double> shares{1 - options.val - options.test, options.val, options.test};
  for (size_t p = 0; p < shares.size(); ++p) {
    const bool taken = std::count(there.begin(), there.end(), kParts[p]) > 0 && divided != kParts[p];
    if (shares[p] > 0 && taken) {
      if (p == 0) {
        fail_usage(
            "{}: there is a split train already, so the new one would have the same name; divide that one "
            "(--split train), which leaves {} as it is",
            dataset.string(), divided);
      }
      fail_usage("{}: there is a split {} already; with --{} 0 it stays as it is", dataset.string(),
                 kParts[p], kParts[p]);
    }
  }
  const Store store = load_split(dataset, divided, options.reading);
  SplitSummary summary;
  summary.categories = store->categories();
  const auto groups = groups_of(*store, options, shares, summary);
  const auto parts = std::count_if(shares.begin(), shares.end(), [](double share) { return share > 0; });
  if (const auto whole = std::ssize(std::set<size_t>(groups.begin(), groups.end()));
      whole < parts && !summary.notes.empty()) {
    fail_usage(
        "{}: keeping images together leaves {} {} of images for {} parts: {}; keep fewer images "
        "together with --together",
        dataset.string(), whole, whole == 1 ? "group" : "groups", parts, fmt::join(summary.notes, "; "));
  }
  const auto part =
      stratify(counted_groups(*store, groups), std::ssize(store->categories()) + 1, shares, options.seed);
  std::vector<std::vector<int64_t>> places(shares.size());
  for (int64_t i = 0; i < store->size(); ++i) {
    places[part[groups[static_cast<size_t>(i)]]].push_back(i);
  }
  std::vector<NamedSplit> splits;
  for (size_t p = 0; p < shares.size(); ++p) {
    if (shares[p] > 0) splits.push_back({kParts[p], part_of(*store, places[p])});
  }
  for (const auto& name : there) {
    if (name != divided) splits.push_back({name, load_split(dataset, name, options.reading)});
  }
  for (const auto& [name, entries] : splits) summary.parts.push_back(counted_part(name, *entries));
  if (options.keep_videos || options.keep_duplicates) {
    summary.notes.push_back(reached_shares(summary, shares));
  }
  warn_of_absent_classes(summary);
  ConvertOptions convert;
  convert.transfer = options.transfer;
  write_splits(dataset, splits, out, convert);
  return summary;
}

}  // namespace focus::data
