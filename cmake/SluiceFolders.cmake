# sluice_add_folders(FOLDER...): add_subdirectory for each that has a CMakeLists.txt.
function(sluice_add_folders)
  foreach(folder ${ARGN})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()
