// One reader for the header of each format: see read_image_header, which chooses among them.
#pragma once

#include "images/image_bytes.h"
#include "images/image_header.h"

namespace focus::images {

// Each fills what its format has and follows the file to its end. Throws Error if it is damaged or truncated.
void read_jpeg_header(const ImageBytes& bytes, ImageHeader& header);
void read_png_header(const ImageBytes& bytes, ImageHeader& header);
void read_bmp_header(const ImageBytes& bytes, ImageHeader& header);
void read_webp_header(const ImageBytes& bytes, ImageHeader& header);
void read_tiff_header(const ImageBytes& bytes, ImageHeader& header);
/// HEIC and AVIF. Throws Error as well if this program was built without libheif.
void read_heif_header(const ImageBytes& bytes, ImageHeader& header);

}  // namespace focus::images
