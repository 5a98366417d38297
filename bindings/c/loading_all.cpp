#include <memory>

#include "bindings/c/loading.hpp"
#include "core/pipeline/exit_route.hpp"
#include "core/pipeline/exit_split_route.hpp"
#include "core/questions/table.hpp"

namespace sluice::c {

run::Loading loading() { return run::full_loading(); }
std::span<const pipeline::QuestionRow> question_rows() { return questions::all_questions(); }
std::span<const pipeline::ManifestSection> further_sections() { return pipeline::further_sections(); }

StageRoutes stage_routes(const pipeline::Manifest& manifest, const pipeline::ClientOptions& options, bool cut) {
  if (!manifest.exits) return {};
  const pipeline::ExitsSpec& spec = *manifest.exits;
  const auto stages = std::make_shared<pipeline::StagesInUse>();  // one input at a time, whichever way it takes
  StageRoutes routes;
  routes.local = [&spec, stages, mean_cost = options.exits_mean_cost](auto& host, auto*) {
    return std::make_unique<pipeline::ExitRoute>(host, spec, mean_cost, stages);
  };
  if (!cut || !spec.cut || options.place == pipeline::ModelPlace::kLocal) return routes;
  routes.cut = [&spec, stages](auto& host, auto* remote) {
    return std::make_unique<pipeline::ExitSplitRoute>(host, remote, spec, stages);
  };
  return routes;
}

}  // namespace sluice::c
