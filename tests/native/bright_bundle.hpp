// A small bundle for tests: the filter's probability grows with the picture's brightness (dark frames are skipped), the
// full model answers with the mean of each channel, 0 to 255.
#pragma once

#include <filesystem>
#include <string>

#include "core/input/image.hpp"

namespace sluice::test {

// Writes the bundle "bright" of `version` to `folder`; without `with_model`, its model's file is missing.
void write_bright_bundle(const std::filesystem::path& folder, const std::string& version = "1.0.0",
                         bool with_model = true);

// A grey picture of that level in the PPM format.
std::string grey_ppm(std::uint32_t width, std::uint32_t height, std::uint8_t level);

}  // namespace sluice::test
