// Class names of data sets whose labels have only numbers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace focus::data {

struct ClassNames {
  std::vector<std::string> names;  ///< In the order of the class numbers.
  std::filesystem::path source;    ///< The file they are from; empty if they were given on the command line.
};

/// True for a file that lists class names (classes.txt, obj.names, ...), and so is not a label file.
bool is_class_list_name(const std::string& name);

/// Reads a list of classes: a text file with one name per line, or JSON with `categories`, as Label Studio's
/// notes.json, or a YOLO data set's yaml file. Throws Error if it cannot be read, names no class, or names
/// one twice.
ClassNames read_class_names(const std::filesystem::path& file);

/// Names from a command line: a file for read_class_names, or names separated by commas. Throws Error as
/// read_class_names does, and UsageError for empty names.
ClassNames class_names_of(const std::string& argument);

/// The list in the first of `folders` that has one. Throws Error if a folder has several that differ.
std::optional<ClassNames> find_class_names(const std::vector<std::filesystem::path>& folders);

/// Names for `count` classes without names: "class 0", "class 1", ...
std::vector<std::string> numbered_names(size_t count);

}  // namespace focus::data
