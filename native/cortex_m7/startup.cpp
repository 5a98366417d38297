// From reset to main() on a Cortex-M7: memory, floating point, a stack whose deepest use can be read off afterwards.
#include <cstdint>

#include "native/cortex_m7/board.hpp"

extern "C" {
extern std::uint32_t data_start, data_end, data_from, bss_start, bss_end, stack_top;
int main();
void reset();
}

namespace {

constexpr std::uint32_t kUntouched = 0xA5A5A5A5;  // what reset() fills the stack's room with

void fault() { sluice::cortex_m7::leave(3); }

using Handler = void (*)();

}  // namespace

// The first word is the stack, then come reset, NMI, hard fault and the other faults.
[[gnu::section(".vectors"), gnu::used]] const void* const vectors[] = {
    &stack_top,
    reinterpret_cast<const void*>(&reset),
    reinterpret_cast<const void*>(static_cast<Handler>(&fault)),
    reinterpret_cast<const void*>(static_cast<Handler>(&fault)),
    reinterpret_cast<const void*>(static_cast<Handler>(&fault)),
    reinterpret_cast<const void*>(static_cast<Handler>(&fault)),
    reinterpret_cast<const void*>(static_cast<Handler>(&fault)),
};

// The loops are plain stores: compiled into calls of memset() they would need what they prepare.
extern "C" [[gnu::naked]] void reset() {
  asm volatile(
      // Up to the stack as it is now everything is free: the stack will leave its traces in it.
      "ldr r0, =bss_end\n"
      "mov r1, sp\n"
      "ldr r2, =0xA5A5A5A5\n"
      "1: cmp r0, r1\n"
      "it lo\n"
      "strlo r2, [r0], #4\n"
      "blo 1b\n"
      "ldr r0, =bss_start\n"
      "ldr r1, =bss_end\n"
      "movs r2, #0\n"
      "2: cmp r0, r1\n"
      "it lo\n"
      "strlo r2, [r0], #4\n"
      "blo 2b\n"
      "ldr r0, =data_start\n"
      "ldr r1, =data_end\n"
      "ldr r2, =data_from\n"
      "3: cmp r0, r1\n"
      "ittt lo\n"
      "ldrlo r3, [r2], #4\n"
      "strlo r3, [r0], #4\n"
      "blo 3b\n"
      // The floating-point unit: CPACR, full access.
      "ldr r0, =0xE000ED88\n"
      "ldr r1, [r0]\n"
      "orr r1, r1, #(0xF << 20)\n"
      "str r1, [r0]\n"
      "dsb\n"
      "isb\n"
      "bl main\n"
      "bl leave_with\n"
      "b .\n");
}

extern "C" [[gnu::used]] void leave_with(int status) { sluice::cortex_m7::leave(status); }

namespace sluice::cortex_m7 {

std::uint32_t deepest_stack_bytes() {
  const std::uint32_t* at = &bss_end;
  while (*at == kUntouched) ++at;
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(&stack_top) -
                                    reinterpret_cast<std::uintptr_t>(at));
}

}  // namespace sluice::cortex_m7
