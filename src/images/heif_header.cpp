#include "images/header_readers.h"
#include "images/heif_boxes.h"

#ifdef FOCUS_DETR_HEIF
#include "images/heif/heif_image.h"
#endif

namespace focus::images {

void read_heif_header(const ImageBytes& bytes, ImageHeader& header) {
  follow_heif_boxes(bytes);
#ifdef FOCUS_DETR_HEIF
  const HeifImage image(bytes.part(0, bytes.size()), header.format, bytes.name());
  header.size = image.size();
  header.animated = heif_frames(bytes) > 1;
  header.images = header.animated ? heif_frames(bytes) : image.images();
#else
  fail(
      "{}: a {} image, and this program was built without libheif, which reads them: install libheif-dev and "
      "build again, or convert the image to JPEG or PNG",
      bytes.name(), name_of(header.format));
#endif
}

}  // namespace focus::images
