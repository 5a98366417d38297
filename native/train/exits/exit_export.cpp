#include "native/train/exits/exit_export.hpp"

namespace sluice::train::exits {

std::string exit_name(std::size_t exit) { return "exit_" + std::to_string(exit); }

std::string export_exits(const ExitNetworkImpl& network, std::span<const std::size_t> branches, std::int64_t classes,
                         WeightForm form) {
  torch::NoGradGuard no_gradient;
  OnnxExport graph("exits", 13, form);
  for (std::size_t exit = 0; exit < branches.size(); ++exit) {
    const Place& place = network.places()[network.place_of(branches[exit])];
    graph.input(place.tensor, {-1, place.channels, place.side, place.side});
    network.branch(branches[exit]).write(graph, place.tensor, exit_name(exit));
    graph.output(exit_name(exit), {-1, classes});
  }
  return graph.finish();
}

}  // namespace sluice::train::exits
