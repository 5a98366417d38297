// What the same features take in bytes by different coders: the bundle's own, a table for each channel, and LZW, which AgileNN sends.
// Nothing is lost in any of them, so answers are the same.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/split/labelled_pictures.hpp"
#include "native/eval/split/in_parallel.hpp"

namespace sluice::eval {

inline constexpr const char* kShippedCoder = "range coder";
inline constexpr const char* kChannelTables = "a table a channel";
inline constexpr const char* kLzwCoder = "LZW";

struct CoderCost {
  std::string coder;
  std::size_t section_bytes = 0;  // of tables that both ends hold
  // Of a payload, mean; at the same place as in the cuts asked for. Empty where a coder's payloads have no such cut: the bundle codes
  // its channels in two steps, and the coder each at once.
  std::vector<std::optional<double>> bytes;
};

// All of them, in this order, for payloads of so many coded channels (`cuts`, growing, to the bundle's all). Of every n-th picture.
// `learned_from`: pictures from which the channels' tables are made, every tenth of them; nullptr leaves that coder out. The bundle's
// own tables stay as they are. Fails as measure_split() does, and with kInvalidArgument where a bundle codes nothing.
Result<std::vector<CoderCost>> measure_coders(const bundle::Bundle& bundle, const LabelledPictures* learned_from,
                                              const LabelledPictures& pictures, std::span<const std::uint32_t> cuts,
                                              std::uint32_t every, const SplitProgress& progress);

// A line for each coder, at the numbers of channels given.
std::string coder_table(std::span<const CoderCost> coders, std::span<const std::uint32_t> cuts);

}  // namespace sluice::eval
