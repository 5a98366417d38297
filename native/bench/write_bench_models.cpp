// Writes the engine bench's networks to FOLDER/mobilenet_v2_fp32.onnx and FOLDER/mobilenet_v2_int8.onnx.
#include <cstdio>
#include <fstream>
#include <string>

#include "native/bench/mobilenet_v2.hpp"

namespace {

bool write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  using sluice::bench::mobilenet_v2;
  using sluice::bench::Precision;
  const std::string folder = argv[1];
  const bool written = write_file(folder + "/mobilenet_v2_fp32.onnx", mobilenet_v2(Precision::kFloat32)) &&
                       write_file(folder + "/mobilenet_v2_int8.onnx", mobilenet_v2(Precision::kInt8));
  return written ? 0 : 1;
}
