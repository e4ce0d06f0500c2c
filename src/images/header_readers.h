// One header reader per format; read_image_header chooses among them.
#pragma once

#include "images/image_bytes.h"
#include "images/image_header.h"

namespace focus::images {

// Each fills the fields that its format has and follows the file to its end. Throws Error if the file is
// damaged or truncated.
void read_jpeg_header(const ImageBytes& bytes, ImageHeader& header);
void read_png_header(const ImageBytes& bytes, ImageHeader& header);
void read_bmp_header(const ImageBytes& bytes, ImageHeader& header);
void read_webp_header(const ImageBytes& bytes, ImageHeader& header);
void read_tiff_header(const ImageBytes& bytes, ImageHeader& header);
/// HEIC and AVIF. Also throws Error if this program was built without libheif.
void read_heif_header(const ImageBytes& bytes, ImageHeader& header);

}  // namespace focus::images
