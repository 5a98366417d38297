// The parts of a bundle in two halves, ready to run one after the other on one thread.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/model/model.hpp"
#include "core/run/program.hpp"
#include "core/split/device_half.hpp"
#include "core/split/feature_decoder.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/split/labelled_pictures.hpp"

namespace sluice::eval {

class SplitRunner {
 public:
  // `bundle` outlives the runner.
  static Result<SplitRunner> create(const bundle::Bundle& bundle);
  // One for each of the machine's cores.
  static Result<std::vector<SplitRunner>> create_for_all_cores(const bundle::Bundle& bundle);

  std::size_t channels() const { return shares_.size() - 1; }

  // The class that the full model gives.
  Result<std::int64_t> full(std::span<const std::uint8_t> rgb, const LabelledPictures& like);

  struct Device {
    std::vector<float> guess;
    std::vector<std::uint8_t> payload;
    std::vector<std::int32_t> ends;  // of each channel in the payload
  };
  Result<Device> device(std::span<const std::uint8_t> rgb, const LabelledPictures& like);
  // What the remote half makes of so many bytes of the payload; no channel is whole in too few: then no logits.
  struct Remote {
    std::uint32_t channels = 0;  // that came
    std::vector<float> logits;
  };
  Result<Remote> remote(const Device& device, std::size_t bytes);
  // Of the guess in what both together give.
  float share(const Remote& remote) const { return shares_[remote.channels]; }
  // The class that both together give.
  std::int64_t combine(const Device& device, const Remote& remote) const;
  // The class that the combined answer gives when so many bytes of the payload come.
  Result<std::int64_t> combined(const Device& device, std::size_t bytes);

 private:
  SplitRunner(run::Program full, std::unique_ptr<split::DeviceHalf> half, model::Model remote,
              split::FeatureDecoder decoder, Tensor features);

  run::Program full_;
  std::unique_ptr<split::DeviceHalf> half_;
  model::Model remote_;
  split::FeatureDecoder decoder_;
  std::vector<float> shares_;
  std::vector<std::int8_t> symbols_;
  Tensor features_;
};

}  // namespace sluice::eval
