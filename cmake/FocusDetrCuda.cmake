# Kernels for NVIDIA GPUs: compiled wherever nvcc is, so that they cannot rot; linked into the operators where LibTorch
# knows CUDA as well (docs/gpu.md). Sets FOCUS_DETR_HAS_NVCC and FOCUS_DETR_HAS_TORCH_CUDA.
set(FOCUS_DETR_CUDA AUTO CACHE STRING "Compile the CUDA kernels: AUTO (if there is nvcc), ON or OFF")
set_property(CACHE FOCUS_DETR_CUDA PROPERTY STRINGS AUTO ON OFF)
# Ampere, and what runs its code; Hopper, and as PTX what comes after it.
set(FOCUS_DETR_CUDA_ARCHITECTURES "80-real;90" CACHE STRING "What the CUDA kernels are compiled for")
set(FOCUS_DETR_HAS_NVCC OFF)
set(FOCUS_DETR_HAS_TORCH_CUDA OFF)

if(NOT FOCUS_DETR_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "FOCUS_DETR_CUDA is '${FOCUS_DETR_CUDA}'; it is AUTO, ON or OFF")
endif()
if(FOCUS_DETR_CUDA STREQUAL "OFF")
  message(STATUS "CUDA kernels: left out, as FOCUS_DETR_CUDA says")
  return()
endif()

macro(focus_without_cuda why)
  if(FOCUS_DETR_CUDA STREQUAL "ON")
    message(FATAL_ERROR "FOCUS_DETR_CUDA=ON, but ${why}. Another nvcc is named by -DCMAKE_CUDA_COMPILER=<path>; "
                        "-DFOCUS_DETR_CUDA=OFF leaves the CUDA kernels out")
  endif()
  message(STATUS "CUDA kernels: left out, ${why}")
endmacro()

# A LibTorch with CUDA would have all kernels here compiled for every GPU it knows.
string(REGEX REPLACE "-gencode +[^ ]+" "" CMAKE_CUDA_FLAGS "${CMAKE_CUDA_FLAGS}")
include(CheckLanguage)
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  focus_without_cuda("there is no nvcc that works")
  return()
endif()
enable_language(CUDA)
if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12)
  focus_without_cuda("nvcc ${CMAKE_CUDA_COMPILER_VERSION} is older than 12 and has no C++20")
  return()
endif()
# CMake 3.25 does not find out by itself that nvcc 13 has it.
if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
endif()
find_package(CUDAToolkit QUIET)
if(NOT TARGET CUDA::cudart)
  focus_without_cuda("nvcc ${CMAKE_CUDA_COMPILER_VERSION} has no runtime library beside it")
  return()
endif()

set(FOCUS_DETR_HAS_NVCC ON)
set(used "not linked, as this LibTorch has no CUDA")
if(TARGET torch_cuda)
  set(FOCUS_DETR_HAS_TORCH_CUDA ON)
  set(used "linked into the operators")
  # NCCL's part of c10d is not in every LibTorch of CUDA, nor are the headers it needs.
  include(CheckCXXSourceCompiles)
  # What its target `torch` leads to is not all known inside this check.
  set(CMAKE_REQUIRED_LIBRARIES ${TORCH_LIBRARIES})
  set(CMAKE_REQUIRED_DEFINITIONS -DUSE_C10D_NCCL)
  check_cxx_source_compiles("
    #include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
    int main() {
      c10::intrusive_ptr<c10d::Store> store;
      auto group = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, 0, 1);
      std::vector<at::Tensor> tensors;
      group->allreduce(tensors)->wait();
      group->broadcast(tensors)->wait();
    }" FOCUS_DETR_HAS_NCCL)
  unset(CMAKE_REQUIRED_LIBRARIES)
  unset(CMAKE_REQUIRED_DEFINITIONS)
  if(FOCUS_DETR_HAS_NCCL)
    string(APPEND used "; NCCL sums gradients")
  else()
    string(APPEND used "; without NCCL gradients travel through the CPU's memory")
  endif()
endif()
message(STATUS "CUDA kernels: compiled for ${FOCUS_DETR_CUDA_ARCHITECTURES} by nvcc ${CMAKE_CUDA_COMPILER_VERSION}; ${used}")

# focus_cuda(<target>): settings of a target with .cu files. It sees the sources of the floors, not LibTorch.
function(focus_cuda target)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra>
                                           $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra>)
  set_target_properties(${target} PROPERTIES CUDA_STANDARD 20
                                             CUDA_ARCHITECTURES "${FOCUS_DETR_CUDA_ARCHITECTURES}"
                                             POSITION_INDEPENDENT_CODE ON UNITY_BUILD OFF)
endfunction()
