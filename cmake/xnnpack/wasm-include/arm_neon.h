// Two WebAssembly microkernels of this XNNPACK (f32-qs8-vcvt and f32-qu8-vcvt) ask for <arm_neon.h> and mean this.
#pragma once
#include <wasm_simd128.h>
