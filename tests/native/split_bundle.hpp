// A small bundle in two halves for tests, whose answers can be told by hand. Pictures of 8x8, three classes, one for each of red, green
// and blue: the full model answers with the channel's mean less 128, so does the device half; its features are the pixels in steps
// of 16, (x - 128) / 16 rounded, red first, and the remote half answers with their mean times 16.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sluice::test {

inline constexpr std::uint32_t kSplitSide = 8;
inline constexpr std::array<float, 4> kSplitShares{1, 0.5F, 0.25F, 0};  // of the guess, by the channels that came

std::vector<std::uint8_t> toy_device_unit();

// Writes the bundle "halves". Its points: guess alone at 0.5, one channel at 0.7, all at 0.9. `unit`: another device half.
void write_split_bundle(const std::filesystem::path& folder, const std::vector<std::uint8_t>& unit = toy_device_unit());

// Puts `x_classes` into the manifest there, as it is given.
void name_classes(const std::filesystem::path& folder, const std::string& names);

}  // namespace sluice::test
