#include "core/input/image_tensor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/core/input/generated_picture.hpp"

using namespace sluice;
using namespace sluice::input;
using sluice::test::generated_picture;
using sluice::test::Picture;

namespace {

constexpr std::array kFormats = {PixelFormat::kRgba8, PixelFormat::kRgb8, PixelFormat::kBgr8, PixelFormat::kBgra8,
                                 PixelFormat::kGray8, PixelFormat::kI420, PixelFormat::kNv12};

ImageSpec spec_of(std::uint32_t width, std::uint32_t height, Fit fit = Fit::kStretch,
                  Channels channels = Channels::kRgb) {
  ImageSpec spec;
  spec.width = width;
  spec.height = height;
  spec.fit = fit;
  spec.channels = channels;
  return spec;
}

struct Output {
  Tensor tensor;
  Placement placement;
};

Output convert(const ImageSpec& spec, const ImageView& view) {
  auto converter = ImageToTensor::create(spec);
  REQUIRE(converter);
  auto tensor = Tensor::create(DataType::kFloat32, converter->tensor_shape());
  REQUIRE(tensor);
  const auto placement = converter->run(view, tensor->mutable_view());
  REQUIRE(placement);
  return {std::move(*tensor), *placement};
}

// --- the plain reference: one cell at a time, in double

struct Weighted {
  std::uint32_t index;
  double weight;
};

std::vector<Weighted> reference_taps(std::uint32_t output, double source, double target, std::uint32_t cell) {
  const auto cells = static_cast<std::uint32_t>(std::ceil(source / cell));
  std::vector<Weighted> taps;
  if (target > source) {
    const double position = std::clamp((output + 0.5) * source / target / cell - 0.5, 0.0, cells - 1.0);
    const auto left = static_cast<std::uint32_t>(position);
    taps.push_back({left, 1 - (position - left)});
    taps.push_back({std::min(left + 1, cells - 1), position - left});
    return taps;
  }
  const double begin = output * source / target;
  const double end = (output + 1) * source / target;
  for (std::uint32_t index = 0; index < cells; ++index) {
    const double cell_end = std::min<double>((index + 1.0) * cell, source);
    const double covered = std::min(cell_end, end) - std::max<double>(index * cell, begin);
    if (covered > 1e-9) taps.push_back({index, covered / (end - begin)});
  }
  return taps;
}

double reference_cell(const Plane& plane, std::uint32_t channels, std::uint32_t channel,
                      const std::vector<Weighted>& xs, const std::vector<Weighted>& ys) {
  double sum = 0;
  for (const Weighted& y : ys) {
    for (const Weighted& x : xs) {
      sum += x.weight * y.weight * plane.data[y.index * plane.stride_bytes + x.index * channels + channel];
    }
  }
  return sum;
}

std::array<double, 3> reference_rgb(const ImageView& view, std::uint32_t x, std::uint32_t y, double width,
                                    double height) {
  const auto xs = reference_taps(x, view.width, width, 1);
  const auto ys = reference_taps(y, view.height, height, 1);
  const auto packed = [&](std::uint32_t channels, std::array<std::uint32_t, 3> order) {
    std::array<double, 3> rgb{};
    for (std::size_t c = 0; c < 3; ++c) rgb[c] = reference_cell(view.planes[0], channels, order[c], xs, ys);
    return rgb;
  };
  switch (view.format) {
    case PixelFormat::kRgba8: return packed(4, {0, 1, 2});
    case PixelFormat::kBgra8: return packed(4, {2, 1, 0});
    case PixelFormat::kRgb8: return packed(3, {0, 1, 2});
    case PixelFormat::kBgr8: return packed(3, {2, 1, 0});
    case PixelFormat::kGray8: return packed(1, {0, 0, 0});
    default: break;
  }
  const auto chroma_xs = reference_taps(x, view.width, width, 2);
  const auto chroma_ys = reference_taps(y, view.height, height, 2);
  const bool planar = view.format == PixelFormat::kI420;
  const double luma = (reference_cell(view.planes[0], 1, 0, xs, ys) - 16) * 255 / 219;
  const double u = reference_cell(view.planes[1], planar ? 1 : 2, 0, chroma_xs, chroma_ys) - 128;
  const double v = planar ? reference_cell(view.planes[2], 1, 0, chroma_xs, chroma_ys) - 128
                          : reference_cell(view.planes[1], 2, 1, chroma_xs, chroma_ys) - 128;
  const double chroma = 255.0 / 224;
  return {std::clamp(luma + 1.402 * chroma * v, 0.0, 255.0),
          std::clamp(luma - (0.344136 * u + 0.714136 * v) * chroma, 0.0, 255.0),
          std::clamp(luma + 1.772 * chroma * u, 0.0, 255.0)};
}

std::uint64_t checksum(Bytes bytes) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (std::byte byte : bytes) hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

TEST_CASE("every format and size agrees with a plain reference in double") {
  struct Case {
    std::uint32_t width, height, target_width, target_height;
  };
  // Down, up, mixed, no change, odd sides, ratios below two, a single pixel, and sums beyond 16 bits.
  const std::array cases = {Case{160, 90, 24, 24}, Case{33, 17, 11, 9},  Case{12, 9, 40, 31}, Case{50, 7, 20, 15},
                            Case{31, 23, 31, 23},  Case{77, 51, 64, 43}, Case{1, 1, 5, 4},    Case{40, 30, 1, 1},
                            Case{600, 300, 2, 1},  Case{1031, 5, 2, 3}};
  for (const PixelFormat format : kFormats) {
    for (const Case& c : cases) {
      CAPTURE(static_cast<int>(format));
      CAPTURE(c.width);
      CAPTURE(c.target_width);
      const Picture picture = generated_picture(format, c.width, c.height, 7);
      const ImageView view = picture.view();
      const Output output = convert(spec_of(c.target_width, c.target_height), view);
      const auto values = output.tensor.as<float>();
      const std::size_t area = std::size_t{c.target_width} * c.target_height;
      double worst = 0;
      double sum = 0;
      for (std::uint32_t y = 0; y < c.target_height; ++y) {
        for (std::uint32_t x = 0; x < c.target_width; ++x) {
          const auto rgb = reference_rgb(view, x, y, c.target_width, c.target_height);
          for (std::size_t channel = 0; channel < 3; ++channel) {
            const double error = std::abs(double{values[channel * area + y * c.target_width + x]} - rgb[channel]);
            worst = std::max(worst, error);
            sum += error;
          }
        }
      }
      // Weights of partly covered pixels have 7 bits, and colour conversion doubles the error of chroma.
      const bool video = format == PixelFormat::kI420 || format == PixelFormat::kNv12;
      CHECK(worst < (video ? 3.0 : 2.0));
      CHECK(sum / static_cast<double>(3 * area) < 0.35);
    }
  }
}

TEST_CASE("a picture of the tensor's size arrives unchanged") {
  const Picture picture = generated_picture(PixelFormat::kRgba8, 19, 13, 3);
  const Output output = convert(spec_of(19, 13), picture.view());
  for (std::size_t i = 0; i < 19 * 13; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      REQUIRE(output.tensor.as<float>()[c * 19 * 13 + i] == static_cast<float>(picture.pixels[4 * i + c]));
    }
  }
}

