// Names of classes beside data sets whose labels only have numbers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace focus::data {

struct ClassNames {
  std::vector<std::string> names;  ///< In the order of the class numbers.
  std::filesystem::path source;    ///< The file they are from; empty if a person gave them.
};

/// True for a file that lists names of classes (classes.txt, obj.names, ...), and so is no file of labels.
bool is_class_list_name(const std::string& name);

/// Reads a list of classes: a text file with a name a line, or JSON with `categories`, as Label Studio's
/// notes.json, or a YOLO data set's yaml file. Throws Error if it cannot be read, names none, or one twice.
ClassNames read_class_names(const std::filesystem::path& file);

/// Names from a command line: a file as read_class_names reads, or names with commas between them. Throws
/// Error as that, UsageError for empty names.
ClassNames class_names_of(const std::string& argument);

/// The list in the first of `folders` that has one. Throws Error if a folder has several that differ.
std::optional<ClassNames> find_class_names(const std::vector<std::filesystem::path>& folders);

/// Names for `count` classes that nobody named: "class 0", "class 1", ...
std::vector<std::string> numbered_names(size_t count);

}  // namespace focus::data
