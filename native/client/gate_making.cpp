// What a gate is made of: what depends on the bundle, for each of its versions anew, and the connection, once.
#include <algorithm>
#include <cmath>

#include "core/pipeline/deciders.hpp"
#include "core/pipeline/exit_cut.hpp"
#include "core/pipeline/exit_program.hpp"
#include "core/pipeline/exit_split_route.hpp"
#include "core/pipeline/full_model.hpp"
#include "core/pipeline/placing_check.hpp"
#include "core/pipeline/reason.hpp"
#include "core/pipeline/split_check.hpp"
#include "core/pipeline/split_route.hpp"
#include "core/pipeline/stand_in_route.hpp"
#include "native/client/gate_impl.hpp"
#include "native/client/server_address.hpp"

namespace sluice::client {
namespace {

using pipeline::ModelPlace;
using pipeline::stand_in_of;

constexpr std::string_view kProgram = "sluice-native/" SLUICE_VERSION;

bool runs_locally(ModelPlace place) { return place != ModelPlace::kRemote; }
bool runs_remotely(ModelPlace place) { return place != ModelPlace::kLocal; }

// The parts that this client reads itself: those of the questions, and the full model where it, or its first stages, may run here.
std::vector<std::string> needed_parts(const pipeline::Manifest& manifest, const GateOptions& options) {
  std::vector<std::string> parts;
  const auto add = [&](const std::string& part) {
    if (std::ranges::find(parts, part) == parts.end()) parts.push_back(part);
  };
  if (options.ask_filter) parts = pipeline::question_parts(manifest);
  const bool cut = runs_to_cut(manifest, options);
  if (cut || runs_locally(options.pipeline.place)) add(manifest.model.part);
  if (cut || runs_exits(manifest, options)) add(manifest.exits->part);
  if (cut) add(manifest.exits->cut->coding);
  if (runs_device_half(manifest, options)) add(manifest.split->device);
  if (const auto* variant = stand_in_of(manifest, options.pipeline)) add(variant->part);
  return parts;
}

}  // namespace

bool runs_device_half(const pipeline::Manifest& manifest, const GateOptions& options) {
  return manifest.split && options.split && runs_remotely(options.pipeline.place);
}

bool runs_exits(const pipeline::Manifest& manifest, const GateOptions& options) {
  return manifest.exits && options.exits && runs_locally(options.pipeline.place);
}

bool runs_to_cut(const pipeline::Manifest& manifest, const GateOptions& options) {
  return manifest.exits && manifest.exits->cut && options.exits && options.split &&
         runs_remotely(options.pipeline.place);
}

Result<std::unique_ptr<Gate::Impl>> Gate::Impl::create(const std::string& bundle, GateOptions options) {
  if (options.accuracy_target && !(*options.accuracy_target > 0 && *options.accuracy_target <= 1)) {
    return fail(ErrorCode::kInvalidArgument, "an accuracy target of " + std::to_string(*options.accuracy_target) +
                                                 "; it must be above 0 and at most 1");
  }
  BundleSource source(bundle, {options.server, options.token, options.ca_file.string()});
  std::unique_ptr<Impl> impl(new Impl(std::move(source), std::move(options)));
  impl->alarm_ = std::make_unique<Alarm>([gate = impl.get()] { gate->tell(TimeCame{}); });
  auto version = impl->make_version({});
  if (!version) return fail(version.error());
  impl->version_ = std::move(*version);
  if (impl->accuracy_target_) impl->version_.pipeline->set_accuracy_target(*impl->accuracy_target_);
  if (impl->options_.decisions != nullptr) impl->version_.pipeline->record_to(impl->options_.decisions);
  if (!impl->options_.promise_state.empty()) {
    auto restored = impl->version_.pipeline->restore_promise(as_bytes(impl->options_.promise_state));
    if (!restored) return fail(restored.error());
  }
  if (auto made = impl->make_transport(); !made) return fail(made.error());
  return impl;
}

Gate::Impl::Impl(BundleSource source, GateOptions options)
    : source_(std::move(source)), options_(std::move(options)), accuracy_target_(options_.accuracy_target) {}

Result<Gate::Impl::Version> Gate::Impl::make_version(std::stop_token stop) {
  auto bundle =
      source_.read([this](const auto& manifest) { return needed_parts(manifest, options_); }, std::move(stop));
  if (!bundle) return fail(bundle.error());
  Version version;
  version.bundle = std::move(*bundle);
  if (auto made = make_pipeline(version); !made) return fail(made.error());
  if (auto made = make_workers(version); !made) return fail(made.error());
  return version;
}

Result<void> Gate::Impl::make_pipeline(Version& version) {
  const pipeline::Manifest& manifest = version.bundle.manifest;
  std::vector<std::unique_ptr<pipeline::Question>> questions;
  if (options_.ask_filter) {
    auto made = pipeline::make_questions(manifest, version.bundle.part_bytes(), run::full_loading());
    if (!made) return fail(made.error());
    questions = std::move(*made);
  }
  pipeline::ClientOptions options = options_.pipeline;
  if (!(options.exits_mean_cost >= 0 && options.exits_mean_cost <= 1)) {
    return fail(ErrorCode::kInvalidArgument, {"exits_mean_cost is ", pipeline::decimal(options.exits_mean_cost),
                                              "; it is a share of the model's cost, above 0 to 1, or 0 for none"});
  }
  if (!(options.least_agreement >= 0 && options.least_agreement <= 1)) {
    return fail(ErrorCode::kInvalidArgument, {"least_agreement is ", pipeline::decimal(options.least_agreement),
                                              "; it is a share of inputs, above 0 to 1, or 0 for the model alone"});
  }
  if (options.client_name == pipeline::ClientOptions{}.client_name) options.client_name = kProgram;
  if (auto meant = pipeline::check_placing(manifest, options); !meant) return meant;
  std::vector<pipeline::Client::MakeRoute> routes;
  if (const auto* variant = stand_in_of(manifest, options)) {
    routes.push_back([variant](auto& host, auto*) {
      return std::make_unique<pipeline::StandInRoute>(host, variant->name, variant->part);
    });
  }
  if (runs_device_half(manifest, options_)) {
    auto half = split::DeviceHalf::create(version.bundle.part(manifest.split->device), manifest.model.input);
    if (!half) return fail(half.error().code, {"part '", manifest.split->device, "': ", half.error().message});
    if (auto fits = pipeline::check_split(manifest, (*half)->unit()); !fits) return fail(fits.error());
    routes.push_back([&manifest, shares = split::guess_shares((*half)->unit()),
                      stale = std::chrono::milliseconds(options.stale_answer_ms)](auto& host, auto* remote) {
      return std::make_unique<pipeline::SplitRoute>(host, remote, *manifest.split, shares, stale);
    });
    version.device = std::make_unique<Worker>(
        [this, held = std::shared_ptr(std::move(*half))](const pipeline::RunWanted& wanted,
                                                         const input::InputView& input) { run(*held, wanted, input); });
  }
  const auto stages = std::make_shared<pipeline::StagesInUse>();
  if (runs_to_cut(manifest, options_)) {
    routes.push_back([&manifest, stages](auto& host, auto* remote) {
      return std::make_unique<pipeline::ExitSplitRoute>(host, remote, *manifest.exits, stages);
    });
  }
  pipeline::Client::MakeRoute local;
  if (runs_exits(manifest, options_)) {
    local = [&manifest, stages, mean_cost = options.exits_mean_cost](auto& host, auto*) {
      return std::make_unique<pipeline::ExitRoute>(host, *manifest.exits, mean_cost, stages);
    };
  }
  version.pipeline =
      std::make_unique<pipeline::Client>(manifest, std::move(questions), options, &clock_, routes, local);
  return pipeline::add_deciders(*version.pipeline, manifest, options);
}

Result<void> Gate::Impl::make_workers(Version& version) {
  if (auto made = make_model(version); !made) return made;
  if (auto made = make_stand_in(version); !made) return made;
  auto encoder = InputEncoder::create(options_.jpeg_quality);
  if (!encoder) return fail(encoder.error());
  if (!runs_remotely(options_.pipeline.place)) return {};
  version.encoder = std::make_unique<Worker>(
      [this, held = std::make_shared<InputEncoder>(std::move(*encoder))](
          const pipeline::RunWanted& wanted, const input::InputView& input) { encode(*held, wanted, input); });
  return {};
}

// The model on this device, whole or by stages, all of them or those up to a cut.
Result<void> Gate::Impl::make_model(Version& version) {
  const pipeline::Manifest& manifest = version.bundle.manifest;
  const bool whole = runs_locally(options_.pipeline.place);
  const bool cut = runs_to_cut(manifest, options_);
  if (!whole && !cut) return {};
  const Bytes model = version.bundle.part(manifest.model.part);
  if (cut || runs_exits(manifest, options_)) {
    const Bytes branches = version.bundle.part(manifest.exits->part);
    auto staged =
        cut ? pipeline::load_cut_exits(manifest, model, branches, version.bundle.part(manifest.exits->cut->coding),
                                       whole, run::full_loading())
            : pipeline::load_exits(manifest, model, branches, run::full_loading());
    if (!staged) return fail(staged.error());
    version.model_multiply_adds = staged->model_multiply_adds();
    version.model = std::make_unique<Worker>(
        [this, held = std::make_shared<exits::StagedProgram>(std::move(*staged))](
            const pipeline::RunWanted& wanted, const input::InputView& input) { run_stage(*held, wanted, input); });
    return {};
  }
  auto program = pipeline::load_full_model(manifest, model, run::full_loading());
  if (!program) return fail(program.error());
  version.model = std::make_unique<Worker>(
      [this, held = std::make_shared<run::Program>(std::move(*program))](
          const pipeline::RunWanted& wanted, const input::InputView& input) { run(*held, wanted, input); });
  return {};
}

Result<void> Gate::Impl::make_stand_in(Version& version) {
  const pipeline::Manifest& manifest = version.bundle.manifest;
  const auto* variant = stand_in_of(manifest, options_.pipeline);
  if (variant == nullptr) return {};
  auto program = pipeline::load_full_model(manifest, version.bundle.part(variant->part), run::full_loading());
  if (!program) return fail(program.error().code, {"variant '", variant->name, "': ", program.error().message});
  version.stand_in_part = variant->part;
  version.stand_in = std::make_unique<Worker>(
      [this, held = std::make_shared<run::Program>(std::move(*program))](
          const pipeline::RunWanted& wanted, const input::InputView& input) { run(*held, wanted, input); });
  return {};
}

Result<void> Gate::Impl::make_transport() {
  if (!runs_remotely(options_.pipeline.place)) return {};
  auto url = stream_url(options_.server);
  if (!url) return fail(url.error());
  TransportOptions transport;
  transport.url = std::move(*url);
  transport.subprotocol = wire::kSubprotocol;
  transport.user_agent = kProgram;
  transport.token = options_.token;
  transport.ca_file = options_.ca_file.string();
  transport.max_message_bytes = options_.pipeline.max_message_bytes;
  transport.connect_timeout_ms = options_.pipeline.handshake_timeout_ms;
  TransportCallbacks callbacks;
  callbacks.opened = [this] { tell(Opened{}); };
  callbacks.received = [this](std::string message) { tell(Received{std::move(message)}); };
  callbacks.sent = [this](std::size_t bytes) { tell(Sent{bytes}); };
  callbacks.closed = [this](ErrorCode code, const std::string& why) { tell(Closed{Error{code, why}}); };
  std::string error;
  transport_ = make_websocket_transport(transport, std::move(callbacks), error);
  if (transport_ == nullptr) return fail(ErrorCode::kInvalidArgument, error);
  return {};
}

}  // namespace sluice::client
