# sluice_options: what every target of this repository is compiled with and no consumer inherits. Linked PRIVATE.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

add_library(sluice_options INTERFACE)
target_compile_options(sluice_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -ffunction-sections -fdata-sections "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
target_include_directories(sluice_options INTERFACE ${PROJECT_SOURCE_DIR})

# One switch for everything linked into one program: C++ exceptions, SIMD and threads must agree across objects.
add_library(sluice_platform INTERFACE)
if(EMSCRIPTEN)
  target_compile_options(sluice_platform INTERFACE -msimd128 -fwasm-exceptions)
  target_link_options(sluice_platform INTERFACE -fwasm-exceptions)
  if(SLUICE_WASM_VARIANT STREQUAL wasm-threads)
    target_compile_options(sluice_platform INTERFACE -pthread)
    target_link_options(sluice_platform INTERFACE -pthread)
  endif()
  # A program with relaxed SIMD differs in XNNPACK alone (see SluiceDependencies). Given the flag, the compiler would contract our own sums into relaxed
  # multiply-adds, and the same picture would no longer give the same tensor everywhere.
endif()
if(SLUICE_SANITIZE)
  # Global, so that sanitized and plain objects never meet in one program. Neither compiler counts a float that does not fit
  # the integer it is cast to among "undefined".
  add_compile_options(-fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

# sluice_compile_in_batches(TARGET): its sources in batches, since the headers of the libraries they use (LibTorch, Beast, CLI11,
# WebSocket++) take longer to read than all else: a quarter of the time. core stays file by file in the native preset, where
# each file's includes are thus known to suffice; the other presets batch everything.
function(sluice_compile_in_batches target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
endfunction()
