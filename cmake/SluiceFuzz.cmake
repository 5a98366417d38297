# sluice_add_fuzz_target(NAME SOURCES file... CORPUS folder [LIBS target...])
#
# The sources define LLVMFuzzerTestOneInput. With SLUICE_FUZZ they become a libFuzzer program, and the test NAME searches for
# SLUICE_FUZZ_SECONDS from the corpus on; what breaks it is written beside the program as crash-*, to be fixed and then kept in
# the corpus. Without, they are linked to a main that replays every file of the corpus, mutations of each included.
set(SLUICE_FUZZ_SECONDS 10 CACHE STRING "With SLUICE_FUZZ: how long each fuzz target's test searches")
if(SLUICE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    message(FATAL_ERROR "SLUICE_FUZZ needs clang's libFuzzer; the compiler is ${CMAKE_CXX_COMPILER_ID} (preset native-asan)")
  endif()
  # Coverage everywhere, the driver only in the fuzz programs.
  add_compile_options(-fsanitize=fuzzer-no-link
    -fsanitize-ignorelist=${PROJECT_SOURCE_DIR}/tests/fuzz/sanitizer_ignorelist.txt)
else()
  add_library(sluice_fuzz_replay OBJECT ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
  target_link_libraries(sluice_fuzz_replay PRIVATE sluice_options sluice_platform)
endif()

function(sluice_add_fuzz_target name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS" "SOURCES;LIBS")
  cmake_path(ABSOLUTE_PATH arg_CORPUS BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE sluice_options sluice_platform ${arg_LIBS})
  if(SLUICE_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    # New inputs go to the first folder, which stays with the build.
    set(found ${CMAKE_CURRENT_BINARY_DIR}/${name}-found)
    file(MAKE_DIRECTORY ${found})
    add_test(NAME ${name} COMMAND ${name} -max_total_time=${SLUICE_FUZZ_SECONDS} -timeout=20 -rss_limit_mb=2048 -print_final_stats=1
      -artifact_prefix=${CMAKE_CURRENT_BINARY_DIR}/ ${found} ${arg_CORPUS})
    set_tests_properties(${name} PROPERTIES LABELS fuzz)
    return()
  endif()
  target_link_libraries(${name} PRIVATE sluice_fuzz_replay)
  set(command ${name})
  if(EMSCRIPTEN)
    sluice_node_program(${name} command)
  endif()
  add_test(NAME ${name} COMMAND ${command} ${arg_CORPUS})
  set_tests_properties(${name} PROPERTIES LABELS fuzz)
endfunction()
