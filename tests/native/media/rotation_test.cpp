#include "native/media/rotation.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace sluice::media;

namespace {

// A picture of one letter a pixel, in three channels.
std::vector<std::uint8_t> picture(const std::string& letters) {
  std::vector<std::uint8_t> pixels;
  for (const char letter : letters) pixels.insert(pixels.end(), 3, static_cast<std::uint8_t>(letter));
  return pixels;
}

std::string rotated(const std::string& letters, std::uint32_t width, std::uint32_t height, std::uint32_t turns) {
  const auto pixels = picture(letters);
  std::vector<std::uint8_t> out(pixels.size());
  rotate_rgb(pixels, width, height, turns, out);
  std::string result;
  for (std::size_t i = 0; i < out.size(); i += 3) result += static_cast<char>(out[i]);
  return result;
}

}  // namespace

TEST_CASE("a picture turns clockwise") {
  CHECK(rotated("abcdef", 3, 2, 0) == "abcdef");
  CHECK(rotated("abcdef", 3, 2, 1) == "daebfc");
  CHECK(rotated("abcdef", 3, 2, 2) == "fedcba");
  CHECK(rotated("abcdef", 3, 2, 3) == "cfbead");
}

TEST_CASE("display matrices name quarter turns") {
  constexpr std::int32_t one = 1 << 16;
  constexpr std::int32_t w = 1 << 30;
  const auto turns = [](std::array<std::int32_t, 9> matrix) { return quarter_turns(matrix.data()); };
  CHECK(turns({one, 0, 0, 0, one, 0, 0, 0, w}) == 0);
  CHECK(turns({0, one, 0, -one, 0, 0, 0, 0, w}) == 1);
  CHECK(turns({-one, 0, 0, 0, -one, 0, 0, 0, w}) == 2);
  CHECK(turns({0, -one, 0, one, 0, 0, 0, 0, w}) == 3);
  CHECK(turns({0, 0, 0, 0, 0, 0, 0, 0, 0}) == 0);  // no rotation can be read from it
}
