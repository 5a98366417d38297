# sluice_add_test(NAME SOURCES file... [LIBS target...] [LABELS label...] [ARGS argument...] [LINK_OPTIONS option...] [RELAXED])
#
# One doctest executable NAME (by convention test_<folder>) and one ctest of that name; ctest reports it, doctest's summary tells the cases.
# In the WebAssembly presets it runs under Node.js with the machine's files visible. RELAXED is for tests that run XNNPACK's
# kernels: the wasm preset links them a second time, with relaxed SIMD, as NAME_relaxed.
add_library(sluice_test_main OBJECT ${PROJECT_SOURCE_DIR}/tests/doctest_main.cpp)
target_link_libraries(sluice_test_main PUBLIC doctest sluice_platform)

# sluice_node_program(TARGET OUT): makes TARGET a Node.js program with the machine's files visible; OUT is how to run it.
function(sluice_node_program target out)
  set(environment node)
  if(SLUICE_WASM_VARIANT STREQUAL wasm-threads)
    set(environment node,worker)
    target_link_options(${target} PRIVATE -sPTHREAD_POOL_SIZE=4 -Wno-pthreads-mem-growth)
  endif()
  # -O1 at the link leaves out Binaryen's passes over the whole program: 1.4 s instead of 20, and the tests run as fast.
  target_link_options(${target} PRIVATE -O1 -sALLOW_MEMORY_GROWTH -sSTACK_SIZE=1048576 -sNODERAWFS -sEXIT_RUNTIME
    -sENVIRONMENT=${environment})
  set(${out} ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:${target}> PARENT_SCOPE)
endfunction()

# sluice_add_relaxed_program(TARGET OUT): in the wasm preset adds TARGET_relaxed, TARGET's objects and libraries linked with
# XNNPACK's kernels for relaxed SIMD; OUT is how to run it. Call it after everything was said of TARGET.
function(sluice_add_relaxed_program target out)
  set(relaxed ${target}_relaxed)
  add_executable(${relaxed} $<TARGET_OBJECTS:${target}>)
  set_target_properties(${relaxed} PROPERTIES SLUICE_RELAXED ON LINKER_LANGUAGE CXX)
  target_link_libraries(${relaxed} PRIVATE $<TARGET_PROPERTY:${target},LINK_LIBRARIES>)
  sluice_node_program(${relaxed} command)
  list(POP_FRONT command node)
  set(${out} ${node} --experimental-wasm-relaxed-simd ${command} PARENT_SCOPE)
endfunction()

function(sluice_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "RELAXED" "" "SOURCES;LIBS;LABELS;ARGS;LINK_OPTIONS")
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "sluice_add_test(${name}): SOURCES is missing")
  endif()
  set(target ${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE sluice_test_main sluice_options sluice_platform doctest ${arg_LIBS})
  # What is tested is optimised, the tests need not be: a third less of their compile time.
  target_compile_options(${target} PRIVATE -O1)
  target_compile_definitions(${target} PRIVATE SLUICE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" SLUICE_DEPS_DIR="${SLUICE_DEPS}")
  set(command ${target})
  if(EMSCRIPTEN)
    sluice_node_program(${target} command)
  endif()
  target_link_options(${target} PRIVATE ${arg_LINK_OPTIONS})
  set(tests ${name})
  add_test(NAME ${name} COMMAND ${command} ${arg_ARGS})
  if(arg_RELAXED AND SLUICE_WASM_VARIANT STREQUAL wasm AND EMSCRIPTEN)
    sluice_add_relaxed_program(${target} command)
    list(APPEND tests ${name}_relaxed)
    add_test(NAME ${name}_relaxed COMMAND ${command} ${arg_ARGS})
  endif()
  set_tests_properties(${tests} PROPERTIES LABELS "${arg_LABELS}"
    ENVIRONMENT "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()
