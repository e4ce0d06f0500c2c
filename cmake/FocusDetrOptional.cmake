# Libraries without a CMake package of use, and what a build can do without (docs/gpu.md): each such part is AUTO (used if it
# is there), ON or OFF, and one line says which it was. Sets FOCUS_DETR_HAS_<part> for OPENCV, ONEDNN, GLOO, TIFF, HEIF, UTF8PROC, FONTS
# and, with OpenCV, FFMPEG and GRPC.

# focus_library(<name> HEADER <file> [SUFFIXES <folders...>] LIBRARIES <names...>)
# The interface target focus_<name> for libraries that have no CMake package of use; <name>_MISSING lists what is not there.
function(focus_library name)
  cmake_parse_arguments(ARG "" "HEADER" "SUFFIXES;LIBRARIES" ${ARGN})
  set(missing "")
  add_library(focus_${name} INTERFACE)
  find_path(${name}_INCLUDE_DIR ${ARG_HEADER} PATH_SUFFIXES ${ARG_SUFFIXES})
  if(${name}_INCLUDE_DIR)
    target_include_directories(focus_${name} SYSTEM INTERFACE "${${name}_INCLUDE_DIR}")
  else()
    list(APPEND missing "${ARG_HEADER}")
  endif()
  foreach(library ${ARG_LIBRARIES})
    find_library(${library}_LIBRARY ${library})
    if(${library}_LIBRARY)
      target_link_libraries(focus_${name} INTERFACE "${${library}_LIBRARY}")
    else()
      list(APPEND missing "lib${library}")
    endif()
  endforeach()
  set(${name}_MISSING "${missing}" PARENT_SCOPE)
endfunction()

# focus_choose(<NAME> <MISSING...>): FOCUS_DETR_HAS_<NAME>, from the option FOCUS_DETR_<NAME> and what was not found.
macro(focus_choose name without)
  set(FOCUS_DETR_${name} AUTO CACHE STRING "Build with ${name}: AUTO (if it is there), ON or OFF")
  set_property(CACHE FOCUS_DETR_${name} PROPERTY STRINGS AUTO ON OFF)
  if(NOT FOCUS_DETR_${name} MATCHES "^(AUTO|ON|OFF)$")
    message(FATAL_ERROR "FOCUS_DETR_${name} is '${FOCUS_DETR_${name}}'; it is AUTO, ON or OFF")
  endif()
  string(REPLACE ";" ", " lacking "${ARGN}")
  set(FOCUS_DETR_HAS_${name} OFF)
  if(FOCUS_DETR_${name} STREQUAL "OFF")
    message(STATUS "${name}: left out, as FOCUS_DETR_${name} says: ${without}")
  elseif(NOT lacking STREQUAL "")
    if(FOCUS_DETR_${name} STREQUAL "ON")
      message(FATAL_ERROR "FOCUS_DETR_${name}=ON, but ${lacking} cannot be found; name their prefix in CMAKE_PREFIX_PATH")
    endif()
    message(STATUS "${name}: left out, as ${lacking} cannot be found: ${without}")
  else()
    set(FOCUS_DETR_HAS_${name} ON)
    message(STATUS "${name}: used")
  endif()
endmacro()

# libzip's CMake package asks for its command line tools as well.
focus_library(zip HEADER zip.h LIBRARIES zip)
if(zip_MISSING)
  message(FATAL_ERROR "${zip_MISSING} cannot be found: libzip is needed; name its prefix in CMAKE_PREFIX_PATH")
endif()

# OpenCV's CMake package is part of libopencv-dev, which drags in a desktop; the four libraries alone are enough.
focus_library(opencv HEADER opencv2/core.hpp SUFFIXES opencv4
              LIBRARIES opencv_core opencv_imgproc opencv_imgcodecs opencv_videoio)
focus_choose(OPENCV "no image files, drawing, reports, server, export or C interface; packed data sets are read"
             ${opencv_MISSING})

# Image formats that OpenCV does not read, or not alike in all its versions.
focus_library(tiff HEADER tiffio.h LIBRARIES tiff)
focus_choose(TIFF "TIFF images are told so and not read" ${tiff_MISSING})
focus_library(heif HEADER libheif/heif.h LIBRARIES heif)
focus_choose(HEIF "HEIC and AVIF images are told so and not read" ${heif_MISSING})

