# Tells CMake where nvcc is, which is often installed beside the path: before LibTorch is looked for, as one with CUDA
# enables the language itself.
if(NOT CMAKE_CUDA_COMPILER)
  find_program(FOCUS_DETR_NVCC nvcc HINTS ENV CUDA_PATH ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
  if(FOCUS_DETR_NVCC)
    set(CMAKE_CUDA_COMPILER "${FOCUS_DETR_NVCC}")
  endif()
endif()
