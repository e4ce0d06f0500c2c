# Compiler settings, dependencies, and the one function that declares a floor of the house.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# Release without -DNDEBUG's asserts but with the frame information profilers need is not worth its size: plain -O2.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(CCACHE ccache)
if(CCACHE)
  # A precompiled header is only cacheable when ccache may ignore its time stamp.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

find_package(Torch REQUIRED)
find_package(OpenMP REQUIRED)

# OpenCV's CMake package is part of libopencv-dev, which drags in a desktop; the four libraries alone are enough.
find_package(OpenCV QUIET COMPONENTS core imgproc imgcodecs videoio)
add_library(focus_opencv INTERFACE)
if(OpenCV_FOUND)
  target_link_libraries(focus_opencv INTERFACE opencv_core opencv_imgproc opencv_imgcodecs opencv_videoio)
else()
  find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
  target_include_directories(focus_opencv SYSTEM INTERFACE "${OPENCV_INCLUDE_DIR}")
  foreach(name opencv_core opencv_imgproc opencv_imgcodecs opencv_videoio)
    find_library(${name}_LIBRARY ${name} REQUIRED)
    target_link_libraries(focus_opencv INTERFACE "${${name}_LIBRARY}")
  endforeach()
endif()

find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)
find_package(pugixml REQUIRED)
# oneDNN's CMake package asks for OpenCL, which its CPU library does not need.
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.hpp REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
add_library(focus_dnnl INTERFACE)
target_include_directories(focus_dnnl SYSTEM INTERFACE "${DNNL_INCLUDE_DIR}")
target_link_libraries(focus_dnnl INTERFACE "${DNNL_LIBRARY}")
# libzint, which encodes what `dataset synth --scene codes` draws, has no CMake package of its own.
find_path(ZINT_INCLUDE_DIR zint.h REQUIRED)
find_library(ZINT_LIBRARY zint REQUIRED)
add_library(focus_zint INTERFACE)
target_include_directories(focus_zint SYSTEM INTERFACE "${ZINT_INCLUDE_DIR}")
target_link_libraries(focus_zint INTERFACE "${ZINT_LIBRARY}")
# ONNX's protobuf, its checker and its inference of shapes: the library LibTorch itself is linked to. Its CMake package
# asks for protobuf's own, which Debian does not have.
find_path(ONNX_INCLUDE_DIR onnx/onnx_pb.h REQUIRED)
find_library(ONNX_LIBRARY onnx REQUIRED)
find_library(ONNX_PROTO_LIBRARY onnx_proto REQUIRED)
find_library(PROTOBUF_LIBRARY protobuf REQUIRED)
add_library(focus_onnx INTERFACE)
target_include_directories(focus_onnx SYSTEM INTERFACE "${ONNX_INCLUDE_DIR}")
target_compile_definitions(focus_onnx INTERFACE ONNX_ML=1 ONNX_NAMESPACE=onnx)
target_link_libraries(focus_onnx INTERFACE "${ONNX_LIBRARY}" "${ONNX_PROTO_LIBRARY}" "${PROTOBUF_LIBRARY}")
# libzip's CMake package asks for its command line tools as well.
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
# Later releases call OpenSSL in the header as well, if they were built with it.
if("${HTTPLIB_CFLAGS_OTHER}" MATCHES "OPENSSL_SUPPORT")
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)
  target_link_libraries(PkgConfig::HTTPLIB INTERFACE OpenSSL::Crypto)
endif()
find_package(prometheus-cpp REQUIRED COMPONENTS core)
# LibTorch's c10d brings Gloo along as a library, but not its headers, which its own headers name.
find_path(GLOO_INCLUDE_DIR gloo/allreduce.h REQUIRED)
find_library(GLOO_LIBRARY gloo REQUIRED)
add_library(focus_gloo INTERFACE)
target_include_directories(focus_gloo SYSTEM INTERFACE "${GLOO_INCLUDE_DIR}")
target_link_libraries(focus_gloo INTERFACE "${GLOO_LIBRARY}")
target_compile_definitions(focus_gloo INTERFACE USE_C10D_GLOO)
pkg_check_modules(LIBWEBP REQUIRED IMPORTED_TARGET libwebp libwebpmux)

