// What a person means by "these images": files, folders and patterns.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace focus::images {

/// The endings of image files that are read, or called by their name where this build lacks what reads them.
inline constexpr std::array kImageEndings{".jpg",  ".jpeg", ".jpe",  ".jfif", ".mpo",  ".png", ".bmp", ".dib",
                                          ".webp", ".tif",  ".tiff", ".heic", ".heif", ".hif", ".avif"};

/// Those of images that are not read, which are called so where a data set has them.
inline constexpr std::array kUnreadEndings{
    ".gif", ".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm", ".jp2", ".j2k", ".jpf",  ".jpx", ".jpm",
    ".jxl", ".jxr", ".ico", ".tga", ".svg", ".psd", ".pcx", ".ras", ".exr", ".hdr",  ".qoi", ".dds",
    ".dng", ".cr2", ".cr3", ".nef", ".arw", ".rw2", ".orf", ".raf", ".dcm", ".fits", ".xbm", ".xpm"};

/// The commonest of them, for messages.
inline constexpr const char* kUsualEndings = "jpg, png, webp, bmp, tif, heic, avif";

/// True for a name that ends like those of images we read, in any case.
bool is_image_name(const std::filesystem::path& path);

/// True for a name that ends like those of images that are not read.
bool is_unread_image_name(const std::filesystem::path& path);

/// The ending of a name in small letters: ".jpg".
std::string small_ending(const std::filesystem::path& path);

/// Expands each input: a file stands for itself, a folder for the images in it (not in folders below), a
/// pattern with * ? [] for what it matches. Sorted within each input, without repetitions. Throws Error
/// naming an input that leads to nothing.
/// @param left_out if given, receives a line for each folder with other files than images, or with folders:
///                 how many, by their endings, and the first names. Hidden files are not spoken of.
std::vector<std::filesystem::path> image_paths(const std::vector<std::string>& inputs,
                                               std::vector<std::string>* left_out = nullptr);

}  // namespace focus::images
