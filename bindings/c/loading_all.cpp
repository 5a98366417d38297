#include <memory>

#include "bindings/c/loading.hpp"
#include "core/pipeline/exit_route.hpp"
#include "core/questions/table.hpp"

namespace sluice::c {

run::Loading loading() { return run::full_loading(); }
std::span<const pipeline::QuestionRow> question_rows() { return questions::all_questions(); }
std::span<const pipeline::ManifestSection> further_sections() { return pipeline::further_sections(); }
pipeline::Client::MakeRoute staged_route(const pipeline::Manifest& manifest, const pipeline::ClientOptions& options) {
  if (!manifest.exits) return {};
  return [&spec = *manifest.exits, mean_cost = options.exits_mean_cost](pipeline::RouteHost& host,
                                                                        pipeline::RemoteRoute*) {
    return std::make_unique<pipeline::ExitRoute>(host, spec, mean_cost);
  };
}

}  // namespace sluice::c
