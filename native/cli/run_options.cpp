#include "native/cli/run_options.hpp"

namespace sluice::cli {

client::GateOptions run_here(const RunOptions& options) {
  client::GateOptions gate;
  gate.split = options.split;
  gate.exits = options.exits;
  gate.pipeline.place = options.place;
  return gate;
}

}  // namespace sluice::cli
