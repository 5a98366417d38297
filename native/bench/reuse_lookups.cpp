// What a lookup in the reuse cache takes, and what an entry takes of memory: embeddings of 64 values, k = 10, one thread, with
// the vote, 1,000 and 10,000 entries. The same source runs natively and, under Node.js, in WebAssembly. Two kinds of
// embeddings: evenly random ones, among which the search can rule out next to nothing early, and those of a stream, each a
// small step from the last. Many short rounds, of which the fastest tenth decides: other work on the machine slows a round
// down, nothing speeds one up. Ends with one line of flat JSON.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "core/output/detection.hpp"
#include "core/reuse/reuse_cache.hpp"

namespace {

using namespace sluice;
using namespace sluice::reuse;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kDimension = 64;
// Long enough for a JavaScript engine to have compiled the loop for good.
constexpr auto kWarmUp = std::chrono::milliseconds(1500);
constexpr auto kRound = std::chrono::milliseconds(2);
constexpr int kRounds = 400;

template <typename T>
T value_of(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", describe(result.error()).c_str());
    std::exit(1);
  }
  return std::move(*result);
}

class Embeddings {
 public:
  explicit Embeddings(float step) : step_(step), last_(kDimension, 0.5F) {}
  // Uniform in [0, 1) for a step of 0; else the last one moved by at most `step` in each value, kept within [0, 1].
  const std::vector<float>& next() {
    for (float& value : last_) {
      value = step_ == 0 ? unit_(random_) : std::clamp(value + step_ * (2 * unit_(random_) - 1), 0.0F, 1.0F);
    }
    return last_;
  }

 private:
  std::mt19937 random_{20240601};
  std::uniform_real_distribution<float> unit_{0, 1};
  float step_;
  std::vector<float> last_;
};

SharedOutputs one_box() {
  output::Detection box;
  box.x1 = box.y1 = 100;
  box.score = 0.9F;
  Outputs outputs(1);
  outputs[0] = {std::string(output::kDetectionsName), value_of(output::to_tensor({box}))};
  return std::make_shared<const Outputs>(std::move(outputs));
}

// Everything that operator new holds at this moment.
std::size_t heap_bytes() {
#ifdef __EMSCRIPTEN__
  return mallinfo().uordblks;
#else
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

ReuseCache full_cache(std::size_t entries, Embeddings& embeddings) {
  CacheOptions options;
  options.bundle = {"bench", "1"};
  options.dimension = kDimension;
  options.max_entries = entries;
  options.max_bytes = std::size_t{32} << 20;
  const auto same_count = [](const Outputs& a, const Outputs& b) {
    return a[0].tensor.shape()[0] == b[0].tensor.shape()[0];
  };
  ReuseCache cache = value_of(ReuseCache::create(std::move(options), same_count));
  cache.set_max_distance(1e9F);  // everybody found has a vote, so that the vote is in the figure
  for (std::size_t i = 0; i < entries; ++i) {
    const auto kept =
        cache.insert({"bench", "1"}, embeddings.next(), one_box(), std::chrono::milliseconds(20), Instant{});
    if (!kept) {
      std::fprintf(stderr, "%s\n", describe(kept.error()).c_str());
      std::exit(1);
    }
  }
  return cache;
}

// Microseconds a lookup.
double lookup_us(std::size_t entries, float step) {
  Embeddings embeddings(step);
  ReuseCache cache = full_cache(entries, embeddings);
  std::vector<std::vector<float>> queries;
  for (int i = 0; i < 256; ++i) queries.push_back(embeddings.next());
  std::size_t hits = 0;
  std::size_t asked = 0;
  const auto round = [&] {
    const auto start = SteadyClock::now();
    std::size_t lookups = 0;
    while (SteadyClock::now() - start < kRound) {
      for (int i = 0; i < 8; ++i, ++lookups) {
        const auto found = cache.lookup(queries[asked++ % queries.size()], Instant{});
        hits += found && found->kind == LookupKind::kHit ? 1 : 0;
      }
    }
    const std::chrono::duration<double, std::micro> took = SteadyClock::now() - start;
    return took.count() / static_cast<double>(lookups);
  };
  const auto warm = SteadyClock::now() + kWarmUp;
  while (SteadyClock::now() < warm) round();
  std::vector<double> rounds;
  for (int i = 0; i < kRounds; ++i) rounds.push_back(round());
  if (hits != asked) {
    std::fprintf(stderr, "%zu of %zu lookups found nothing\n", asked - hits, asked);
    std::exit(1);
  }
  std::ranges::nth_element(rounds, rounds.begin() + kRounds / 10);
  return rounds[kRounds / 10];
}

// All that a full cache holds, by its entries.
double bytes_per_entry() {
  constexpr std::size_t kEntries = 10'000;
  Embeddings embeddings(0);
  const std::size_t before = heap_bytes();
  const ReuseCache cache = full_cache(kEntries, embeddings);
  const std::size_t held = heap_bytes() - before;
  std::printf("an entry: %.0f bytes of heap, counted as %.0f\n", static_cast<double>(held) / kEntries,
              static_cast<double>(cache.bytes()) / kEntries);
  return static_cast<double>(held) / kEntries;
}

}  // namespace

int main() {
  std::string json = "{";
  const auto report = [&](const char* key, const char* about, double value) {
    std::printf("%-34s %8.1f us\n", about, value);
    char text[64];
    std::snprintf(text, sizeof text, "\"%s\":%.2f,", key, value);
    json += text;
  };
  std::printf("fastest loop this machine runs: %s\n", std::string(block_variants().back().name).c_str());
  report("lookup_us_1k", "1,000 entries, random", lookup_us(1000, 0));
  report("lookup_us_10k", "10,000 entries, random", lookup_us(10'000, 0));
  report("stream_lookup_us_1k", "1,000 entries, stream", lookup_us(1000, 0.02F));
  report("stream_lookup_us_10k", "10,000 entries, stream", lookup_us(10'000, 0.02F));
  const double bytes = bytes_per_entry();
  std::printf("%s\"bytes_per_entry\":%.0f}\n", json.c_str(), bytes);
}
