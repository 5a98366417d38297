#include "native/client/gate_impl.hpp"

#include <algorithm>

#include "core/filter/skip_filter.hpp"
#include "core/output/picture_model.hpp"
#include "core/pipeline/skip_question.hpp"
#include "native/client/server_address.hpp"

namespace sluice::client {
namespace {

using pipeline::ConnectionState;
using pipeline::ModelPlace;

constexpr std::size_t kSparePictures = 8;
constexpr std::string_view kProgram = "sluice-native/" SLUICE_VERSION;

bool runs_locally(ModelPlace place) { return place != ModelPlace::kRemote; }
bool runs_remotely(ModelPlace place) { return place != ModelPlace::kLocal; }

// The parts that this client reads itself: the filter, and the full model where it may run here.
std::vector<std::string> needed_parts(const pipeline::Manifest& manifest, const GateOptions& options) {
  std::vector<std::string> parts;
  if (options.ask_filter && manifest.skip) parts.push_back(manifest.skip->part);
  if (runs_locally(options.pipeline.place)) parts.push_back(manifest.model.part);
  return parts;
}

}  // namespace

Instant Gate::Impl::SteadyClock::now() {
  return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

Result<std::unique_ptr<Gate::Impl>> Gate::Impl::create(const std::filesystem::path& folder, GateOptions options) {
  auto manifest = bundle::read_manifest(folder);
  if (!manifest) return fail(manifest.error());
  auto bundle = bundle::read_bundle(folder, needed_parts(*manifest, options));
  if (!bundle) return fail(bundle.error());
  auto encoder = PictureEncoder::create(options.jpeg_quality);
  if (!encoder) return fail(encoder.error());
  if (options.accuracy_target && !(*options.accuracy_target > 0 && *options.accuracy_target <= 1)) {
    return fail(ErrorCode::kInvalidArgument, "an accuracy target of " + std::to_string(*options.accuracy_target) +
                                                 "; it must be above 0 and at most 1");
  }
  std::unique_ptr<Impl> impl(new Impl(std::move(*bundle), std::move(options), std::move(*encoder)));
  if (auto made = impl->make_pipeline(); !made) return fail(made.error());
  if (auto made = impl->make_local_runner(); !made) return fail(made.error());
  if (auto made = impl->make_transport(); !made) return fail(made.error());
  return impl;
}

Gate::Impl::Impl(bundle::Bundle bundle, GateOptions options, PictureEncoder encoder)
    : bundle_(std::move(bundle)), options_(std::move(options)), encoder_(std::move(encoder)) {}

Result<void> Gate::Impl::make_pipeline() {
  const pipeline::Manifest& manifest = bundle_.manifest;
  std::vector<std::unique_ptr<pipeline::Question>> questions;
  if (options_.ask_filter && manifest.skip) {
    model::LoadOptions load;
    load.operators = model::all_operators();
    auto filter = filter::SkipFilter::load(bundle_.part(manifest.skip->part), manifest.skip->input, load);
    if (!filter) return fail(filter.error().code, "part '" + manifest.skip->part + "': " + filter.error().message);
    questions.push_back(std::make_unique<pipeline::SkipQuestion>(std::move(*filter), *manifest.skip));
  }
  pipeline::ClientOptions options = options_.pipeline;
  if (options.client_name == pipeline::ClientOptions{}.client_name) options.client_name = kProgram;
  pipeline_ = std::make_unique<pipeline::Client>(manifest, std::move(questions), options, &clock_);
  if (options_.accuracy_target) pipeline_->set_accuracy_target(*options_.accuracy_target);
  return {};
}

Result<void> Gate::Impl::make_local_runner() {
  if (!runs_locally(options_.pipeline.place)) return {};
  const pipeline::ModelSpec& spec = bundle_.manifest.model;
  model::LoadOptions load;
  load.operators = model::all_operators();
  auto model = output::PictureModel::load(bundle_.part(spec.part), spec.input, spec.output, load);
  if (!model) return fail(model.error().code, "part '" + spec.part + "': " + model.error().message);
  local_ = std::make_unique<LocalRunner>(
      std::move(*model), [this](pipeline::FrameId frame, LocalRunner::Result result, Duration compute_time) {
        update([&](pipeline::Client& client, Instant now) {
          if (result) {
            client.submit_local(frame, std::move(*result), compute_time, now);
          } else {
            client.fail_local(frame, result.error(), now);
          }
        });
      });
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
  transport.max_message_bytes = options_.pipeline.max_message_bytes;
  transport.connect_timeout_ms = options_.pipeline.handshake_timeout_ms;
  TransportCallbacks callbacks;
  callbacks.opened = [this] { update([](pipeline::Client& client, Instant now) { client.connected(now); }); };
  callbacks.received = [this](std::string_view message) {
    update([&](pipeline::Client& client, Instant now) { client.receive(as_bytes(message), now); });
  };
  callbacks.closed = [this](ErrorCode code, const std::string& why) {
    update([&](pipeline::Client& client, Instant now) { client.disconnected(Error{code, why}, now); });
  };
  callbacks.woken = [this] {
    update([this](pipeline::Client& client, Instant now) {
      armed_ = kNever;
      client.tick(now);
    });
  };
  std::string error;
  transport_ = make_websocket_transport(transport, std::move(callbacks), error);
  if (transport_ == nullptr) return fail(ErrorCode::kInvalidArgument, error);
  return {};
}

void Gate::Impl::start() {
  update([](pipeline::Client& client, Instant now) { client.start(now); });
}

template <typename Change>
void Gate::Impl::update(Change change) {
  Deliveries deliveries;
  {
    const std::lock_guard lock(mutex_);
    change(*pipeline_, clock_.now());
    carry_out(deliveries);
  }
  deliver(deliveries);
}

Result<pipeline::FrameId> Gate::Impl::submit(const input::ImageView& frame, std::promise<Outcome>* promise) {
  if (auto sound = HeldPicture::check(frame); !sound) return fail(sound.error());
  Deliveries deliveries;
  Result<pipeline::FrameId> id = 0;
  {
    const std::lock_guard lock(mutex_);
    if (outcomes_.size() + pending_.size() >= options_.max_unread_outcomes) {
      return fail(ErrorCode::kTooManyInFlight, std::to_string(options_.max_unread_outcomes) +
                                                   " outcomes are unread or still to come, the most that "
                                                   "max_unread_outcomes allows");
    }
    id = pipeline_->offer(frame, clock_.now());
    if (id) {
      Pending& pending = pending_[*id];
      if (promise != nullptr) pending.promise = std::move(*promise);
      submitting_ = &frame;
    }
    carry_out(deliveries);
    submitting_ = nullptr;
    // Only a frame whose outcome is still to come needs its picture kept.
    if (id) {
      if (const auto pending = pending_.find(*id); pending != pending_.end() && pending->second.picture == nullptr) {
        pending->second.picture = spare_picture();
        const auto held = pending->second.picture->assign(frame);
        if (!held) pipeline_->cancel(*id, clock_.now());  // cannot be: the frame was checked
      }
    }
  }
  deliver(deliveries);
  return id;
}

void Gate::Impl::carry_out(Deliveries& deliveries) {
  while (auto event = pipeline_->next_event()) {
    if (auto* answered = std::get_if<pipeline::Answered>(&*event)) {
      const pipeline::FrameId frame = answered->answer.frame;
      finish(frame, std::move(answered->answer), deliveries);
    } else if (auto* failed = std::get_if<pipeline::FrameFailed>(&*event)) {
      const pipeline::FrameId frame = failed->failed.frame;
      finish(frame, std::move(failed->failed), deliveries);
    } else if (const auto* payload = std::get_if<pipeline::PayloadWanted>(&*event)) {
      encode(*payload);
    } else if (const auto* local = std::get_if<pipeline::LocalRunWanted>(&*event)) {
      run_locally(local->frame);
    } else if (std::get_if<pipeline::ConnectWanted>(&*event) != nullptr) {
      transport_->connect();
    } else if (const auto* close = std::get_if<pipeline::CloseWanted>(&*event)) {
      // What is to be said before the close goes first.
      while (const std::string* message = pipeline_->next_message()) transport_->send(*message);
      transport_->close(close->code);
    } else if (const auto* changed = std::get_if<pipeline::StateChanged>(&*event)) {
      status_ = {changed->state, changed->why, changed->retry_in_ms};
      if (options_.on_connection) changes_.push_back(status_);
      connection_changed_.notify_all();
    }
  }
  if (transport_ == nullptr) return;
  while (const std::string* message = pipeline_->next_message()) transport_->send(*message);
  const Instant next = pipeline_->next_deadline();
  if (next == armed_) return;
  armed_ = next;
  const Duration never{-1};
  transport_->wake_after(next == kNever ? never : std::max(next - clock_.now(), Duration::zero()));
}

void Gate::Impl::finish(pipeline::FrameId frame, Outcome outcome, Deliveries& deliveries) {
  const auto found = pending_.find(frame);
  if (found == pending_.end()) return;
  Pending pending = std::move(found->second);
  pending_.erase(found);
  if (pending.picture != nullptr && pending.picture.use_count() == 1 && spare_pictures_.size() < kSparePictures) {
    spare_pictures_.push_back(std::move(pending.picture));
  }
  if (pending.promise) {
    deliveries.emplace_back(std::move(*pending.promise), std::move(outcome));
    return;
  }
  outcomes_.push_back(std::move(outcome));
  outcome_came_.notify_one();
}

void Gate::Impl::encode(const pipeline::PayloadWanted& wanted) {
  const auto found = pending_.find(wanted.frame);
  if (found == pending_.end()) return;
  const input::ImageView& picture = found->second.picture != nullptr ? found->second.picture->view() : *submitting_;
  const Instant begin = clock_.now();
  const auto payload = encoder_.encode(picture, wanted.encodings);
  const Instant end = clock_.now();
  if (payload) {
    pipeline_->submit_payload(wanted.frame, payload->encoding, payload->bytes, end - begin, end);
  } else {
    pipeline_->fail_payload(wanted.frame, payload.error(), end);
  }
}

void Gate::Impl::run_locally(pipeline::FrameId frame) {
  const auto found = pending_.find(frame);
  if (found == pending_.end()) return;
  if (found->second.picture == nullptr) {
    found->second.picture = spare_picture();
    if (const auto held = found->second.picture->assign(*submitting_); !held) {
      return pipeline_->fail_local(frame, held.error(), clock_.now());
    }
  }
  local_->post(frame, found->second.picture);
}

void Gate::Impl::deliver(Deliveries& deliveries) {
  if (options_.on_connection) report_changes();
  for (auto& [promise, outcome] : deliveries) promise.set_value(std::move(outcome));
}

void Gate::Impl::report_changes() {
  const std::lock_guard reporting(reporting_);
  for (;;) {
    ConnectionStatus status;
    {
      const std::lock_guard lock(mutex_);
      if (changes_.empty()) return;
      status = std::move(changes_.front());
      changes_.pop_front();
    }
    options_.on_connection(status);
  }
}

std::shared_ptr<HeldPicture> Gate::Impl::spare_picture() {
  if (spare_pictures_.empty()) return std::make_shared<HeldPicture>();
  auto picture = std::move(spare_pictures_.back());
  spare_pictures_.pop_back();
  return picture;
}

std::optional<Outcome> Gate::Impl::next_outcome(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  outcome_came_.wait_for(lock, timeout, [this] { return !outcomes_.empty(); });
  if (outcomes_.empty()) return std::nullopt;
  std::optional<Outcome> outcome = std::move(outcomes_.front());
  outcomes_.pop_front();
  return outcome;
}

void Gate::Impl::cancel(pipeline::FrameId frame) {
  update([frame](pipeline::Client& client, Instant now) { client.cancel(frame, now); });
}

ConnectionStatus Gate::Impl::wait_for_connection(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  if (transport_ == nullptr) return status_;
  connection_changed_.wait_for(lock, timeout, [this] {
    return status_.state == ConnectionState::kReady || status_.state == ConnectionState::kBackingOff ||
           status_.state == ConnectionState::kStopped;
  });
  return status_;
}

ConnectionStatus Gate::Impl::connection() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::optional<Duration> Gate::Impl::round_trip_time() const {
  const std::lock_guard lock(mutex_);
  return pipeline_->round_trip_time();
}

float Gate::Impl::set_accuracy_target(float target) {
  const std::lock_guard lock(mutex_);
  return pipeline_->set_accuracy_target(target);
}

void Gate::Impl::close() {
  std::call_once(closing_, [this] {
    if (pipeline_ != nullptr) update([](pipeline::Client& client, Instant now) { client.stop(now); });
    if (transport_ != nullptr) transport_->shutdown();
    local_.reset();
  });
}

}  // namespace sluice::client
