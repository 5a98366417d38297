#include "native/cortex_m7/board.hpp"

namespace sluice::cortex_m7 {
namespace {

constexpr std::uint32_t kWriteText = 0x04;
constexpr std::uint32_t kExitExtended = 0x20;
constexpr std::uint32_t kApplicationExit = 0x20026;

std::uint32_t call_host(std::uint32_t operation, const void* argument) {
  register std::uint32_t r0 asm("r0") = operation;
  register const void* r1 asm("r1") = argument;
  asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

// SysTick, which every Cortex-M has: 24 bits, counting down.
struct SysTick {
  volatile std::uint32_t control, reload, value;
};
SysTick& sys_tick() { return *reinterpret_cast<SysTick*>(0xE000E010); }
constexpr std::uint32_t kMost = 0xFFFFFF;

}  // namespace

void print(const char* text) { call_host(kWriteText, text); }

void print(std::uint32_t number) {
  char text[11];
  char* at = text + sizeof text - 1;
  *at = 0;
  do {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  print(at);
}

void leave(int status) {
  const std::uint32_t reason[2] = {kApplicationExit, static_cast<std::uint32_t>(status)};
  call_host(kExitExtended, reason);
  while (true) {
  }
}

void start_clock() {
  sys_tick().control = 0;
  sys_tick().reload = kMost;
  sys_tick().value = 0;
  sys_tick().control = 5;  // on, by the processor's clock, without an interrupt
}

std::uint32_t ticks() { return kMost - sys_tick().value; }

}  // namespace sluice::cortex_m7
