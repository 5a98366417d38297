#include <memory>

#include "bindings/c/loading.hpp"
#include "bindings/c/records.hpp"
#include "core/adapt/placement/jpeg_quantiser.hpp"
#include "core/pipeline/deciders.hpp"
#include "core/pipeline/exit_route.hpp"
#include "core/pipeline/exit_split_route.hpp"
#include "core/pipeline/placing_check.hpp"
#include "core/pipeline/stand_in_route.hpp"
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

Result<void> read_placing(const sluice_client_options& record, pipeline::ClientOptions& options) {
  const auto place_forms = read_choice(record.place_forms, "place_forms");
  if (!place_forms) return fail(place_forms.error());
  const auto duplicate = read_choice(record.duplicate, "duplicate");
  if (!duplicate) return fail(duplicate.error());
  const auto& [data, length] = record.stand_in;
  const auto stand_in = read_text(static_cast<const char*>(data), length, "options.stand_in");
  if (!stand_in) return fail(stand_in.error());
  const auto choose = read_choice(record.choose, "choose");
  if (!choose) return fail(choose.error());
  const auto live_promise = read_choice(record.live_promise, "live_promise");
  if (!live_promise) return fail(live_promise.error());
  options.choose = *choose;
  options.live_promise = *live_promise;
  if (record.audit_seed != 0) options.promise.audits.seed = record.audit_seed;
  if (record.kept_in_time != 0) options.kept_in_time = record.kept_in_time;
  const adapt::CostWeights weights{record.weigh_device_ms, record.weigh_kilobyte, record.weigh_server_ms};
  const bool none = weights.per_device_cost == 0 && weights.per_kilobyte == 0 && weights.per_server_ms == 0;
  if (!none) options.weights = weights;
  options.place_forms = *place_forms;
  options.duplicate = *duplicate;
  options.stand_in = *stand_in;
  return {};
}

Result<pipeline::Client::MakeRoute> stand_in_route(const pipeline::Manifest& manifest,
                                                   const pipeline::ClientOptions& options) {
  if (auto meant = pipeline::check_placing(manifest, options); !meant) return fail(meant.error());
  const auto* variant = pipeline::stand_in_of(manifest, options);
  if (variant == nullptr) return pipeline::Client::MakeRoute();
  return pipeline::Client::MakeRoute([variant](auto& host, auto*) {
    return std::make_unique<pipeline::StandInRoute>(host, variant->name, variant->part);
  });
}

Result<void> place_inputs(pipeline::Client& client, const pipeline::Manifest& manifest,
                          const pipeline::ClientOptions& options) {
  return pipeline::add_deciders(client, manifest, options);
}

pipeline::OwnForm own_form(Bytes jpeg) {
  if (jpeg.empty()) return {};
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(jpeg.data());
  const auto quantiser = adapt::jpeg_quantiser({bytes, jpeg.size()});
  return {wire::Encoding::kJpeg, jpeg.size(), static_cast<float>(quantiser.value_or(0))};
}

}  // namespace sluice::c
