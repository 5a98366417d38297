#include "native/train/exits/exit_export.hpp"

namespace sluice::train::exits {

std::string exit_name(std::size_t exit) { return "exit_" + std::to_string(exit); }

std::string export_exits(const ExitNetworkImpl& network, std::span<const std::size_t> branches, std::int64_t classes,
                         WeightForm form) {
  torch::NoGradGuard no_gradient;
  OnnxExport graph("exits", 13, form);
  const auto place_of = [&](std::size_t branch) -> const Place& { return network.places()[network.place_of(branch)]; };
  for (const std::size_t branch : branches) {  // all before the first node, whose name might be one of theirs
    const Place& place = place_of(branch);
    graph.input(place.tensor, {-1, place.channels, place.side, place.side});
  }
  for (std::size_t exit = 0; exit < branches.size(); ++exit) {
    network.branch(branches[exit]).write(graph, place_of(branches[exit]).tensor, exit_name(exit));
    graph.output(exit_name(exit), {-1, classes});
  }
  return graph.finish();
}

}  // namespace sluice::train::exits
