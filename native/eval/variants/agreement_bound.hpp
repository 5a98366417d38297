// What share of inputs a variant answers as the model does, and what may be promised of it. Inputs of one block (a video) are near copies, so
// that the block is what is drawn: its share counts as one draw, and blocks of one picture are pictures. Pure functions.
#pragma once

#include <cstdint>
#include <span>

namespace sluice::eval {

struct BlockAgreement {
  std::uint32_t inputs = 0;
  std::uint32_t agreed = 0;
};

// The mean of the blocks' shares; 0 where there are no blocks.
double agreement_share(std::span<const BlockAgreement> blocks);

// The agreement is at least, or at most, so much, each with this confidence, in (0, 1): Clopper and Pearson's bound where all blocks are
// one input, else that of Hoeffding and Bentkus (core/filter/calibration.hpp).
double least_agreement(std::span<const BlockAgreement> blocks, double confidence);
double most_agreement(std::span<const BlockAgreement> blocks, double confidence);

}  // namespace sluice::eval
