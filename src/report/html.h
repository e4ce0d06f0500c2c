// Pieces of a self-contained page.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace focus::report {

/// The text with markup characters escaped.
std::string escaped(const std::string& text);

/// A page with its style inside, light or dark like the reader's system. `body` is markup.
std::string page(const std::string& title, const std::string& body);

/// <img> with the image inside, as JPEG. CV_8UC3.
std::string embedded(const cv::Mat& image, const std::string& description);

/// A table; the first row and the first cell of each row are headers. Cells are markup.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace focus::report
