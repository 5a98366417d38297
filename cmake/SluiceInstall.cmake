# Install rules: libraries and headers with a CMake package, programs, the bundles that the programs find by name, and XNNPACK's
# archive beside our own, because a static sluice_core needs it at the consumer's link.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Sluice)
set(libraries sluice_platform sluice_device sluice_core)
set_target_properties(sluice_platform PROPERTIES EXPORT_NAME platform)
foreach(library sluice_c sluice_bundle sluice_client)
  if(TARGET ${library})
    list(APPEND libraries ${library})
  endif()
endforeach()
install(TARGETS ${libraries} EXPORT SluiceTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sluice
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sluice)
foreach(program sluice sluice-fit sluice-server)
  if(TARGET ${program})
    # The trainer needs LibTorch, which no package brings along.
    if(program STREQUAL sluice-fit)
      set(component trainer)
    else()
      set(component programs)
    endif()
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ${component})
  endif()
endforeach()

# Where native/cli/bundle_search.cpp looks, seen from the programs.
get_property(bundle_folders GLOBAL PROPERTY SLUICE_BUNDLE_FOLDERS)
if(bundle_folders)
  install(DIRECTORY ${bundle_folders} DESTINATION ${CMAKE_INSTALL_DATADIR}/sluice/bundles COMPONENT bundles)
endif()

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# tl::expected stands in public headers.
install(DIRECTORY ${SLUICE_DEPS}/include/tl DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sluice)
install(FILES ${SLUICE_XNNPACK_LIBRARY} DESTINATION ${CMAKE_INSTALL_LIBDIR} RENAME libsluice_xnnpack.a)
install(EXPORT SluiceTargets NAMESPACE sluice:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/SluiceConfig.cmake.in ${PROJECT_BINARY_DIR}/SluiceConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/SluiceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/SluiceConfig.cmake ${PROJECT_BINARY_DIR}/SluiceConfigVersion.cmake DESTINATION ${package_dir})