TEST_CASE("a flat picture stays flat and within 0..255") {
  for (const int level : {0, 1, 77, 254, 255}) {
    for (const std::uint32_t width : {5U, 97U, 640U, 1279U, 9001U}) {
      const std::vector<std::byte> pixels(std::size_t{width} * 41 * 3, static_cast<std::byte>(level));
      const auto view = make_image(PixelFormat::kRgb8, width, 41, pixels);
      REQUIRE(view);
      const Output output = convert(spec_of(17, 23), *view);
      for (float value : output.tensor.as<float>()) {
        REQUIRE(std::abs(value - static_cast<float>(level)) <= 0.05F);
        REQUIRE(value <= 255.0F);
      }
    }
  }
}

TEST_CASE("a stride's gap is not read as pixels") {
  const Picture tight = generated_picture(PixelFormat::kBgra8, 21, 11, 5);
  std::vector<std::byte> padded(std::size_t{100} * 11, std::byte{0xee});
  for (std::size_t y = 0; y < 11; ++y)
    std::copy_n(tight.pixels.begin() + static_cast<std::ptrdiff_t>(y * 84), 84,
                padded.begin() + static_cast<std::ptrdiff_t>(y * 100));
  const auto view = make_image(PixelFormat::kBgra8, 21, 11, padded, 100);
  REQUIRE(view);
  const Output a = convert(spec_of(8, 8), tight.view());
  const Output b = convert(spec_of(8, 8), *view);
  CHECK(std::ranges::equal(a.tensor.view().bytes, b.tensor.view().bytes));
}

