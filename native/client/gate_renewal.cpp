// What a gate does when its server has another version of the bundle: a thread reads the place that the bundle came from, makes all
// that is made of a bundle, and puts it in the place of what there is. Until then, and where the place has no other version, the
// pipeline backs off and asks the server again, as it does when there is none: inputs wait for it by their budgets. Nothing of the old
// version is heard of any more once its workers have ended.
#include <algorithm>
#include <utility>

#include "core/wire/close_code.hpp"
#include "native/client/gate_impl.hpp"

namespace sluice::client {
namespace {

using pipeline::ConnectionState;

constexpr std::uint32_t kMostDoublings = 6;  // of the pause between versions that no server takes

}  // namespace

bool Gate::Impl::begin_renewal(const pipeline::StateChanged& changed) {
  const bool other_version = changed.state == ConnectionState::kBackingOff && changed.why &&
                             changed.why->code == ErrorCode::kBundleVersionMismatch;
  if (!other_version || closing_now_) return false;
  const bool under_way = renewing_.has_value();
  renewing_ = ConnectionStatus{changed.state, changed.why, changed.retry_in_ms};
  if (under_way) return true;
  if (!renewal_.joinable()) renewal_ = std::jthread([this](const std::stop_token& stop) { renew(stop); });
  renewal_wanted_.notify_one();
  return true;
}

bool Gate::Impl::offer_again(Deliveries& deliveries) {
  if (again_.empty()) return false;
  const auto inner =
      version_.pipeline->offer(again_.front().input->held.view(), steady_now(), own_form_of(again_.front().jpeg));
  if (!inner && inner.error().code == ErrorCode::kTooManyInFlight) return false;  // until others have ended
  Pending pending = std::move(again_.front());
  again_.pop_front();
  if (inner) {
    pending_.emplace(*inner, std::move(pending));
  } else {
    finish(std::move(pending), pipeline::Failed{0, inner.error(), {}}, deliveries);
  }
  return true;
}

void Gate::Impl::take_up(Version version, Deliveries& deliveries) {
  settle(deliveries);
  if (options_.decisions != nullptr && !std::exchange(log_ended_, true)) {
    version_.pipeline->record_to(nullptr);
    options_.decisions->line(pipeline::kLogCutOff);
  }
  transport_->close(wire::kCloseNormal);  // should it be trying the old version again
  std::swap(version_, version);
  // Work for them that was under way went with the old version's workers.
  for (auto& [inner, pending] : pending_) again_.push_back(std::move(pending));
  pending_.clear();
  for (auto& [inner, pending] : audited_) let_go(std::move(pending.input));
  audited_.clear();
  answered_.clear();
  std::ranges::sort(again_, {}, &Pending::id);
  renewing_.reset();
  ++renewals_in_a_row_;
  armed_ = kNever;
  if (accuracy_target_) version_.pipeline->set_accuracy_target(*accuracy_target_);
  version_.pipeline->start(steady_now());
  carry_out(deliveries);
}

// Reports the refusal, with what was found in the bundle's place, unless the connection has gone on meanwhile.
void Gate::Impl::end_renewal(const Error& problem) {
  ConnectionStatus refused = *std::move(renewing_);
  renewing_.reset();
  if (version_.pipeline->state() != ConnectionState::kBackingOff) return;
  refused.why->message += "; " + problem.message;
  report(std::move(refused));
}

Result<Gate::Impl::Version> Gate::Impl::other_version(const std::stop_token& stop) {
  std::string before;
  std::string name;
  {
    std::unique_lock lock(mutex_);
    before = version_.bundle.manifest.version;
    name = version_.bundle.manifest.name;
    const std::chrono::milliseconds pause{
        renewals_in_a_row_ == 0 ? 0
                                : std::min<std::uint64_t>(std::uint64_t{options_.pipeline.backoff_first_ms}
                                                              << std::min(renewals_in_a_row_, kMostDoublings),
                                                          options_.pipeline.backoff_max_ms)};
    renewal_wanted_.wait_for(lock, stop, pause, [] { return false; });
  }
  const auto manifest = source_.manifest(stop);
  if (!manifest) return fail(manifest.error());
  if (manifest->version == before)
    return fail(ErrorCode::kNotFound, {source_.place(), " has version '", before, "' too"});
  if (manifest->name != name)
    return fail(ErrorCode::kNotFound, {source_.place(), " has another bundle now, '", manifest->name, "'"});
  return make_version(stop);
}

void Gate::Impl::renew(const std::stop_token& stop) {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (!renewal_wanted_.wait(lock, stop, [this] { return renewing_.has_value(); })) return;
    }
    auto next = other_version(stop);
    if (stop.stop_requested()) return;
    if (next) {
      // What they have found goes to the pipeline that asked; what is posted from here on is offered again.
      version_.stop_workers();
    }
    Deliveries deliveries;
    {
      const std::lock_guard lock(mutex_);
      if (next) {
        take_up(std::move(*next), deliveries);
      } else {
        end_renewal(next.error());
      }
      settle(deliveries);
    }
    deliver(deliveries);
    attend();
    if (next && options_.on_renewed) {
      const pipeline::Manifest manifest = this->manifest();
      const std::lock_guard reporting(reporting_);
      options_.on_renewed(manifest);
    }
  }
}

void Gate::Impl::stop_renewal() {
  {
    const std::lock_guard lock(mutex_);
    closing_now_ = true;
  }
  if (!renewal_.joinable()) return;
  renewal_.request_stop();
  renewal_.join();
}

}  // namespace sluice::client
