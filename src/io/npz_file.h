// numpy's .npz: a zip file of arrays.
#pragma once

#include "io/weights_file.h"
#include "io/zip_archive.h"

namespace focus::io {

/// Whether all entries are .npy files, and there is one.
bool is_npz(const ZipArchive& archive);

/// Reads all arrays of numbers; others (text, Python objects) are listed as skipped.
void read_npz(const ZipArchive& archive, WeightsFile& weights);

}  // namespace focus::io