add_library(focus_flags INTERFACE)
target_include_directories(focus_flags INTERFACE "${PROJECT_SOURCE_DIR}/src")
# -fPIC for libraries and programs alike: a precompiled header serves only files compiled with the same settings.
target_compile_options(focus_flags INTERFACE -Wall -Wextra -Wno-unknown-pragmas -fPIC
                       $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
if(FOCUS_DETR_SANITIZE)
  # GCC's sanitizers make it doubt the standard library's own variables.
  target_compile_options(focus_flags INTERFACE -Wno-maybe-uninitialized)
  target_compile_options(focus_flags INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(focus_flags INTERFACE -fsanitize=address,undefined)
endif()
if(FOCUS_DETR_SANITIZE_THREADS)
  # It does not know fences; who uses them is told by a warning.
  target_compile_options(focus_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
  target_link_options(focus_flags INTERFACE -fsanitize=thread)
endif()
if(FOCUS_DETR_FUZZ)
  target_compile_options(focus_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
                         -fno-omit-frame-pointer "SHELL:-include ${PROJECT_SOURCE_DIR}/scripts/clang-prelude.h")
  target_link_options(focus_flags INTERFACE -fsanitize=address,undefined)
endif()
target_link_libraries(focus_flags INTERFACE nlohmann_json::nlohmann_json spdlog::spdlog Threads::Threads)

# Torch's own targets, plus OpenMP: without it at::parallel_for in our files is silently serial.
add_library(focus_torch INTERFACE)
target_link_libraries(focus_torch INTERFACE focus_flags ${TORCH_LIBRARIES} OpenMP::OpenMP_CXX)

# One precompiled header for every file that includes LibTorch: it turns ~20 s a file into ~5 s.
add_library(focus_pch OBJECT "${PROJECT_SOURCE_DIR}/src/nn/pch.cpp")
target_link_libraries(focus_pch PRIVATE focus_torch)
target_precompile_headers(focus_pch PRIVATE "${PROJECT_SOURCE_DIR}/src/nn/pch.h")

# focus_floor(<name> [TORCH] [SHARED] [DEPENDS <floors and libraries...>])
# Declares src/<name> as the library focus_<name> from all its .cpp files; SHARED: as libfocus_detr_<name>.so. A floor may only name floors below it,
# so an include that points up does not link.
function(focus_floor name)
  cmake_parse_arguments(ARG "TORCH;SHARED" "" "DEPENDS" ${ARGN})
  set(kind STATIC)
  if(ARG_SHARED)
    set(kind SHARED)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  if(name STREQUAL "nn")
    list(FILTER sources EXCLUDE REGEX "pch\\.cpp$")
  endif()
  if(NOT sources)
    add_library(focus_${name} INTERFACE)
    target_link_libraries(focus_${name} INTERFACE focus_flags ${ARG_DEPENDS})
    return()
  endif()
  add_library(focus_${name} ${kind} ${sources})
  if(ARG_SHARED)
    set_target_properties(focus_${name} PROPERTIES OUTPUT_NAME focus_detr_${name} VERSION ${PROJECT_VERSION}
                                                   SOVERSION ${PROJECT_VERSION_MAJOR})
  endif()
  if(ARG_TORCH)
    target_link_libraries(focus_${name} PUBLIC focus_torch ${ARG_DEPENDS})
    target_precompile_headers(focus_${name} REUSE_FROM focus_pch)
  else()
    target_link_libraries(focus_${name} PUBLIC focus_flags ${ARG_DEPENDS})
  endif()
endfunction()
