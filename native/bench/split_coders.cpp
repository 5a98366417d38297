// What features of a split network take in bytes, by coder: tables alone, tables chosen by expectation, LZW, and as many bits a
// symbol as there must be. Tables are learned from one part of the inputs and measured on the rest, in real payloads.
//   bench_split_coders                                  made-up features: smooth, of a scale that varies from place to place
//   bench_split_coders FILE CHANNELS WIDTH HEIGHT       those in a file: int8, input after input, channel after channel
// Ends with one line of flat JSON.
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "core/split/coding/lzw_features.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "core/split/coding/symbol_model_builder.hpp"

namespace {

using namespace sluice;
using namespace sluice::split;
using SteadyClock = std::chrono::steady_clock;
using Values = std::vector<std::int8_t>;

constexpr std::size_t kMadeUpInputs = 3000;
constexpr std::size_t kMostBytes = 1 << 20;  // a payload's; far more than any takes
constexpr std::size_t kLearnedOf = 5;        // four inputs of five are learned from, the fifth is measured

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

// Laplacian noise around a field that drifts from place to place, both of a scale that does so as well; the later a
// channel, the less there is in it.
Values made_up(const FeatureSamples& shape, std::size_t inputs) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> unit(1e-9, 1);
  const auto laplacian = [&] { return (unit(random) < 0.5 ? 1 : -1) * -std::log(unit(random)); };
  Values values;
  for (std::size_t input = 0; input < inputs; ++input) {
    const double contrast = 0.3 + 1.4 * unit(random);
    for (std::uint32_t channel = 0; channel < shape.channels; ++channel) {
      const double scale = contrast * 4 * std::pow(0.87, channel);
      std::vector<double> above(shape.width, 0.0);
      for (std::uint32_t y = 0; y < shape.height; ++y) {
        double left = 0;
        for (std::uint32_t x = 0; x < shape.width; ++x) {
          left = above[x] = 0.45 * (left + above[x]) + scale * 0.5 * laplacian();
          values.push_back(static_cast<std::int8_t>(std::lround(std::min(31.0, std::max(-31.0, left)))));
        }
      }
    }
  }
  return values;
}

Values read_values(const char* file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) give_up(std::string(file) + " cannot be read");
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return {bytes.begin(), bytes.end()};
}

using Encode = EncodedFeatures (*)(const SymbolModel&, const std::int8_t*, std::size_t, std::size_t,
                                   std::span<std::uint8_t>, std::uint16_t, std::uint32_t*);

struct Cost {
  double bytes = 0;  // mean of a payload
  double microseconds = 0;
};

Cost measure(Encode encode, const SymbolModel& model, const FeatureSamples& samples) {
  std::vector<std::uint8_t> out(kMostBytes);
  std::size_t bytes = 0;
  const auto began = SteadyClock::now();
  for (std::size_t input = 0; input < samples.count(); ++input) {
    const auto encoded = encode(model, samples.values.data() + input * samples.features(), 1, model.positions(), out,
                                model.channels, nullptr);
    if (encoded.channels != model.channels) give_up("a payload of more than a megabyte");
    bytes += encoded.bytes;
  }
  const double took = std::chrono::duration<double, std::micro>(SteadyClock::now() - began).count();
  const auto count = static_cast<double>(samples.count());
  return {static_cast<double>(bytes) / count, took / count};
}

}  // namespace

int main(int argc, char** argv) {
  FeatureSamples shape{24, 8, 8, {}};
  if (argc == 5) {
    const auto size = [&](int i) { return static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10)); };
    shape = {size(2), size(3), size(4), {}};
  } else if (argc != 1) {
    give_up("usage: bench_split_coders [FILE CHANNELS WIDTH HEIGHT]");
  }
  const Values all = argc == 5 ? read_values(argv[1]) : made_up(shape, kMadeUpInputs);
  Values learned;
  Values measured;
  if (shape.features() == 0 || all.size() < kLearnedOf * shape.features()) give_up("too few features");
  for (std::size_t input = 0; input < all.size() / shape.features(); ++input) {
    Values& part = input % kLearnedOf == kLearnedOf - 1 ? measured : learned;
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(input * shape.features());
    part.insert(part.end(), first, first + static_cast<std::ptrdiff_t>(shape.features()));
  }
  FeatureSamples to_learn = shape;
  to_learn.values = learned;
  FeatureSamples to_measure = shape;
  to_measure.values = measured;

  std::string json;
  const auto report = [&](const std::string& name, const Cost& cost, std::size_t section) {
    std::printf("%-36s %8.2f bytes  %7.1f us  section %5zu bytes\n", name.c_str(), cost.bytes, cost.microseconds,
                section);
    json += (json.empty() ? "{\"" : ", \"") + name + "\": " + std::to_string(cost.bytes);
  };
  SymbolModel model;
  std::vector<std::uint8_t> section;  // that `model` is a view of
  const auto learn = [&](const SymbolModelOptions& options) {
    auto built = build_symbol_model(to_learn, options);
    if (!built) give_up(built.error().message);
    section = std::move(*built);
    if (read_symbol_model(section, model) != ModelStatus::kOk) give_up("the section is not one");
  };
  learn({.classes = 1, .tables = 256});
  const double bits = std::bit_width(model.symbols - 1U) * static_cast<double>(model.features());
  report("bits of a symbol", {bits / 8, 0}, 0);
  report("LZW", measure(encode_features_lzw, model, to_measure), 0);
  report("a table a channel", measure(encode_features, model, to_measure), section.size());
  for (const std::uint32_t earlier : {0U, 4U, 32U}) {
    for (const std::uint32_t classes : {8U, 16U, 32U}) {
      for (const std::uint32_t tables : {16U, 32U, 64U}) {
        learn({.classes = classes, .earlier_channels = earlier, .tables = tables});
        report(std::to_string(classes) + " classes, " + std::to_string(earlier) + " earlier, " +
                   std::to_string(tables) + " tables",
               measure(encode_features, model, to_measure), section.size());
      }
    }
  }
  std::printf("%s}\n", json.c_str());
  return 0;
}
