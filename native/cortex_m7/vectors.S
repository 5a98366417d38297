/* The vectors that the answers are compared with; tests/wasm/lite/vectors.hpp says what is in them. */
  .section .rodata
  .balign 8
  .global split_vectors
split_vectors:
  .incbin SLUICE_VECTORS
