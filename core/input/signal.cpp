#include "core/input/signal.hpp"

namespace sluice::input {

Result<SignalView> make_signal(std::uint32_t steps, std::uint32_t channels, Bytes values) {
  if (steps == 0 || steps > kMaxSignalSteps || channels == 0 || channels > kMaxSignalChannels) {
    return fail(ErrorCode::kInvalidInput,
                {"a signal of ", steps, " steps x ", channels, " channels; there may be 1 to ", kMaxSignalSteps,
                 " steps and ", kMaxSignalChannels, " channels"});
  }
  const std::uint64_t needed = std::uint64_t{steps} * channels * sizeof(float);
  if (values.size() < needed) {
    return fail(ErrorCode::kInvalidInput, {"a signal of ", steps, " steps x ", channels, " channels takes ", needed,
                                           " bytes; there are ", values.size()});
  }
  return SignalView{steps, channels, values.first(static_cast<std::size_t>(needed))};
}

}  // namespace sluice::input
