# Targets for what the set-up brought: xnnpack, protozero, expected, rapidjson, doctest, onnxruntime_headers. Libraries that
# only one folder uses (Boost, libav, LibTorch...) are found there.
find_package(Threads REQUIRED)

if(EMSCRIPTEN)
  set(variant ${SLUICE_WASM_VARIANT})
else()
  set(variant native)
endif()
set(SLUICE_XNNPACK_LIBRARY ${SLUICE_DEPS}/xnnpack/${variant}/libxnnpack.a)
foreach(part ${SLUICE_XNNPACK_LIBRARY} ${SLUICE_DEPS}/xnnpack/include/xnnpack.h ${SLUICE_DEPS}/include/protozero/pbf_reader.hpp)
  if(NOT EXISTS ${part})
    message(FATAL_ERROR "${part} is missing: run ./dev setup (or point SLUICE_DEPS at what it made)")
  endif()
endforeach()

# XNNPACK with pthreadpool and, natively, cpuinfo. A static library, so never part of an exported interface: see SluiceInstall.
if(EMSCRIPTEN)
  # Which kernels a program gets is settled at its link: those with relaxed SIMD where its SLUICE_RELAXED is set. Our own
  # objects are the same either way, so one tree makes both.
  add_library(sluice::xnnpack INTERFACE IMPORTED GLOBAL)
  target_link_libraries(sluice::xnnpack INTERFACE
    $<IF:$<BOOL:$<TARGET_PROPERTY:SLUICE_RELAXED>>,${SLUICE_DEPS}/xnnpack/wasm-relaxed/libxnnpack.a,${SLUICE_XNNPACK_LIBRARY}>)
else()
  add_library(sluice::xnnpack STATIC IMPORTED GLOBAL)
  set_target_properties(sluice::xnnpack PROPERTIES IMPORTED_LOCATION ${SLUICE_XNNPACK_LIBRARY})
endif()
add_library(xnnpack ALIAS sluice::xnnpack)
set_target_properties(sluice::xnnpack PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES ${SLUICE_DEPS}/xnnpack/include
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${SLUICE_DEPS}/xnnpack/include)
if(NOT EMSCRIPTEN)
  target_link_libraries(sluice::xnnpack INTERFACE Threads::Threads m)
endif()

# Header-only libraries share one folder; a target each says who uses what.
foreach(name protozero expected rapidjson doctest)
  add_library(${name} INTERFACE)
  target_include_directories(${name} SYSTEM INTERFACE $<BUILD_INTERFACE:${SLUICE_DEPS}/include>)
endforeach()
# Assertions as calls, not as inlined code: a sixth less of a test's compile time.
target_compile_definitions(doctest INTERFACE DOCTEST_CONFIG_SUPER_FAST_ASSERTS)
# RapidJSON without exceptions and asserts: input is checked by its parse result, and access by type first.
target_compile_definitions(rapidjson INTERFACE RAPIDJSON_HAS_STDSTRING=1)

if(NOT EMSCRIPTEN)
  add_library(onnxruntime_headers INTERFACE)
  target_include_directories(onnxruntime_headers SYSTEM INTERFACE ${SLUICE_DEPS}/onnxruntime/include)
endif()
