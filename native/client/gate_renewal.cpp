// What a gate does when its server has another version of the bundle: a thread reads the place that the bundle came from, makes all
// that is made of a bundle, and puts it in the place of what there is. Meanwhile the old version goes on asking its questions; inputs
// that would go to the server wait. Nothing of the old version is heard of any more once its workers have ended.
#include <algorithm>
#include <array>
#include <utility>

#include "native/client/gate_impl.hpp"

namespace sluice::client {
namespace {

using namespace std::chrono_literals;
using pipeline::ConnectionState;

constexpr std::array kPauses = {0ms, 500ms, 1000ms};  // before each look at the place: a copy may be under way
constexpr std::uint32_t kMostInARow = 3;              // renewals that met a server with yet another one

}  // namespace

bool Gate::Impl::begin_renewal(const Error& why) {
  if (why.code != ErrorCode::kBundleVersionMismatch || closing_now_ || renewals_in_a_row_ >= kMostInARow) return false;
  ++renewals_in_a_row_;
  renewing_ = why;
  if (!renewal_.joinable()) renewal_ = std::jthread([this](const std::stop_token& stop) { renew(stop); });
  renewal_wanted_.notify_one();
  return true;
}

bool Gate::Impl::put_aside(pipeline::InputId inner, const Error& why, Deliveries& deliveries) {
  if (!renewing_ || why.code != ErrorCode::kBundleVersionMismatch) return false;
  const auto found = pending_.find(inner);
  if (found == pending_.end()) return true;
  if (options_.pipeline.queue == pipeline::QueuePolicy::kNewestWins &&
      again_.size() >= options_.pipeline.max_in_flight) {
    Pending oldest = std::move(again_.front());
    again_.pop_front();
    const Error superseded{ErrorCode::kSuperseded, "a newer input took its place while the newer bundle was read"};
    finish(std::move(oldest), pipeline::Failed{0, superseded, {}}, deliveries);
  }
  Pending pending = std::move(found->second);
  pending_.erase(found);
  if (pending.input == nullptr) pending.input = hold(*submitting_);
  again_.push_back(std::move(pending));
  return true;
}

bool Gate::Impl::offer_again(Deliveries& deliveries) {
  if (again_.empty() || renewing_) return false;
  const auto inner = version_.pipeline->offer(again_.front().input->held.view(), steady_now());
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
  if (options_.decisions != nullptr && version_.bundle.manifest.version != version.bundle.manifest.version) {
    version_.pipeline->record_to(nullptr);
    if (!log_ended_) options_.decisions->line(pipeline::kLogCutOff);
    log_ended_ = true;
  }
  std::swap(version_, version);
  // Work for them that was under way went with the old version's workers.
  for (auto& [inner, pending] : pending_) again_.push_back(std::move(pending));
  pending_.clear();
  std::ranges::sort(again_, {}, &Pending::id);
  renewing_.reset();
  armed_ = kNever;
  if (accuracy_target_) version_.pipeline->set_accuracy_target(*accuracy_target_);
  version_.pipeline->start(steady_now());
  carry_out(deliveries);
}

void Gate::Impl::end_renewal_failed(const Error& why, Deliveries& deliveries) {
  settle(deliveries);
  renewing_.reset();
  report({ConnectionState::kStopped, why, 0});
  for (Pending& pending : again_) finish(std::move(pending), pipeline::Failed{0, why, {}}, deliveries);
  again_.clear();
}

Result<Gate::Impl::Version> Gate::Impl::newer_version(const Error& why, const std::stop_token& stop) {
  std::string problem;
  for (const auto pause : kPauses) {
    std::unique_lock lock(mutex_);
    const std::string before = version_.bundle.manifest.version;
    renewal_wanted_.wait_for(lock, stop, pause, [] { return false; });
    lock.unlock();
    if (stop.stop_requested()) return fail(why);
    const auto manifest = source_.manifest(stop);
    if (!manifest) {
      problem = manifest.error().message;
    } else if (manifest->version == before) {
      problem = source_.place() + " is still version '" + before + "'";
    } else {
      auto version = make_version(stop);
      if (version) return version;
      problem = version.error().message;
    }
  }
  return fail(why.code, {why.message, "; and no newer one was found: ", problem});
}

void Gate::Impl::renew(const std::stop_token& stop) {
  for (;;) {
    Error why;
    {
      std::unique_lock lock(mutex_);
      if (!renewal_wanted_.wait(lock, stop, [this] { return renewing_.has_value(); })) return;
      why = *renewing_;
    }
    auto next = newer_version(why, stop);
    if (stop.stop_requested()) return;
    if (next) {
      // What they have found goes to the pipeline that asked; what is posted from here on is offered again.
      if (version_.encoder != nullptr) version_.encoder->stop();
      if (version_.model != nullptr) version_.model->stop();
    }
    Deliveries deliveries;
    {
      const std::lock_guard lock(mutex_);
      if (next) {
        take_up(std::move(*next), deliveries);
      } else {
        end_renewal_failed(next.error(), deliveries);
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
