#include "viz/fonts/glyphs.h"

#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_FREETYPE_H

#include <algorithm>
#include <cmath>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/release.h"

namespace focus::viz {
namespace {

using Library = std::unique_ptr<FT_LibraryRec_, Release<FT_Done_FreeType>>;
using Face = std::unique_ptr<FT_FaceRec_, Release<FT_Done_Face>>;
using Pattern = std::unique_ptr<FcPattern, Release<FcPatternDestroy>>;
using FontSet = std::unique_ptr<FcFontSet, Release<FcFontSetDestroy>>;

/// The system's fonts, in its order of preference for plain text.
FontSet fonts_of_system() {
  if (FcInit() == FcFalse) return nullptr;
  const Pattern wanted(FcNameParse(reinterpret_cast<const FcChar8*>("sans-serif:scalable=true")));
  if (!wanted) return nullptr;
  FcConfigSubstitute(nullptr, wanted.get(), FcMatchPattern);
  FcDefaultSubstitute(wanted.get());
  FcResult result;
  return FontSet(FcFontSort(nullptr, wanted.get(), /*trim=*/FcTrue, nullptr, &result));
}

bool covers(FcPattern* font, char32_t character) {
  FcCharSet* characters = nullptr;
  FcBool scalable = FcFalse;
  // Bitmap fonts, such as those of coloured emoji, have only one size.
  return FcPatternGetBool(font, FC_SCALABLE, 0, &scalable) == FcResultMatch && scalable == FcTrue &&
         FcPatternGetCharSet(font, FC_CHARSET, 0, &characters) == FcResultMatch &&
         FcCharSetHasChar(characters, character) == FcTrue;
}

/// The em size in pixels whose capital letters are as high as OpenCV's at that scale; large enough that
/// Chinese characters, which have more strokes, stay readable.
unsigned em_of(double scale) {
  constexpr double kEmOfScale = 29, kLeast = 13;
  return static_cast<unsigned>(std::lround(std::max(kLeast, kEmOfScale * scale)));
}

/// Blends the ink into the image by the coverage of each pixel.
void blend(cv::Mat& image, const FT_Bitmap& shape, cv::Point corner, const cv::Scalar& ink) {
  const cv::Rect place(corner, cv::Size(static_cast<int>(shape.width), static_cast<int>(shape.rows)));
  const cv::Rect inside = place & cv::Rect({0, 0}, image.size());
  for (int y = inside.y; y < inside.br().y; ++y) {
    const uint8_t* cover = shape.buffer + static_cast<ptrdiff_t>(y - place.y) * shape.pitch;
    auto* row = image.ptr<cv::Vec3b>(y);
    for (int x = inside.x; x < inside.br().x; ++x) {
      const double share = cover[x - place.x] / 255.0;
      for (int c = 0; c < 3; ++c) {
        row[x][c] = cv::saturate_cast<uint8_t>((1 - share) * row[x][c] + share * ink[c]);
      }
    }
  }
}

}  // namespace

struct Glyphs::Impl {
  std::mutex mutex;
  Library library;
  FontSet fonts;
  std::vector<Face> faces;                       // One per font; loaded when needed.
  std::vector<bool> unusable;                    // One per font: whether its file could not be loaded.
  std::unordered_map<char32_t, FT_Face> chosen;  // Null: no font has it.

  FT_Face load(size_t font) {
    if (faces[font] || unusable[font]) return faces[font].get();
    unusable[font] = true;
    FcChar8* file = nullptr;
    int index = 0;
    if (FcPatternGetString(fonts->fonts[font], FC_FILE, 0, &file) != FcResultMatch) return nullptr;
    FcPatternGetInteger(fonts->fonts[font], FC_INDEX, 0, &index);
    FT_Face face = nullptr;
    if (FT_New_Face(library.get(), reinterpret_cast<const char*>(file), index, &face) != 0) return nullptr;
    faces[font].reset(face);
    unusable[font] = false;
    return face;
  }

  FT_Face face_of(char32_t character) {
    const auto [place, fresh] = chosen.try_emplace(character, nullptr);
    if (!fresh || !library || !fonts) return place->second;
    for (size_t i = 0; i < faces.size(); ++i) {
      if (!covers(fonts->fonts[i], character)) continue;
      FT_Face face = load(i);
      if (!face || FT_Get_Char_Index(face, character) == 0) continue;
      place->second = face;
      break;
    }
    return place->second;
  }

  /// Calls `visit(shape, x)` for each character with its position, and returns the width of all.
  template <typename Visit>
  int walk(const std::u32string& text, double scale, const Visit& visit) {
    const std::scoped_lock lock(mutex);
    int x = 0;
    for (const char32_t character : text) {
      FT_Face face = face_of(character);
      if (!face || FT_Set_Pixel_Sizes(face, 0, em_of(scale)) != 0 ||
          FT_Load_Char(face, character, FT_LOAD_RENDER | FT_LOAD_NO_BITMAP) != 0) {
        continue;
      }
      visit(*face->glyph, x);
      x += static_cast<int>(face->glyph->advance.x >> 6);  // In 64ths of a pixel.
    }
    return x;
  }
};

Glyphs::Glyphs() : impl_(new Impl) {
  FT_Library library = nullptr;
  if (FT_Init_FreeType(&library) == 0) impl_->library.reset(library);
  impl_->fonts = fonts_of_system();
  const auto count = static_cast<size_t>(impl_->fonts ? impl_->fonts->nfont : 0);
  impl_->faces.resize(count);
  impl_->unusable.resize(count);
}

Glyphs::~Glyphs() = default;

Glyphs& Glyphs::of_system() {
  static Glyphs glyphs;
  return glyphs;
}

bool Glyphs::has(char32_t character) {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->face_of(character) != nullptr;
}

TextExtent Glyphs::measure(const std::u32string& text, double scale) {
  TextExtent extent;
  extent.width = impl_->walk(text, scale, [&](const FT_GlyphSlotRec& glyph, int) {
    extent.above = std::max(extent.above, glyph.bitmap_top);
    extent.below = std::max(extent.below, static_cast<int>(glyph.bitmap.rows) - glyph.bitmap_top);
  });
  return extent;
}

void Glyphs::draw(cv::Mat& image, const std::u32string& text, cv::Point start, double scale,
                  const cv::Scalar& ink) {
  impl_->walk(text, scale, [&](const FT_GlyphSlotRec& glyph, int x) {
    blend(image, glyph.bitmap, {start.x + x + glyph.bitmap_left, start.y - glyph.bitmap_top}, ink);
  });
}

}  // namespace focus::viz
