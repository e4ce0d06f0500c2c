# Files that travel inside the program, so that an installed command needs none beside it.

# focus_embed(<target> HEADER <h> FUNCTION <f> FILES <files...>)
# A library with the function f of the header: the files' names and texts.
function(focus_embed target)
  cmake_parse_arguments(ARG "" "HEADER;FUNCTION" "FILES" ${ARGN})
  set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARG_FILES})
  set(EMBEDDED_FILES "")
  foreach(path ${ARG_FILES})
    cmake_path(GET path FILENAME name)
    file(READ "${path}" text)
    string(APPEND EMBEDDED_FILES "      {\"${name}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
  set(source "${CMAKE_BINARY_DIR}/generated/${target}.cpp")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/embedded_files.cpp.in" "${source}" @ONLY)
  add_library(${target} STATIC "${source}")
  target_link_libraries(${target} PUBLIC focus_flags)
endfunction()

file(GLOB published_configs CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/configs/*.yaml")
focus_embed(focus_configs HEADER base/published_configs.h FUNCTION published_configs FILES ${published_configs})

file(GLOB page_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/serve/page/*")
focus_embed(focus_page HEADER serve/page_files.h FUNCTION serve::page_files FILES ${page_files})

focus_embed(focus_peer_script HEADER export/proof/peer_script.h FUNCTION exporter::peer_script
            FILES "${PROJECT_SOURCE_DIR}/src/export/proof/onnx_runtime.js")
