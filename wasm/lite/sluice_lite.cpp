#include "wasm/lite/sluice_lite.h"

#include <algorithm>
#include <new>

#include "core/split/device/interpreter.hpp"

namespace {

using namespace sluice::split;

// A payload that is closed behind a channel has one byte at least beside those that the coder had let go of by then. One that goes on
// holds the channel for sure with four, as many as a decoder looks at at once.
constexpr std::uint32_t kMostCutBytes = 3;

// What a context is behind the part that callers see.
struct alignas(8) Context {
  sluice_lite shown{};
  DeviceUnit unit;
  std::span<std::uint8_t> arena;
  DeviceAnswer answer;
};

// Parts of a block of memory, one after the other, each at a multiple of 8.
class Block {
 public:
  explicit Block(std::uint8_t* start) : start_(start) {}

  template <typename Value>
  Value* take(std::size_t count) {
    Value* const part = start_ == nullptr ? nullptr : reinterpret_cast<Value*>(start_ + taken_);
    taken_ += (count * sizeof(Value) + 7) / 8 * 8;
    return part;
  }
  std::size_t taken() const { return taken_; }

 private:
  std::uint8_t* start_;
  std::size_t taken_ = sizeof(Context);
};

static_assert(sizeof(Context) % 8 == 0);

// A symbol costs at most 15 bits, and each channel says whether another follows.
std::size_t payload_room(const DeviceUnit& unit) {
  const std::size_t channels = unit.coded_channels();
  return 2 * channels * unit.feature_width * unit.feature_height + 2 * channels + 16;
}

// Where everything lies; with a nullptr only how much it takes. The sizes of a unit are such that the sum fits 32 bits.
std::size_t lay_out(std::uint8_t* memory, Context& context) {
  const DeviceUnit& unit = context.unit;
  sluice_lite& shown = context.shown;
  shown.picture_width = unit.picture_width;
  shown.picture_height = unit.picture_height;
  shown.classes = unit.classes;
  shown.coded_channels = unit.coded_channels();
  shown.payload_room = static_cast<std::uint32_t>(payload_room(unit));
  shown.payload_channels = 0;
  Block block(memory);
  shown.picture = block.take<std::uint8_t>(unit.picture_bytes());
  context.arena = {block.take<std::uint8_t>(unit.arena_bytes), unit.arena_bytes};
  shown.local = block.take<float>(unit.classes);
  shown.remote = block.take<float>(unit.classes);
  shown.combined = block.take<float>(unit.classes);
  shown.payload = block.take<std::uint8_t>(shown.payload_room);
  shown.ends = block.take<std::uint32_t>(shown.coded_channels);
  return block.taken();
}

Context* inner(sluice_lite* context) { return reinterpret_cast<Context*>(context); }

std::span<float> logits_of(const Context& context, const float* at) {
  return {const_cast<float*>(at), context.unit.classes};
}

}  // namespace

uint32_t sluice_lite_version(void) { return SLUICE_LITE_VERSION; }

size_t sluice_lite_bytes(const uint8_t* unit, size_t unit_bytes) {
  Context context;
  if (unit == nullptr || read_device_unit({unit, unit_bytes}, context.unit) != UnitStatus::kGood) return 0;
  return lay_out(nullptr, context);
}

int32_t sluice_lite_open(void* memory, size_t memory_bytes, const uint8_t* unit, size_t unit_bytes) {
  if (memory == nullptr || unit == nullptr || reinterpret_cast<std::uintptr_t>(memory) % 8 != 0)
    return SLUICE_LITE_BAD_ARGUMENT;
  if (memory_bytes < sizeof(Context)) return SLUICE_LITE_TOO_LITTLE_MEMORY;
  auto* const context = new (memory) Context;
  if (const UnitStatus status = read_device_unit({unit, unit_bytes}, context->unit); status != UnitStatus::kGood)
    return static_cast<std::int32_t>(status);
  if (lay_out(static_cast<std::uint8_t*>(memory), *context) > memory_bytes) return SLUICE_LITE_TOO_LITTLE_MEMORY;
  return SLUICE_LITE_GOOD;
}

int32_t sluice_lite_run(sluice_lite* shown) {
  if (shown == nullptr) return SLUICE_LITE_BAD_ARGUMENT;
  Context& context = *inner(shown);
  shown->payload_channels = 0;
  context.answer = run(context.unit, {shown->picture, context.unit.picture_bytes()}, context.arena);
  shown->symbols = context.answer.symbols.data();
  // With nothing arrived the combined guess is the local one.
  combine(context.unit, context.answer.logits, {}, 0, logits_of(context, shown->local));
  return SLUICE_LITE_GOOD;
}

uint32_t sluice_lite_encode(sluice_lite* shown, uint32_t budget_bytes, uint32_t most_channels) {
  if (shown == nullptr) return 0;
  Context& context = *inner(shown);
  shown->payload_channels = 0;
  if (most_channels > shown->coded_channels) return 0;
  const std::uint32_t room = budget_bytes < shown->payload_room ? budget_bytes : shown->payload_room;
  auto* const ends = const_cast<std::uint32_t*>(shown->ends);
  const EncodedFeatures encoded =
      encode(context.unit, context.answer.symbols, {const_cast<std::uint8_t*>(shown->payload), room},
             static_cast<std::uint16_t>(most_channels), ends);
  const auto bytes = static_cast<std::uint32_t>(encoded.bytes);
  // A payload that is closed behind a channel may be a byte shorter than behind the one before it.
  std::uint32_t end = 0;
  for (std::uint32_t i = 0; i < encoded.channels; ++i) {
    end = std::max(end, std::min(ends[i] + kMostCutBytes, bytes));
    ends[i] = end;
  }
  shown->payload_channels = encoded.channels;
  return bytes;
}

int32_t sluice_lite_combine(sluice_lite* shown, uint32_t arrived_channels) {
  if (shown == nullptr) return SLUICE_LITE_BAD_ARGUMENT;
  Context& context = *inner(shown);
  const bool done = combine(context.unit, context.answer.logits, logits_of(context, shown->remote), arrived_channels,
                            logits_of(context, shown->combined));
  return done ? SLUICE_LITE_GOOD : SLUICE_LITE_BAD_ARGUMENT;
}
