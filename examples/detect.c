/* Detects in an image file: detect_c MODEL IMAGE. Plain C, no other library. */
#include <focus_detr/focus_detr.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned char* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) return NULL;
  unsigned char* bytes = NULL;
  *size = 0;
  for (;;) {
    unsigned char* larger = realloc(bytes, *size + 65536);
    if (larger == NULL) break;
    bytes = larger;
    const size_t count = fread(bytes + *size, 1, 65536, file);
    *size += count;
    if (count == 0) break;
  }
  fclose(file);
  return bytes;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: detect_c MODEL IMAGE\n");
    return 2;
  }
  focus_detr_tune_process();
  focus_detr_detector* detector;
  if (focus_detr_load(argv[1], NULL, &detector) != FOCUS_DETR_OK) {
    fprintf(stderr, "error: %s\n", focus_detr_last_error());
    return 1;
  }
  size_t size;
  unsigned char* bytes = read_file(argv[2], &size);
  focus_detr_detections* found = NULL;
  const focus_detr_status status = bytes == NULL
                                       ? FOCUS_DETR_BAD_INPUT
                                       : focus_detr_detect_encoded(detector, bytes, size, 0.3, 0, &found);
  if (status != FOCUS_DETR_OK) {
    fprintf(stderr, "error: %s: %s\n", argv[2], bytes == NULL ? "cannot be read" : focus_detr_last_error());
  } else {
    const focus_detr_detection* all = focus_detr_detections_data(found);
    for (size_t i = 0; i < focus_detr_detections_count(found); ++i) {
      printf("%s %.2f: %.0f %.0f %.0f %.0f\n", focus_detr_class_name(detector, (size_t)all[i].class_index),
             all[i].score, all[i].x1, all[i].y1, all[i].x2, all[i].y2);
    }
  }
  focus_detr_detections_free(found);
  focus_detr_free(detector);
  free(bytes);
  return status == FOCUS_DETR_OK ? 0 : 1;
}
