// Version and memory.
#include <cstdlib>

#if defined(__EMSCRIPTEN__) || defined(__GLIBC__)
#include <malloc.h>
#endif

#include "bindings/c/records.hpp"
#include "bindings/c/sluice.h"
#include "core/base/checked.hpp"

namespace {

sluice_memory_use memory_use() {
  sluice_memory_use use{};
#if defined(__EMSCRIPTEN__)
  use.heap_bytes = std::uint64_t{__builtin_wasm_memory_size(0)} << 16;
  use.used_bytes = static_cast<std::uint32_t>(mallinfo().uordblks);
#elif defined(__GLIBC__)
  const struct mallinfo2 info = mallinfo2();
  use.heap_bytes = info.arena + info.hblkhd;
  use.used_bytes = info.uordblks + info.hblkhd;
#endif
  return use;
}

}  // namespace

uint32_t sluice_abi_version(void) { return SLUICE_ABI_VERSION; }

void* sluice_allocate(size_t bytes) {
  constexpr std::size_t kMask = sluice::kTensorAlignment - 1;
  const auto padded = sluice::checked_add(bytes, sluice::kTensorPadding + kMask);
  return padded ? std::aligned_alloc(sluice::kTensorAlignment, *padded & ~kMask) : nullptr;
}

void sluice_free(void* bytes) { std::free(bytes); }

sluice_status sluice_memory(sluice_memory_use* out, sluice_error* error) {
  return sluice::c::guarded(
      error, [&] { return sluice::c::write_record(out, memory_use(), sizeof(sluice_memory_use), "out"); });
}
