// numpy's .npz: a zip file of arrays.
#pragma once

#include "io/pytorch/zip_archive.h"
#include "io/weights_file.h"

namespace focus::io {

/// Whether all entries are .npy files, and there is at least one.
bool is_npz(const ZipArchive& archive);

/// Reads all arrays of numbers. Others are listed: as unread if LibTorch lacks their
/// type, else as skipped (text, Python objects).
void read_npz(const ZipArchive& archive, WeightsFile& weights);

}  // namespace focus::io
