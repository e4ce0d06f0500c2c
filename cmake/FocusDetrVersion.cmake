# Which source the program was built from, in a library of its own: a new commit compiles one small file.

# git is asked at each build; the file is only touched when the answer differs.
set(version_source "${CMAKE_BINARY_DIR}/generated/version.cpp")
add_custom_target(focus_version_source
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DVERSION=${PROJECT_VERSION} -DOUT=${version_source}
          -P "${CMAKE_CURRENT_LIST_DIR}/write_version.cmake"
  BYPRODUCTS "${version_source}"
  COMMENT "")
add_library(focus_version STATIC "${version_source}")
add_dependencies(focus_version focus_version_source)
target_link_libraries(focus_version PUBLIC focus_flags)
