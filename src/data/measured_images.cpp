#include "data/measured_images.h"

#include "base/for_each_index.h"
#include "base/paths.h"
#include "images/decode.h"

namespace focus::data {

std::vector<std::optional<nn::ImageSize>> measured_images(const std::vector<std::filesystem::path>& paths,
                                                          images::Orientation orientation,
                                                          const IssueSink& report) {
  std::vector<std::optional<nn::ImageSize>> sizes(paths.size());
  std::vector<std::string> faults(paths.size());
  for_each_index(paths.size(), [&](size_t i) {
    try {
      sizes[i] = images::measure_image(paths[i], orientation);
    } catch (const std::exception& error) {
      faults[i] = error.what();
    }
  });
  for (size_t i = 0; i < paths.size(); ++i) {
    if (sizes[i]) continue;
    const auto kind = is_there(paths[i]) ? IssueKind::kUndecodableImage : IssueKind::kMissingImage;
    report(issue_of(kind, paths[i], faults[i]));
  }
  return sizes;
}

}  // namespace focus::data
