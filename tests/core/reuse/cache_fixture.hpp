// A small cache whose results are single numbers, which agree when they differ by less than 1.
#pragma once

#include <doctest/doctest.h>

#include <cmath>

#include "core/reuse/reuse_cache.hpp"

namespace sluice::test {

using namespace sluice::reuse;

inline const BundleVersion kBundle{"faces", "1.2.0"};

inline SharedOutputs result(float number, std::int64_t copies = 1) {
  Outputs outputs(1);
  outputs[0].name = "number";
  auto tensor = Tensor::create(DataType::kFloat32, {copies});
  REQUIRE(tensor);
  for (float& value : tensor->as<float>()) value = number;
  outputs[0].tensor = std::move(*tensor);
  return std::make_shared<const Outputs>(std::move(outputs));
}

inline float number_of(const Outputs& outputs) { return outputs.at(0).tensor.as<float>()[0]; }

inline bool close_numbers(const Outputs& a, const Outputs& b) { return std::abs(number_of(a) - number_of(b)) < 1; }

inline CacheOptions small_options() {
  CacheOptions options;
  options.bundle = kBundle;
  options.dimension = 2;
  options.max_entries = 4;
  options.max_bytes = 64 << 10;
  options.max_age = std::chrono::seconds(10);
  return options;
}

inline ReuseCache make_cache(const CacheOptions& options, float max_distance = 1) {
  auto cache = ReuseCache::create(options, close_numbers);
  REQUIRE(cache);
  cache->set_max_distance(max_distance);
  return std::move(*cache);
}

inline Instant at_ms(std::int64_t milliseconds) { return Instant{std::chrono::milliseconds(milliseconds)}; }

inline Result<void> keep(ReuseCache& cache, float x, float y, SharedOutputs outputs, std::int64_t ms = 0) {
  const float embedding[] = {x, y};
  return cache.insert(kBundle, embedding, std::move(outputs), std::chrono::milliseconds(20), at_ms(ms));
}

inline Lookup look(ReuseCache& cache, float x, float y, std::int64_t ms = 0) {
  const float embedding[] = {x, y};
  auto found = cache.lookup(embedding, at_ms(ms));
  REQUIRE(found);
  return *found;
}

}  // namespace sluice::test
