# sluice_options: what every target of this repository is compiled with and no consumer inherits. Linked PRIVATE.
# The presets compile twelve sources at a time (CMAKE_UNITY_BUILD): a quarter of the time, most of which goes into reading headers. So
# names in unnamed namespaces are told apart within a target; where that is not wanted a target turns it off. That each source
# includes what it needs is clang-tidy's to find, which reads them one by one (./dev lint).
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
