// What this machine and this build offer, and what makes them slow or wrong.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace focus::doctor {

enum class Health { kFine, kSlow, kBroken };

/// The result of one check.
struct Diagnosis {
  std::string subject;  ///< such as "cpu", "blas"
  Health health = Health::kFine;
  std::string found;
  std::string advice;  ///< what to do about it; empty if it is fine
};

/// Checks processor, kernels and convolutions (against their definition, on random numbers), each GPU (its
/// rates, and the kernels on it), threads, BLAS, memory, the disk of `folder`, and environment variables that
/// change the program's behaviour.
std::vector<Diagnosis> examine(const std::filesystem::path& folder);

/// The shared libraries that this process uses, and the program itself, as a software bill of materials in
/// CycloneDX's format (1.5).
nlohmann::json bill_of_materials(const std::string& version);

/// The files of shared libraries in a memory map in the format of /proc/self/maps; each once.
std::vector<std::filesystem::path> libraries_in(const std::string& maps);

}  // namespace focus::doctor
