#include "core/adapt/placement/pieslicer.hpp"

namespace sluice::adapt {

PieSlicerTimes pieslicer_times(const PieSlicerLines& lines, double original_mb, double shrunk_mb,
                               double transfer_delta_ms) {
  return {lines.device.at(original_mb) + lines.transfer.at(shrunk_mb) + transfer_delta_ms + lines.server.at(shrunk_mb),
          lines.transfer.at(original_mb) + transfer_delta_ms + lines.server.at(original_mb)};
}

PreprocessAt pieslicer_choice(const PieSlicerTimes& times) {
  return times.server_ms > times.device_ms ? PreprocessAt::kDevice : PreprocessAt::kServer;
}

bool is_short_circuit(const ShortCircuit& rule, std::uint64_t bytes, std::uint32_t width, std::uint32_t height) {
  return bytes < rule.below_bytes || width < rule.below_side || height < rule.below_side;
}

// Both sums are lines in the original's size; the constants of transfer and server are in both.
std::optional<double> break_even_mb(const PieSlicerLines& lines, double shrunk_mb) {
  const double sent = lines.transfer.ms_per_mb + lines.server.ms_per_mb;
  const double saved = sent - lines.device.ms_per_mb;
  if (!(saved > 0)) return std::nullopt;
  return (lines.device.constant_ms + sent * shrunk_mb) / saved;
}

}  // namespace sluice::adapt
