// The toy pictures as files, a folder for each class.
#pragma once

#include <cstdint>
#include <filesystem>

namespace sluice::test {

// "class0/12.ppm", ...
void write_toy_folder(const std::filesystem::path& folder, std::int64_t pictures);

}  // namespace sluice::test
