// What the test program needs of the machine under it: QEMU's semihosting for text and the end, the stack's depth, and the time in
// instructions. One thread, no heap; there is nothing that can fail but the machine.
#pragma once

#include <cstdint>

namespace sluice::cortex_m7 {

void print(const char* text);
void print(std::uint32_t number);

[[noreturn]] void leave(int status);

// Of RAM's end, since reset.
std::uint32_t deepest_stack_bytes();

// Starts counting down, and how far it has counted since: the 25 MHz clock of mps2-an500. Under `qemu -icount shift=N` each
// instruction takes 2^N ns.
void start_clock();
std::uint32_t ticks();

}  // namespace sluice::cortex_m7
