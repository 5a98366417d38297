// The device half on a Cortex-M7: runs the vectors that were made natively, compares every byte, says what it takes.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/split/little_endian.hpp"
#include "native/cortex_m7/board.hpp"
#include "wasm/lite/sluice_lite.h"

extern "C" const std::uint8_t split_vectors[];

namespace {

using namespace sluice::cortex_m7;

// All RAM of the device half but its stack.
constexpr std::size_t kMemoryBytes = 64 * 1024;
alignas(8) std::uint8_t memory[kMemoryBytes];

class Vectors {
 public:
  std::uint32_t u32() {
    at_ += 4;
    return sluice::split::little_u32(at_ - 4);
  }
  const std::uint8_t* part(std::size_t bytes) {
    const std::uint8_t* const from = at_;
    at_ += (bytes + 3) / 4 * 4;
    return from;
  }

 private:
  const std::uint8_t* at_ = split_vectors;
};

bool same(const char* what, const void* got, const std::uint8_t* wanted, std::size_t bytes) {
  if (std::memcmp(got, wanted, bytes) == 0) return true;
  print(what);
  print(" differ\n");
  return false;
}

void say(const char* what, std::uint32_t number) {
  print(what);
  print(number);
  print("\n");
}

bool compare_picture(sluice_lite& context, Vectors& vectors, bool measured) {
  const std::size_t picture_bytes = std::size_t{3} * context.picture_width * context.picture_height;
  const std::size_t logit_bytes = context.classes * sizeof(float);
  std::memcpy(context.picture, vectors.part(picture_bytes), picture_bytes);
  start_clock();
  if (sluice_lite_run(&context) != SLUICE_LITE_GOOD) return false;
  if (measured) say("ticks of a run: ", ticks());
  bool good = same("local logits", context.local, vectors.part(logit_bytes), logit_bytes);
  for (std::uint32_t k = 0; k < context.classes; ++k) context.remote[k] = static_cast<float>(k) / 4 - 1;
  if (sluice_lite_combine(&context, context.coded_channels / 2) != SLUICE_LITE_GOOD) return false;
  good = same("combined logits", context.combined, vectors.part(logit_bytes), logit_bytes) && good;
  for (int turn = 0; turn < 2; ++turn) {
    const std::uint32_t budget = vectors.u32();
    start_clock();
    const std::uint32_t bytes = sluice_lite_encode(&context, budget, context.coded_channels);
    if (measured && turn == 0) say("ticks of encoding: ", ticks());
    const std::uint32_t wanted_bytes = vectors.u32();
    const std::uint32_t wanted_channels = vectors.u32();
    const std::uint8_t* const wanted = vectors.part(wanted_bytes);
    if (bytes != wanted_bytes || context.payload_channels != wanted_channels) {
      print("another length of payload\n");
      return false;
    }
    good = same("payloads", context.payload, wanted, bytes) && good;
  }
  return good;
}

}  // namespace

int main() {
  Vectors vectors;
  const std::uint32_t unit_bytes = vectors.u32();
  const std::uint8_t* const unit = vectors.part(unit_bytes);
  start_clock();
  const std::int32_t status = sluice_lite_open(memory, sizeof memory, unit, unit_bytes);
  if (status != SLUICE_LITE_GOOD) {
    say("the unit cannot be opened: status ", static_cast<std::uint32_t>(status));
    return 1;
  }
  say("ticks of opening: ", ticks());
  auto& context = *reinterpret_cast<sluice_lite*>(memory);
  const std::uint32_t pictures = vectors.u32();
  bool good = pictures > 0;
  for (std::uint32_t i = 0; i < pictures; ++i) good = compare_picture(context, vectors, i == 0) && good;
  say("bytes of the unit, in flash: ", unit_bytes);
  say("bytes of the context: ", static_cast<std::uint32_t>(sluice_lite_bytes(unit, unit_bytes)));
  say("deepest stack: ", deepest_stack_bytes());
  print(good ? "all bytes are the same\n" : "there are differences\n");
  return good ? 0 : 1;
}
