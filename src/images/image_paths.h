// The images that a user names: files, folders and patterns.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace focus::images {

/// The endings of image files that are read, or that this build names in an error if it lacks their decoder.
inline constexpr std::array kImageEndings{".jpg",  ".jpeg", ".jpe",  ".jfif", ".mpo",  ".png", ".bmp", ".dib",
                                          ".webp", ".tif",  ".tiff", ".heic", ".heif", ".hif", ".avif"};

/// The endings of images that are not read, which is reported if a data set has them.
inline constexpr std::array kUnreadEndings{
    ".gif", ".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm", ".jp2", ".j2k", ".jpf",  ".jpx", ".jpm",
    ".jxl", ".jxr", ".ico", ".tga", ".svg", ".psd", ".pcx", ".ras", ".exr", ".hdr",  ".qoi", ".dds",
    ".dng", ".cr2", ".cr3", ".nef", ".arw", ".rw2", ".orf", ".raf", ".dcm", ".fits", ".xbm", ".xpm"};

/// The most common endings that are read, for messages.
inline constexpr const char* kUsualEndings = "jpg, png, webp, bmp, tif, heic, avif";

/// True for a name with one of kImageEndings, in upper or lower case.
bool is_image_name(const std::filesystem::path& path);

/// True for a name with one of kUnreadEndings, in upper or lower case.
bool is_unread_image_name(const std::filesystem::path& path);

/// The ending of a name in lower case: ".jpg".
std::string small_ending(const std::filesystem::path& path);

/// Expands each input: a file stands for itself, a folder for the images in it (not in its subfolders), a
/// pattern with * ? [] for its matches. Sorted within each input, without repetitions. Throws Error naming an
/// input that leads to nothing.
/// @param left_out if given, receives a line for each folder with files other than images or with subfolders:
///                 how many, by their endings, and the first names. Hidden files are not mentioned.
std::vector<std::filesystem::path> image_paths(const std::vector<std::string>& inputs,
                                               std::vector<std::string>* left_out = nullptr);

}  // namespace focus::images