TEST_CASE("a letterboxed picture keeps its aspect at the top left, with fill around it") {
  const std::vector<std::byte> pixels(200 * 100, std::byte{200});
  const auto wide = make_image(PixelFormat::kGray8, 200, 100, pixels);
  ImageSpec spec = spec_of(64, 64, Fit::kLetterbox);
  spec.fill = 10;
  spec.mean = {10, 20, 30};
  spec.scale = {2, 2, 2};
  const Output output = convert(spec, *wide);
  CHECK(output.placement.scale_x == doctest::Approx(0.32));
  CHECK(output.placement.scale_y == doctest::Approx(0.32));
  const auto values = output.tensor.as<float>();
  CHECK(values[0] == doctest::Approx(380));
  CHECK(values[31 * 64 + 63] == doctest::Approx(380));
  CHECK(values[32 * 64] == doctest::Approx(0));
  CHECK(values[2 * 64 * 64 + 63 * 64 + 63] == doctest::Approx(-40));

  const auto tall = make_image(PixelFormat::kGray8, 100, 200, pixels);
  const Output upright = convert(spec, *tall);
  CHECK(upright.tensor.as<float>()[31] == doctest::Approx(380));
  CHECK(upright.tensor.as<float>()[32] == doctest::Approx(0));

  // However thin, a picture keeps at least one row.
  const auto thin = make_image(PixelFormat::kGray8, 10'000, 1, pixels);
  const Output line = convert(spec, *thin);
  CHECK(line.tensor.as<float>()[5] == doctest::Approx(380));
  CHECK(line.tensor.as<float>()[64 + 5] == doctest::Approx(0));
}

TEST_CASE("channels come in the order asked for, and gray weighs them by BT.601") {
  std::vector<std::byte> pixels;
  for (int i = 0; i < 16; ++i) pixels.insert(pixels.end(), {std::byte{200}, std::byte{100}, std::byte{50}});
  const auto view = make_image(PixelFormat::kRgb8, 4, 4, pixels);
  const auto first_of = [&](Channels channels, std::size_t channel) {
    return convert(spec_of(2, 2, Fit::kStretch, channels), *view).tensor.as<float>()[channel * 4];
  };
  CHECK(first_of(Channels::kRgb, 0) == 200);
  CHECK(first_of(Channels::kRgb, 2) == 50);
  CHECK(first_of(Channels::kBgr, 0) == 50);
  CHECK(first_of(Channels::kBgr, 2) == 200);
  CHECK(first_of(Channels::kGray, 0) == doctest::Approx(0.299 * 200 + 0.587 * 100 + 0.114 * 50).epsilon(0.0001));
}

TEST_CASE("limited-range video white, black and primaries map to full range") {
  struct Colour {
    int y, u, v;
    std::array<float, 3> rgb;
  };
  for (const Colour& colour : {Colour{235, 128, 128, {255, 255, 255}}, Colour{16, 128, 128, {0, 0, 0}},
                               Colour{81, 90, 240, {254, 0, 0}}, Colour{41, 240, 110, {0, 0, 255}}}) {
    std::vector<std::byte> pixels(16, static_cast<std::byte>(colour.y));
    pixels.insert(pixels.end(), 4, static_cast<std::byte>(colour.u));
    pixels.insert(pixels.end(), 4, static_cast<std::byte>(colour.v));
    const auto view = make_image(PixelFormat::kI420, 4, 4, pixels);
    const Output output = convert(spec_of(4, 4), *view);
    for (std::size_t c = 0; c < 3; ++c) CHECK(std::abs(output.tensor.as<float>()[c * 16] - colour.rgb[c]) < 1.5F);
  }
}

TEST_CASE("video's colours are those of its matrix and range") {
  struct Matrix {
    YuvColours colours;
    double red, blue;  // shares of the luma
    bool full_range;
  };
  for (const Matrix& matrix :
       {Matrix{YuvColours::kBt601Limited, 0.299, 0.114, false}, Matrix{YuvColours::kBt601Full, 0.299, 0.114, true},
        Matrix{YuvColours::kBt709Limited, 0.2126, 0.0722, false},
        Matrix{YuvColours::kBt709Full, 0.2126, 0.0722, true}}) {
    CAPTURE(static_cast<int>(matrix.colours));
    for (const std::array<double, 3>& rgb : {std::array<double, 3>{255, 255, 255},
                                             {0, 0, 0},
                                             {200, 30, 60},
                                             {20, 180, 90},
                                             {40, 70, 230},
                                             {128, 128, 128}}) {
      // The definition, the other way round.
      const double y = matrix.red * rgb[0] + (1 - matrix.red - matrix.blue) * rgb[1] + matrix.blue * rgb[2];
      const double u = (rgb[2] - y) / (2 * (1 - matrix.blue));
      const double v = (rgb[0] - y) / (2 * (1 - matrix.red));
      const double chroma = matrix.full_range ? 1 : 224.0 / 255;
      const auto byte = [](double value) { return static_cast<std::byte>(std::lround(value)); };
      std::vector<std::byte> pixels(16, byte(matrix.full_range ? y : 16 + y * 219 / 255));
      pixels.insert(pixels.end(), 4, byte(128 + u * chroma));
      pixels.insert(pixels.end(), 4, byte(128 + v * chroma));
      auto view = make_image(PixelFormat::kI420, 4, 4, pixels);
      REQUIRE(view);
      view->yuv = matrix.colours;
      const Output output = convert(spec_of(4, 4), *view);
      for (std::size_t c = 0; c < 3; ++c) CHECK(std::abs(output.tensor.as<float>()[c * 16] - rgb[c]) < 2.5);
      const Output gray = convert(spec_of(4, 4, Fit::kStretch, Channels::kGray), *view);
      CHECK(std::abs(gray.tensor.as<float>()[0] - y) < 1.5);
    }
  }
}

TEST_CASE("a converter reused for other sizes and formats gives what a fresh one gives") {
  auto converter = ImageToTensor::create(spec_of(24, 20, Fit::kLetterbox));
  REQUIRE(converter);
  auto tensor = Tensor::create(DataType::kFloat32, converter->tensor_shape());
  REQUIRE(tensor);
  for (const PixelFormat format : kFormats) {
    for (const std::uint32_t width : {64U, 9U, 65U}) {
      const Picture picture = generated_picture(format, width, 30, width);
      REQUIRE(converter->run(picture.view(), tensor->mutable_view()));
      const Output fresh = convert(spec_of(24, 20, Fit::kLetterbox), picture.view());
      CHECK(std::ranges::equal(tensor->view().bytes, fresh.tensor.view().bytes));
    }
  }
}

TEST_CASE("unusable specs, tensors and pictures are refused") {
  CHECK_FALSE(ImageToTensor::create(spec_of(0, 8)));
  CHECK_FALSE(ImageToTensor::create(spec_of(8, kMaxImageSide + 1)));
  ImageSpec nan = spec_of(8, 8);
  nan.scale[1] = std::numeric_limits<float>::quiet_NaN();
  CHECK_FALSE(ImageToTensor::create(nan));

  auto converter = ImageToTensor::create(spec_of(8, 8));
  REQUIRE(converter);
  const Picture picture = generated_picture(PixelFormat::kRgb8, 16, 16, 1);
  auto wrong_type = Tensor::create(DataType::kUint8, {1, 3, 8, 8});
  auto wrong_shape = Tensor::create(DataType::kFloat32, {1, 8, 8, 3});
  auto right = Tensor::create(DataType::kFloat32, {1, 3, 8, 8});
  CHECK(converter->run(picture.view(), wrong_type->mutable_view()).error().code == ErrorCode::kTypeMismatch);
  CHECK(converter->run(picture.view(), wrong_shape->mutable_view()).error().code == ErrorCode::kShapeMismatch);
  CHECK(converter->run(ImageView{}, right->mutable_view()).error().code == ErrorCode::kInvalidImage);
  ImageView unknown = picture.view();
  unknown.format = static_cast<PixelFormat>(42);
  CHECK(converter->run(unknown, right->mutable_view()).error().code == ErrorCode::kInvalidImage);
  ImageView colourless = picture.view();
  colourless.yuv = static_cast<YuvColours>(4);
  CHECK(converter->run(colourless, right->mutable_view()).error().code == ErrorCode::kInvalidImage);
}

// The same numbers natively and in WebAssembly: a filter must decide alike wherever it runs.
TEST_CASE("the tensors' bits are the golden ones on every machine") {
  struct Golden {
    PixelFormat format;
    std::uint32_t width, height;
    Channels channels;
    Fit fit;
    std::uint64_t expected;
  };
  const std::array golden = {
      Golden{PixelFormat::kRgba8, 640, 360, Channels::kRgb, Fit::kStretch, 0xb600b687ba825b10ULL},
      Golden{PixelFormat::kRgb8, 1280, 720, Channels::kBgr, Fit::kLetterbox, 0x593d8e875152bdb8ULL},
      Golden{PixelFormat::kBgr8, 101, 203, Channels::kGray, Fit::kLetterbox, 0xeffb6e6add3528e1ULL},
      Golden{PixelFormat::kBgra8, 40, 30, Channels::kRgb, Fit::kStretch, 0x34f8c0218ea3c9e4ULL},
      Golden{PixelFormat::kGray8, 97, 95, Channels::kRgb, Fit::kStretch, 0x66c2d3248b336bcaULL},
      Golden{PixelFormat::kI420, 641, 479, Channels::kRgb, Fit::kLetterbox, 0x1556ccb037e78a7dULL},
      Golden{PixelFormat::kNv12, 50, 1000, Channels::kRgb, Fit::kStretch, 0xeebdf0d05417c57aULL},
      Golden{PixelFormat::kI420, 352, 288, Channels::kGray, Fit::kStretch, 0x445961bce0027688ULL},
  };
  for (const Golden& g : golden) {
    ImageSpec spec = spec_of(96, 96, g.fit, g.channels);
    spec.mean = {123.675F, 116.28F, 103.53F};
    spec.scale = {0.01712475F, 0.0175070F, 0.01742919F};
    spec.fill = 114;
    const Picture picture = generated_picture(g.format, g.width, g.height, g.width * 31 + g.height);
    const Output output = convert(spec, picture.view());
    CAPTURE(static_cast<int>(g.format));
    CHECK(checksum(output.tensor.view().bytes) == g.expected);
  }
}
