# Run by ctest: consumes Sluice in one WAY (find_package, newer_version, add_subdirectory) inside the folder WORK.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "failed (${status}): ${ARGN}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
set(configure ${CMAKE_COMMAND} -G ${GENERATOR} -S ${CONSUMER} -B ${WORK}/build -DCMAKE_CXX_COMPILER=${CXX} -DSLUICE_MODEL=${MODEL}
  # As the surrounding build, so that a compiler cache knows the objects of add_subdirectory already.
  -DCMAKE_BUILD_TYPE=RelWithDebInfo "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=${FLAGS}")
if(WAY STREQUAL add_subdirectory)
  run(${configure} -DSLUICE_SOURCE=${SOURCE} -DSLUICE_DEPS=${DEPS} -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=12)  # as our own presets
else()
  run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
  # Moved after it was installed: the package may name no folder of the build.
  file(RENAME ${WORK}/prefix ${WORK}/elsewhere)
  list(APPEND configure -DCMAKE_PREFIX_PATH=${WORK}/elsewhere)
  if(WAY STREQUAL newer_version)
    string(REGEX MATCH "^[0-9]+\\.[0-9]+" minor ${VERSION})
    string(REGEX REPLACE "^[0-9]+\\." "" minor ${minor})
    math(EXPR newer "${minor} + 1")
    string(REGEX REPLACE "^([0-9]+)\\..*" "\\1.${newer}" newer ${VERSION})
    execute_process(COMMAND ${configure} -DSLUICE_WANTED=${newer} RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE output)
    if(status EQUAL 0 OR NOT output MATCHES "requested version \"${newer}\"")
      message(FATAL_ERROR "asking version ${VERSION} for ${newer} was not refused:\n${output}")
    endif()
    return()
  endif()
  run(${configure} -DSLUICE_WANTED=${VERSION} -DSLUICE_COMPONENTS=${COMPONENTS} -DSLUICE_BUNDLE=${WORK}/elsewhere/share/sluice/bundles/faces)
  # The installed program finds the installed bundle by its name, from a folder that knows of neither.
  if(EXISTS ${WORK}/elsewhere/bin/sluice)
    unset(ENV{SLUICE_BUNDLES})
    file(MAKE_DIRECTORY ${WORK}/nowhere)
    execute_process(COMMAND ${WORK}/elsewhere/bin/sluice run --bundle faces --place local --json ${SOURCE}/web-demo/screenshot.png
      WORKING_DIRECTORY ${WORK}/nowhere RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
    if(NOT status EQUAL 0 OR NOT output MATCHES "\"frames\":1,")
      message(FATAL_ERROR "the installed sluice did not run the installed bundle (${status}):\n${output}${errors}")
    endif()
  endif()
endif()
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --no-tests=error --output-on-failure)
