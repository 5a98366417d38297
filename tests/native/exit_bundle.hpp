// The bundle "exits" for tests: the classifier of tests/core/exit/toy_exits.hpp with its two exits, whose answers can be told by hand. A
// picture all of one colour is the surer the fewer colours it has.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/input/image.hpp"
#include "core/pipeline/manifest.hpp"
#include "tests/core/exit/toy_exits.hpp"

namespace sluice::test {

// Points of the largest probability: [0.9, 0.99] at the target 0.8, the first exit closed and 0.99 at 0.9.
void write_exit_bundle(const std::filesystem::path& folder,
                       const std::string& branches = exits::testing::toy_branches());

// The same with a cut at the first place (tests/core/exit/toy_cut.hpp) and points of its own: [0.9, 0.99] at 0.8, and nothing sure on this device
// at 0.9.
void write_cut_bundle(const std::filesystem::path& folder, pipeline::BatchSpec batching = {0, 8, 0});

// One colour all over: kRed is sure at the first exit, kOrange at the second, kYellow at none.
struct ColouredPicture {
  ColouredPicture(int red, int green, int blue);
  std::vector<std::uint8_t> pixels;
  input::ImageView view;
};
inline const ColouredPicture kRed{255, 0, 0};
inline const ColouredPicture kOrange{255, 120, 0};
inline const ColouredPicture kYellow{255, 250, 0};

}  // namespace sluice::test
