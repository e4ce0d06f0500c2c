// What a person means by "these pictures": files, folders and patterns.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace focus::data {

/// The endings of image files that are read, or called by their name where this build lacks what reads them.
inline constexpr std::array kImageEndings{".jpg", ".jpeg", ".jpe",  ".jfif", ".png", ".bmp", ".webp",
                                          ".tif", ".tiff", ".heic", ".heif", ".hif", ".avif"};

/// The commonest of them, for messages.
inline constexpr const char* kUsualEndings = "jpg, png, webp, bmp, tif, heic, avif";

/// True for a name that ends like those of pictures we read, in any case.
bool is_picture_name(const std::filesystem::path& path);

/// Expands each input: a file stands for itself, a folder for the pictures in it (not in folders below), a
/// pattern with * ? [] for what it matches. Sorted within each input, without repetitions. Throws Error
/// naming an input that leads to nothing.
/// @param left_out if given, receives a line for each folder with other files than pictures, or with folders:
///                 how many, by their endings, and the first names. Hidden files are not spoken of.
std::vector<std::filesystem::path> picture_paths(const std::vector<std::string>& inputs,
                                                 std::vector<std::string>* left_out = nullptr);

}  // namespace focus::data
