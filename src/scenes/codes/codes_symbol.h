// Machine-readable codes as grids of modules: what a printer is given before ink meets paper.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "base/rng.h"

namespace focus::scenes {

/// Classes of the scene `codes`, by what a person would call the thing: barcode, qr_code, data_matrix, aztec,
/// pdf417. All one-dimensional codes are one class: they differ in which bars, not in what they look like.
const std::vector<std::string>& code_class_names();

/// What there is to draw; several belong to one class.
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
  cv::Mat modules;   ///< CV_8U, one pixel a module: 255 where there is ink. No quiet zone.
  std::string text;  ///< What a person can read beside it; empty if the code has no such line.
  int quiet = 4;     ///< Modules of quiet zone its standard asks for.

  int64_t label() const { return code_class(symbology); }
  bool linear() const { return label() == 0; }
};

/// The library that encodes, and its version, as "libzint 2.11.1": another one may draw a code of the same
/// content otherwise (2.15 draws other PDF417 than 2.11).
std::string code_library();

/// A valid code of random content and, where the symbology has a choice, of random size.
CodeSymbol make_symbol(Symbology symbology, Rng& random);

/// A symbology: classes in proportion to how often they are met, none of them rare.
Symbology random_symbology(Rng& random);

}  // namespace focus::scenes
