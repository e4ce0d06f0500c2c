# What `cmake --install` and `cpack` deliver: the command, the two libraries, their headers, and how other builds find them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(CMAKE_INSTALL_DOCDIR "${CMAKE_INSTALL_DATAROOTDIR}/doc/focus-detr")

file(RELATIVE_PATH to_libraries "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
set_target_properties(focus-detr PROPERTIES INSTALL_RPATH "$ORIGIN/${to_libraries}")
set(installed_libraries focus_ops)
if(TARGET focus_detr)
  list(APPEND installed_libraries focus_detr)
endif()
set_target_properties(${installed_libraries} PROPERTIES INSTALL_RPATH "$ORIGIN")

install(TARGETS focus-detr RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ${installed_libraries} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/focus_detr" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES "${PROJECT_SOURCE_DIR}/src/ops/deform_attn/ms_deform_attn.h" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/focus_detr/ops)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES "${PROJECT_SOURCE_DIR}/models/codes.safetensors" DESTINATION ${CMAKE_INSTALL_DATADIR}/focus-detr)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples" DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/focus_detr)
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/focus_detr-config.cmake.in"
  "${CMAKE_BINARY_DIR}/generated/focus_detr-config.cmake"
  INSTALL_DESTINATION ${package_folder} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/generated/focus_detr-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/generated/focus_detr-config.cmake"
              "${CMAKE_BINARY_DIR}/generated/focus_detr-config-version.cmake" DESTINATION ${package_folder})

# Relative to its own place, so that an installed tree may be moved.
file(RELATIVE_PATH to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")
configure_file("${CMAKE_CURRENT_LIST_DIR}/focus_detr.pc.in" "${CMAKE_BINARY_DIR}/generated/focus_detr.pc" @ONLY)
install(FILES "${CMAKE_BINARY_DIR}/generated/focus_detr.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# cpack: a Debian package whose dependencies are read from the programs themselves.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME focus-detr)
set(CPACK_PACKAGE_VENDOR "The Focus-DETR C++ authors")
set(CPACK_PACKAGE_CONTACT "The Focus-DETR C++ authors <focus-detr@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "object detection that chooses where to look")
set(CPACK_PACKAGE_DESCRIPTION
  "Focus-DETR (ICCV 2023) as one command and one library: train, evaluate, run, explain and serve it. With headers for C and C++.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${CMAKE_BINARY_DIR}")
# What draws the names of classes is looked for at run time. Debian 13 has libheif's decoders in packages of their own.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "fonts-dejavu-core, fonts-wqy-microhei")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libheif-plugin-libde265, libheif-plugin-dav1d")
# OpenBLAS's own threads would compete with OpenMP's.
set(CPACK_DEBIAN_PACKAGE_DEPENDS libopenblas0-openmp)
include(CPack)