# Names of files in Unicode's two forms, which other systems take for the same.
focus_library(utf8proc HEADER utf8proc.h LIBRARIES utf8proc)
focus_choose(UTF8PROC "names of files in another Unicode form, as a Mac writes them, are taken for others" ${utf8proc_MISSING})

# oneDNN's CMake package asks for OpenCL, which its CPU library does not need.
focus_library(onednn HEADER oneapi/dnnl/dnnl.hpp LIBRARIES dnnl)
focus_choose(ONEDNN "on the CPU layers run as LibTorch's, in fp32" ${onednn_MISSING})

# LibTorch's c10d brings Gloo along as a library, but not its headers, which its own headers name.
focus_library(gloo HEADER gloo/allreduce.h LIBRARIES gloo)
focus_choose(GLOO "training in one process" ${gloo_MISSING})
target_compile_definitions(focus_gloo INTERFACE USE_C10D_GLOO)

# Letters beyond OpenCV's, which are those of ASCII.
focus_library(freetype HEADER ft2build.h SUFFIXES freetype2 LIBRARIES freetype)
focus_library(fontconfig HEADER fontconfig/fontconfig.h LIBRARIES fontconfig)
focus_choose(FONTS "names outside ASCII are drawn as question marks" ${freetype_MISSING} ${fontconfig_MISSING})

if(FOCUS_DETR_HAS_OPENCV)
  # What only the floors need that are left out with it.
  # libzint, which encodes what `dataset synth --scene codes` draws.
  focus_library(zint HEADER zint.h LIBRARIES zint)
  # ONNX's protobuf, its checker and its inference of shapes: the library LibTorch itself is linked to. Its CMake package
  # asks for protobuf's own, which Debian does not have.
  focus_library(onnx HEADER onnx/onnx_pb.h LIBRARIES onnx onnx_proto protobuf)
  target_compile_definitions(focus_onnx INTERFACE ONNX_ML=1 ONNX_NAMESPACE=onnx)
  if(zint_MISSING OR onnx_MISSING)
    message(FATAL_ERROR "${zint_MISSING} ${onnx_MISSING} cannot be found; -DFOCUS_DETR_OPENCV=OFF leaves out what needs it")
  endif()
  find_package(PkgConfig REQUIRED)
  # Beast and Asio, of which only headers are used; zlib for requests that come compressed.
  if(POLICY CMP0167)
    cmake_policy(SET CMP0167 NEW)  # Boost's own CMake package
  endif()
  find_package(Boost 1.74 REQUIRED)
  find_package(ZLIB REQUIRED)
  find_package(prometheus-cpp REQUIRED COMPONENTS core)
  pkg_check_modules(LIBWEBP REQUIRED IMPORTED_TARGET libwebp libwebpmux libwebpdemux)

  # HTTP/2 for gRPC's calls.
  focus_library(nghttp2 HEADER nghttp2/nghttp2.h LIBRARIES nghttp2)
  focus_choose(GRPC "serve answers HTTP alone" ${nghttp2_MISSING})

  # FFmpeg 5 or later. OpenCV's reader of videos has neither their frames' times nor, in all its releases, the right way up.
  set(ffmpeg_missing "")
  foreach(module libavformat>=59 libavcodec>=59 libavutil>=57 libswscale>=6)
    string(REGEX REPLACE ">=.*" "" library ${module})
    pkg_check_modules(${library} QUIET IMPORTED_TARGET ${module})
    if(NOT ${library}_FOUND)
      list(APPEND ffmpeg_missing ${module})
    endif()
  endforeach()
  focus_choose(FFMPEG "no videos or streams, and none written; cameras are watched" ${ffmpeg_missing})
  if(FOCUS_DETR_HAS_FFMPEG)
    add_library(focus_ffmpeg INTERFACE)
    target_link_libraries(focus_ffmpeg INTERFACE PkgConfig::libavformat PkgConfig::libavcodec PkgConfig::libswscale
                                                 PkgConfig::libavutil)
  endif()
endif()
