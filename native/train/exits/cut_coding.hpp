// How the tensor at a cut is coded: what its symbols stand for, by Lloyd's algorithm on the values of training pictures, and the tables they
// are coded with (core/split/coding). Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/tensor/shape.hpp"

namespace sluice::train::exits {

// Numbers that few values are to stand for. Immutable.
class SortedSamples {
 public:
  explicit SortedSamples(std::span<const float> samples);  // copies them; there is one at least

  // At most so many values, growing, that the samples are nearest to on the whole (least squares); fewer where they take fewer.
  std::vector<float> lloyd_values(std::size_t count) const;

 private:
  std::vector<float> sorted_;
  std::vector<double> sums_;  // of the samples before each
};

// Of values that grow, the one that a number becomes.
float nearest(std::span<const float> values, float number);

struct CutCoding {
  std::vector<float> values;  // as pipeline::ExitCutSpec's
  std::string section;
};

// Of tensors [1, channels, height, width], one behind the other. kInvalidArgument where they take fewer than two values, or are larger than can
// be coded.
Result<CutCoding> learn_cut_coding(std::span<const float> tensors, const Shape& shape, std::vector<float> values);

}  // namespace sluice::train::exits
