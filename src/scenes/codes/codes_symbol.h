// Machine-readable codes as grids of modules: the input of a printer.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "base/rng.h"

namespace focus::scenes {

/// Classes of the scene `codes`: barcode, qr_code, data_matrix, aztec, pdf417. All one-dimensional codes are
/// one class, since they differ in their bars but not in their appearance.
const std::vector<std::string>& code_class_names();

/// The kinds of codes that are drawn; several belong to one class.
enum class Symbology {
  kEan13,
  kEan8,
  kUpcA,
  kUpcE,
  kCode128,
  kCode39,
  kCode93,
  kCodabar,
  kItf,
  kQr,
  kMicroQr,
  kDataMatrix,
  kAztec,
  kPdf417,
  kCount
};

/// Index into code_class_names().
int64_t code_class(Symbology symbology);

struct CodeSymbol {
  Symbology symbology = Symbology::kEan13;
  cv::Mat modules;   ///< CV_8U, one pixel per module: 255 where there is ink. No quiet zone.
  std::string text;  ///< The human-readable text beside it; empty if the code has none.
  int quiet = 4;     ///< Width in modules of the quiet zone that the standard requires.

  int64_t label() const { return code_class(symbology); }
  bool linear() const { return label() == 0; }
};

/// The library that encodes, and its version, as "libzint 2.11.1": another version may draw the same content
/// differently (2.15 draws other PDF417 than 2.11).
std::string code_library();

/// A valid code of random content and, where the symbology has a choice, of random size.
CodeSymbol make_symbol(Symbology symbology, Rng& random);

/// A random symbology, by how common each is; no class is rare.
Symbology random_symbology(Rng& random);

}  // namespace focus::scenes
