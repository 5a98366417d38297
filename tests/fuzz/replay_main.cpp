// Replays a corpus through a fuzz target without libFuzzer: every file as it is, every prefix of it in steps, and a fixed
// number of seeded single-byte changes. Prints how many inputs ran; fails when the folder is missing or empty.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kPrefixes = 64;
constexpr std::size_t kChanges = 256;

// A copy of exactly the input's size, so that AddressSanitizer sees the first byte read past it.
void run_one(const std::uint8_t* data, std::size_t size) {
  const Input exact(data, data + size);
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

std::size_t replay(Input input, std::uint32_t seed) {
  run_one(input.data(), input.size());
  const std::size_t step = std::max<std::size_t>(1, input.size() / kPrefixes);
  std::size_t runs = 1;
  for (std::size_t size = 0; size < input.size(); size += step, ++runs) run_one(input.data(), size);
  if (input.empty()) return runs;
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < kChanges; ++i, ++runs) {
    std::uint8_t& byte = input[random() % input.size()];
    const std::uint8_t kept = byte;
    byte = static_cast<std::uint8_t>(random());
    run_one(input.data(), input.size());
    byte = kept;
  }
  return runs;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1], error)) files.push_back(entry.path().string());
  if (error || files.empty()) {
    std::fprintf(stderr, "%s: no corpus there\n", argv[1]);
    return 1;
  }
  std::sort(files.begin(), files.end());
  std::size_t runs = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::ifstream file(files[i], std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    runs += replay(Input(bytes.begin(), bytes.end()), static_cast<std::uint32_t>(i));
  }
  std::printf("%zu files, %zu inputs\n", files.size(), runs);
  return 0;
}
