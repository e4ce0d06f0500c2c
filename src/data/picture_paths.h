// What a person means by "these pictures": files, folders and patterns.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace focus::data {

/// True for a name that ends like those of pictures we read: jpg, jpeg, png, bmp, webp, in any case.
bool is_picture_name(const std::filesystem::path& path);

/// Expands each input: a file stands for itself, a folder for the pictures in it (not in folders below), a
/// pattern with * ? [] for what it matches. Sorted within each input, without repetitions. Throws Error
/// naming an input that leads to nothing.
std::vector<std::filesystem::path> picture_paths(const std::vector<std::string>& inputs);

}  // namespace focus::data
