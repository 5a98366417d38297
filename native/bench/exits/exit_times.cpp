// How long a bundle with early exits takes, whole and at each of its points, in WebAssembly under Node.js; `sluice eval` runs it.
// Prints one line of JSON.
//   node bench_exit_times.js BUNDLE PICTURES.rgb WIDTH HEIGHT
// PICTURES: packed pixels, picture after picture.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

#include "core/questions/table.hpp"
#include "native/eval/exits/exit_times.hpp"

namespace {

using namespace sluice;

[[noreturn]] void end(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

std::string read_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) end(file + " cannot be read");
  return {std::istreambuf_iterator<char>(stream), {}};
}

eval::LabelledPictures read_pictures(const std::string& file, std::uint32_t width, std::uint32_t height) {
  const std::string bytes = read_file(file);
  const std::size_t each = std::size_t{width} * height * 3;
  if (each == 0 || bytes.empty() || bytes.size() % each != 0) end(file + " holds no pictures of this size");
  eval::LabelledPictures pictures{width, height, {bytes.begin(), bytes.end()}, {}, {}};
  pictures.labels.assign(bytes.size() / each, 0);
  return pictures;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) end("usage: bench_exit_times BUNDLE PICTURES.rgb WIDTH HEIGHT");
  const std::string folder = argv[1];
  const auto manifest = questions::parse_manifest(read_file(folder + "/manifest.json"));
  if (!manifest) end(describe(manifest.error()));
  if (!manifest->exits) end(folder + " has no early exits");
  const auto contents = [&](const std::string& part) {
    return read_file(folder + "/" + manifest->find_part(part)->file);
  };
  const std::string model = contents(manifest->model.part);
  const std::string branches = contents(manifest->exits->part);
  const auto pictures = read_pictures(argv[2], static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10)),
                                      static_cast<std::uint32_t>(std::strtoul(argv[4], nullptr, 10)));
  const auto times =
      eval::time_exits(*manifest, std::as_bytes(std::span(model)), std::as_bytes(std::span(branches)), pictures);
  if (!times) end(describe(times.error()));
  std::printf("%s\n", eval::times_json(*times).c_str());
}
