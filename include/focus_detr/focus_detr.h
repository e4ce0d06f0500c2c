/* Focus-DETR for C programs: load a model file, give it images, get detections.
 *
 *   focus_detr_detector* detector;
 *   if (focus_detr_load("model.safetensors", NULL, &detector) != FOCUS_DETR_OK)
 *     puts(focus_detr_last_error());
 *
 * Every function that can fail returns a status; focus_detr_last_error() says in one line what was wrong.
 * Nothing throws or aborts. An object returned through a pointer to a pointer belongs to the caller, who
 * frees it with the function named there; every other pointer belongs to the library and is valid as long as
 * the object it came from. One detector may be used by several threads at the same time. */
#ifndef FOCUS_DETR_FOCUS_DETR_H
#define FOCUS_DETR_FOCUS_DETR_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define FOCUS_DETR_API __attribute__((visibility("default")))
#else
#define FOCUS_DETR_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum focus_detr_status {
  FOCUS_DETR_OK = 0,
  /* A null pointer, a size or an option out of range, a precision or device that does not exist here. */
  FOCUS_DETR_BAD_ARGUMENT = 1,
  /* A file or image that is missing, damaged, or of another kind. */
  FOCUS_DETR_BAD_INPUT = 2,
  FOCUS_DETR_OUT_OF_MEMORY = 3,
  /* An error in the library; please report its message. */
  FOCUS_DETR_INTERNAL_ERROR = 4
} focus_detr_status;

/* Version of the library, such as "0.1.0". */
FOCUS_DETR_API const char* focus_detr_version(void);

/* The error message of this thread's last call that failed; "" before any. Valid until the thread's next
 * call. */
FOCUS_DETR_API const char* focus_detr_last_error(void);

/* Optional, best called first in main: makes the C library keep freed memory, and allocates LibTorch's large
 * tensors from an arena. Images of changing sizes then neither fragment memory nor need fresh pages. It
 * affects the whole process, so the library does not do it by itself. */
FOCUS_DETR_API void focus_detr_tune_process(void);

/* ---- A model ---- */

typedef struct focus_detr_detector focus_detr_detector;

typedef struct focus_detr_load_options {
  size_t struct_size; /* sizeof(focus_detr_load_options) of the caller's header, set by the _init function */
  int32_t threads;    /* used by a call of detect; 0: one per physical core */
  const char* precision; /* "fp32", "bf16", "int8" (docs/performance.md) */
  double keep_ratio;     /* share of the tokens the encoder works on, 0.001 to 1; 0: the model's own */
  const char* device;    /* "cpu", "cuda", "cuda:N", or "auto": a GPU if there is one (docs/gpu.md) */
} focus_detr_load_options;

/* Sets the defaults: 0 threads, "fp32", keep ratio 0, "auto". Fields are only ever added at the end: with a
 * smaller struct_size, from an earlier version, the missing fields have their defaults; with a larger one,
 * from a later version, the fields that this library does not know must be zero. */
FOCUS_DETR_API void focus_detr_load_options_init(focus_detr_load_options* options);

/* Loads a model file and prepares it. options: NULL for the defaults. *detector is freed by focus_detr_free,
 * and is NULL after a failure. */
FOCUS_DETR_API focus_detr_status focus_detr_load(const char* path, const focus_detr_load_options* options,
                                                 focus_detr_detector** detector);

/* Frees a detector, which no call may be using. NULL is allowed. Its detections stay valid. */
FOCUS_DETR_API void focus_detr_free(focus_detr_detector* detector);

/* The number of classes of the model, and the name and the data set's id of one; NULL and -1 if the index is
 * out of range. */
FOCUS_DETR_API size_t focus_detr_class_count(const focus_detr_detector* detector);
FOCUS_DETR_API const char* focus_detr_class_name(const focus_detr_detector* detector, size_t class_index);
FOCUS_DETR_API int64_t focus_detr_class_id(const focus_detr_detector* detector, size_t class_index);

/* ---- Images and detections ---- */

typedef enum focus_detr_pixel_format {
  FOCUS_DETR_BGR8 = 0, /* 3 bytes per pixel, as in OpenCV */
  FOCUS_DETR_RGB8 = 1,
  FOCUS_DETR_BGRA8 = 2, /* alpha is ignored */
  FOCUS_DETR_RGBA8 = 3,
  FOCUS_DETR_GRAY8 = 4
} focus_detr_pixel_format;

/* The caller's pixels, row by row; only read, and only during the call. */
typedef struct focus_detr_image {
  const uint8_t* data;
  int32_t width, height;
  size_t stride; /* bytes from a row to the next; 0: rows without gaps */
  focus_detr_pixel_format format;
} focus_detr_image;

/* x1 <= x2 and y1 <= y2, in pixels, inside the image. */
typedef struct focus_detr_detection {
  float x1, y1, x2, y2;
  float score; /* 0 to 1 */
  int32_t class_index;
} focus_detr_detection;

typedef struct focus_detr_detections focus_detr_detections;

/* Finds objects in one image, best first: those with a score of at least threshold (0 to 1), at most
 * max_detections of them (0: as many as the model has). *detections is freed by focus_detr_detections_free,
 * and is NULL after a failure. */
FOCUS_DETR_API focus_detr_status focus_detr_detect(const focus_detr_detector* detector,
                                                   const focus_detr_image* image, double threshold,
                                                   size_t max_detections, focus_detr_detections** detections);

/* The same for the bytes of an image file, turned upright: JPEG, PNG, BMP, WebP, and TIFF, HEIC and AVIF if the
 * library was built with libtiff and libheif. Of several images in a file the first one is used, or the
 * primary one of HEIC and AVIF. */
FOCUS_DETR_API focus_detr_status focus_detr_detect_encoded(const focus_detr_detector* detector,
                                                           const void* bytes, size_t size, double threshold,
                                                           size_t max_detections,
                                                           focus_detr_detections** detections);

/* The number of detections, and a pointer to the array of them; 0 and NULL for NULL. */
FOCUS_DETR_API size_t focus_detr_detections_count(const focus_detr_detections* detections);
FOCUS_DETR_API const focus_detr_detection* focus_detr_detections_data(
    const focus_detr_detections* detections);

/* NULL is allowed. */
FOCUS_DETR_API void focus_detr_detections_free(focus_detr_detections* detections);

#ifdef __cplusplus
}
#endif

#endif
