#include "tests/native/train/splitnet/toy_folder.hpp"

#include <fstream>
#include <string>

#include "tests/native/train/splitnet/toy_pictures.hpp"

namespace sluice::test {

void write_toy_folder(const std::filesystem::path& folder, std::int64_t pictures) {
  const train::splitnet::PictureSet set = toy_pictures(pictures, 3);
  for (std::int64_t i = 0; i < set.size(); ++i) {
    const auto to = folder / ("class" + std::to_string(set.labels[i].item<std::int64_t>()));
    std::filesystem::create_directories(to);
    std::ofstream file(to / (std::to_string(i) + ".ppm"), std::ios::binary);
    file << "P6\n32 32\n255\n";
    const torch::Tensor pixels = set.pictures[i].contiguous();
    file.write(reinterpret_cast<const char*>(pixels.data_ptr<std::uint8_t>()), pixels.numel());
  }
}

}  // namespace sluice::test
