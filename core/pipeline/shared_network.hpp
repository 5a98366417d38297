// A network of the gate that several questions read: InFi's SKIP and REUSE share a trunk, so that one pass gives the
// probability and the embedding. Runs once for each input. Owned by the questions that read it; one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/pipeline/question.hpp"
#include "core/run/network.hpp"

namespace sluice::pipeline {

class SharedNetwork {
 public:
  explicit SharedNetwork(run::Network network) : network_(std::move(network)) {}

  const run::Network& network() const { return network_; }

  // The output at `index` for this input; valid until the network runs for another one.
  Result<TensorView> output(const AskContext& context, std::size_t index);

 private:
  run::Network network_;
  InputId ran_for_ = 0;  // 0: for none, or it failed
};

}  // namespace sluice::pipeline
