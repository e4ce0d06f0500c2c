#include "scenes/codes/codes_symbol.h"

#include <zint.h>

#include <algorithm>
#include <memory>

#include "base/error.h"

namespace focus::scenes {
namespace {

struct Kind {
  int zint;  ///< libzint's number of the symbology.
  int64_t label;
  int quiet;
  double weight;  ///< Share among all codes, in per cent.
};

constexpr Kind kKinds[] = {
    {BARCODE_EANX, 0, 11, 15},  {BARCODE_EANX, 0, 7, 3},      {BARCODE_UPCA, 0, 9, 6},
    {BARCODE_UPCE, 0, 9, 2},    {BARCODE_CODE128, 0, 10, 10}, {BARCODE_CODE39, 0, 10, 4},
    {BARCODE_CODE93, 0, 10, 1}, {BARCODE_CODABAR, 0, 10, 1},  {BARCODE_C25INTER, 0, 10, 4},
    {BARCODE_QRCODE, 1, 4, 22}, {BARCODE_MICROQR, 1, 2, 1},   {BARCODE_DATAMATRIX, 2, 1, 12},
    {BARCODE_AZTEC, 3, 1, 9},   {BARCODE_PDF417, 4, 2, 10},
};
static_assert(std::size(kKinds) == static_cast<size_t>(Symbology::kCount));

const Kind& kind_of(Symbology symbology) { return kKinds[static_cast<size_t>(symbology)]; }

std::string random_text(const char* alphabet, int64_t length, Rng& random) {
  const std::string letters = alphabet;
  std::string text;
  for (int64_t i = 0; i < length; ++i) {
    text += letters[static_cast<size_t>(random.integer(0, static_cast<int64_t>(letters.size()) - 1))];
  }
  return text;
}

constexpr const char* kDigits = "0123456789";
constexpr const char* kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr const char* kAnything = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./:_";

/// Random content that the symbology can hold. Its length decides the number of modules.
std::string content(Symbology symbology, Rng& random) {
  std::string text;
  switch (symbology) {
    case Symbology::kEan13:
      return random_text(kDigits, 12, random);
    case Symbology::kEan8:
      return random_text(kDigits, 7, random);
    case Symbology::kUpcA:
      return random_text(kDigits, 11, random);
    case Symbology::kUpcE:
      // The fifth digit must not be 0 if the sixth says that it is kept.
      text = random_text(kDigits, 4, random);
      text += random_text("123456789", 1, random);
      return text + random_text("56789", 1, random);
    case Symbology::kCode128:
      return random.chance(0.4) ? random_text(kDigits, 2 * random.integer(3, 12), random)
                                : random_text(kCapitals, random.integer(5, 16), random);
    case Symbology::kCode39:
    case Symbology::kCode93:
      return random_text(kCapitals, random.integer(4, 12), random);
    case Symbology::kCodabar:
      return "A" + random_text(kDigits, random.integer(5, 12), random) + "B";
    case Symbology::kItf:
      return random_text(kDigits, random.chance(0.6) ? 14 : 2 * random.integer(3, 8), random);
    case Symbology::kMicroQr:
      return random_text(kDigits, random.integer(4, 14), random);
    case Symbology::kQr:
      return "https://" + random_text(kAnything, random.integer(6, random.chance(0.2) ? 150 : 50), random);
    case Symbology::kPdf417:
      return random_text(kAnything, random.integer(12, random.chance(0.3) ? 200 : 70), random);
    default:
      return random_text(kCapitals, random.integer(6, random.chance(0.25) ? 110 : 30), random);
  }
}

void choose_size(zint_symbol& symbol, Symbology symbology, Rng& random) {
  switch (symbology) {
    case Symbology::kQr:
      symbol.option_1 = static_cast<int>(random.integer(1, 4));
      break;
    case Symbology::kDataMatrix:
      symbol.option_3 = random.chance(0.85) ? DM_SQUARE : 0;
      break;
    case Symbology::kPdf417:
      symbol.option_1 = static_cast<int>(random.integer(1, 4));
      symbol.option_2 = static_cast<int>(random.integer(2, 9));
      if (random.chance(0.12)) symbol.symbology = BARCODE_PDF417COMP;
      break;
    default:
      break;
  }
}

bool is_ink(const zint_symbol& symbol, int row, int column) {
  return (symbol.encoded_data[row][column >> 3] >> (column & 7) & 1) != 0;
}

/// Bars of usual heights; the guards of EAN and UPC extend down between the digits.
cv::Mat linear_modules(const zint_symbol& symbol, Symbology symbology, Rng& random) {
  const bool retail = symbology <= Symbology::kUpcE;
  const double share = retail ? (random.chance(0.5) ? random.uniform(0.6, 0.85) : random.uniform(0.2, 0.6))
                              : random.uniform(0.12, 0.55);
  const int height = std::max(8, static_cast<int>(share * symbol.width));
  const int guard = retail && random.chance(0.75) ? std::min(5, height / 6) : 0;
  cv::Mat modules = cv::Mat::zeros(height, symbol.width, CV_8U);
  for (int column = 0; column < symbol.width; ++column) {
    if (!is_ink(symbol, 0, column)) continue;
    const int middle = symbol.width / 2;
    const bool is_guard = column < 3 || column >= symbol.width - 3 || std::abs(column - middle) <= 2;
    modules.col(column).rowRange(0, is_guard ? height : height - guard).setTo(255);
  }
  return modules;
}

cv::Mat matrix_modules(const zint_symbol& symbol, int row_height) {
  cv::Mat modules(symbol.rows * row_height, symbol.width, CV_8U);
  for (int y = 0; y < modules.rows; ++y) {
    for (int x = 0; x < modules.cols; ++x) {
      modules.at<uint8_t>(y, x) = is_ink(symbol, y / row_height, x) ? 255 : 0;
    }
  }
  return modules;
}

}  // namespace

const std::vector<std::string>& code_class_names() {
  static const std::vector<std::string> names{"barcode", "qr_code", "data_matrix", "aztec", "pdf417"};
  return names;
}

int64_t code_class(Symbology symbology) { return kind_of(symbology).label; }

std::string code_library() {
  const int version = ZBarcode_Version();  // 21101 is 2.11.1.
  return fmt::format("libzint {}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

CodeSymbol make_symbol(Symbology symbology, Rng& random) {
  const Kind& kind = kind_of(symbology);
  const std::unique_ptr<zint_symbol, void (*)(zint_symbol*)> symbol(ZBarcode_Create(), ZBarcode_Delete);
  symbol->symbology = kind.zint;
  choose_size(*symbol, symbology, random);
  const std::string text = content(symbology, random);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.c_str());
  if (ZBarcode_Encode(symbol.get(), bytes, static_cast<int>(text.size())) >= ZINT_ERROR) {
    fail("libzint cannot encode '{}': {}", text, symbol->errtxt);
  }
  CodeSymbol code{.symbology = symbology, .modules = {}, .text = {}, .quiet = kind.quiet};
  if (kind.label == 0) {
    code.modules = linear_modules(*symbol, symbology, random);
    code.text = reinterpret_cast<const char*>(symbol->text);
  } else {
    const bool stacked = symbology == Symbology::kPdf417;
    code.modules = matrix_modules(*symbol, stacked ? static_cast<int>(random.integer(2, 4)) : 1);
  }
  return code;
}

Symbology random_symbology(Rng& random) {
  double total = 0;
  for (const Kind& kind : kKinds) total += kind.weight;
  double left = random.uniform(0, total);
  for (size_t i = 0; i < std::size(kKinds); ++i) {
    left -= kKinds[i].weight;
    if (left < 0) return static_cast<Symbology>(i);
  }
  return Symbology::kQr;
}

}  // namespace focus::scenes
