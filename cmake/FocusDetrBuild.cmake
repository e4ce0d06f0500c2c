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

# A linker that takes a quarter of the time, where it is installed.
include(CheckLinkerFlag)
find_program(FOCUS_DETR_MOLD mold)
if(FOCUS_DETR_MOLD)
  check_linker_flag(CXX -fuse-ld=mold FOCUS_DETR_LINKS_BY_MOLD)
  if(FOCUS_DETR_LINKS_BY_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()

find_package(Torch REQUIRED)
# PyTorch's wheels had the old ABI of the C++ library for long. LibTorch's targets say so to those who link them; floors
# below it, which do not, have to agree on what a string is.
if(TORCH_CXX_FLAGS MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
  add_compile_definitions(_GLIBCXX_USE_CXX11_ABI=0)
  message(STATUS "LibTorch: built with the old C++ ABI, which yaml-cpp, fmt, spdlog and pugixml must have, too")
endif()
find_package(OpenMP REQUIRED)

find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)
find_package(pugixml REQUIRED)
include(FocusDetrOptional)

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

# focus_optional(<target> <folder> <what>): adds the sources of src/<folder>, which need <what>, if the build has it; the
# definition FOCUS_DETR_<what> is for the target's own sources that choose.
function(focus_optional target folder what)
  if(FOCUS_DETR_HAS_${what})
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp")
    target_sources(${target} PRIVATE ${sources})
    target_compile_definitions(${target} PRIVATE FOCUS_DETR_${what})
  endif()
endfunction()

# Folders, at any depth of a floor, that need a part a build can do without, or are compiled in their own way.
set(FOCUS_DETR_PART_FOLDERS opencv ffmpeg onednn gloo tiff heif webp fonts grpc cuda)

# focus_floor(<name> [TORCH] [SHARED] [ONLY <files...>] [EXCEPT <files...>] [DEPENDS <floors and libraries...>])
# Declares src/<name> as the library focus_<name> from all .cpp files in it and in its folders but those of parts, or from
# those named; SHARED: as libfocus_detr_<name>.so.
function(focus_floor name)
  cmake_parse_arguments(ARG "TORCH;SHARED" "" "ONLY;EXCEPT;DEPENDS" ${ARGN})
  set(kind STATIC)
  if(ARG_SHARED)
    set(kind SHARED)
  endif()
  file(GLOB_RECURSE sources RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  list(JOIN FOCUS_DETR_PART_FOLDERS "|" parts)
  list(FILTER sources EXCLUDE REGEX "/(${parts})/")
  list(TRANSFORM ARG_ONLY PREPEND "${name}/")
  list(TRANSFORM ARG_EXCEPT PREPEND "${name}/")
  if(ARG_ONLY)
    set(sources "${ARG_ONLY}")
  endif()
  list(REMOVE_ITEM sources nn/pch.cpp ${ARG_EXCEPT})
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
