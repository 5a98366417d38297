#include "native/client/gate.hpp"

#include "native/client/gate_impl.hpp"
#include "native/client/server_address.hpp"

namespace sluice::client {

Result<std::unique_ptr<Gate>> Gate::open(const std::string& bundle, GateOptions options) {
  auto impl = Impl::create(bundle, std::move(options));
  if (!impl) return fail(impl.error());
  std::unique_ptr<Gate> gate(new Gate(std::move(*impl)));
  gate->impl_->start();
  return gate;
}

Gate::Gate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Gate::~Gate() { close(); }

Result<pipeline::InputId> Gate::submit(const input::InputView& input, InputOptions options) {
  return impl_->submit(input, std::move(options), nullptr);
}

std::future<Outcome> Gate::infer(const input::InputView& input, InputOptions options) {
  std::promise<Outcome> promise;
  std::future<Outcome> future = promise.get_future();
  const auto taken = impl_->submit(input, std::move(options), &promise);
  if (!taken) promise.set_value(pipeline::Failed{0, taken.error(), {}});
  return future;
}

std::optional<Outcome> Gate::next_outcome(std::chrono::milliseconds timeout) { return impl_->next_outcome(timeout); }
void Gate::cancel(pipeline::InputId input) { impl_->cancel(input); }
ConnectionStatus Gate::wait_for_connection(std::chrono::milliseconds timeout) {
  return impl_->wait_for_connection(timeout);
}
ConnectionStatus Gate::connection() const { return impl_->connection(); }
std::optional<Duration> Gate::round_trip_time() const { return impl_->round_trip_time(); }
float Gate::set_accuracy_target(float target) { return impl_->set_accuracy_target(target); }
std::optional<pipeline::PromiseStanding> Gate::promise() const { return impl_->promise(); }
std::string Gate::save_promise() const { return impl_->save_promise(); }
Result<void> Gate::feedback(pipeline::InputId input, bool wrong) { return impl_->feedback(input, wrong); }
pipeline::Manifest Gate::manifest() const { return impl_->manifest(); }
std::uint64_t Gate::model_multiply_adds() const { return impl_->model_multiply_adds(); }
void Gate::close() { impl_->close(); }

}  // namespace sluice::client
