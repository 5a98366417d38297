#include "native/cli/tally.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/pipeline/answer_cost.hpp"
#include "core/output/detection.hpp"
#include "core/pipeline/stale_answer.hpp"
#include "native/cli/label.hpp"

namespace sluice::cli {

void StageTimes::add(Duration time) {
  const auto most = std::int64_t{std::numeric_limits<std::uint32_t>::max()};
  times_us_.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.count(), 0, most)));
}

double StageTimes::mean_ms() const {
  if (times_us_.empty()) return 0;
  double sum = 0;
  for (const std::uint32_t time : times_us_) sum += time;
  return sum / 1000 / static_cast<double>(times_us_.size());
}

double StageTimes::quantile_ms(double share) const {
  if (times_us_.empty()) return 0;
  std::vector<std::uint32_t> sorted = times_us_;
  const auto count = static_cast<double>(sorted.size());
  const auto rank = static_cast<std::size_t>(std::clamp(std::ceil(share * count), 1.0, count)) - 1;
  const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(sorted.begin(), place, sorted.end());
  return *place / 1000.0;
}

void Tally::add(const pipeline::Answer& answer) {
  const pipeline::Cost& cost = answer.cost;
  if (answer.placement) add_placement(*answer.placement);
  gate.add(cost.gate);
  bytes_up += cost.bytes_up;
  bytes_down += cost.bytes_down;
  add_cost(cost);
  for (const pipeline::OutputTensor& output : answer.outputs) {
    if (output.name != output::kDetectionsName || !output::check_detections(output.tensor.view())) continue;
    detections += static_cast<std::uint64_t>(output.tensor.shape()[0]);
  }
  if (cost.bytes_up != 0) ++sent;
  if (cost.local_multiply_adds != 0) {
    ++staged;
    multiply_adds += cost.local_multiply_adds;
  }
  if (!answer.variant.empty()) {
    ++variants[answer.variant];
    if (answer.stopgap) ++variants_unsure;
  }
  switch (answer.kind) {
    case pipeline::AnswerKind::kSkipped:
      ++skipped;
      ++avoided;
      return;
    case pipeline::AnswerKind::kRemote: ++remote; return add_server_stages(cost);
    case pipeline::AnswerKind::kLocal: ++local; return local_compute.add(cost.local_compute);
    case pipeline::AnswerKind::kReused: ++(cost.bytes_up == 0 ? reused : shared); break;
    case pipeline::AnswerKind::kExited:
      if (answer.stopgap) {
        if (unsure++ == 0) why_unsure = answer.reason;
        if (cost.bytes_up == 0) ++unsure_unsent;
        break;
      }
      ++exited;
      if (const auto place = exit_of(answer)) ++exits[*place];
      break;
    case pipeline::AnswerKind::kSplit:
      if (!answer.outputs.empty() && !channels_of(answer)) {  // halves say how many came
        ++cut;
        cut_bytes_up += cost.bytes_up;
        if (const auto place = exit_of(answer)) ++cut_exits[*place];
        break;
      }
      ++split;
      if (channels_of(answer) != 0) break;
      if (pipeline::tells_of_stale(answer.reason)) {
        ++stale;
      } else if (guessed++ == 0) {
        why_guessed = answer.reason;
      }
      break;
  }
  // These happen here, on the server, or on both sides: the cost tells.
  if (cost.local_compute.count() != 0) local_compute.add(cost.local_compute);
  if (cost.bytes_up != 0) {
    add_server_stages(cost);
  } else {
    ++avoided;
  }
}

void Tally::add_cost(const pipeline::Cost& spent) {
  cost += pipeline::cost_of(spent, weights) + weights.per_device_cost * static_cast<double>(spent.gate.count()) / 1e3;
}

void Tally::add_placement(const pipeline::PlacementRecord& placed) {
  if (placed.duplicate != pipeline::Duplicate::kNone)
    ++duplicates[std::string(pipeline::duplicate_name(placed.duplicate))];
  if (placed.count == 0) return;
  const auto time_of = [](double ms) { return Duration(static_cast<Duration::rep>(std::clamp(ms, 0.0, 1e6) * 1e3)); };
  PlacedTimes& times = placed_as[std::string(adapt::answer_kind_name(placed.chosen().kind))];
  times.predicted.add(time_of(placed.chosen().predicted.mean_ms));
  times.took.add(time_of(static_cast<double>(placed.actual_ms)));
  times.bytes += placed.actual_bytes;
  times.expected_errors += static_cast<double>(placed.chosen().error);
  times.cost += static_cast<double>(placed.actual_cost);
}

void Tally::add_server_stages(const pipeline::Cost& cost) {
  encode.add(cost.encode);
  wait.add(cost.wait);
  if (cost.round_trip.count() == 0) return;  // what was sent came to nothing in time
  round_trip.add(cost.round_trip);
  server_queue.add(cost.server_queue);
  server_decode.add(cost.server_decode);
  server_compute.add(cost.server_compute);
}

void Tally::add(const pipeline::Failed& failure) {
  bytes_up += failure.cost.bytes_up;
  bytes_down += failure.cost.bytes_down;
  add_cost(failure.cost);
  if (failure.error.code == ErrorCode::kSuperseded) {
    ++superseded;
  } else {
    ++failed[std::string(error_name(failure.error.code))];
  }
}

std::uint64_t Tally::failures() const {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : failed) sum += count;
  return sum;
}

std::optional<double> Tally::multiply_adds_share() const {
  if (staged == 0 || model_multiply_adds == 0) return std::nullopt;
  return static_cast<double>(multiply_adds) / static_cast<double>(staged) / static_cast<double>(model_multiply_adds);
}

double Tally::filter_rate() const {
  return answered() == 0 ? 0 : static_cast<double>(skipped + reused) / static_cast<double>(answered());
}

std::optional<double> Tally::bytes_of_all() const {
  if (split != 0 || (unsure != 0 && unsure == answered())) return std::nullopt;
  const auto up = static_cast<double>(bytes_up - cut_bytes_up);
  const std::uint64_t unsent = avoided - unsure_unsent + cut;
  if (unsent == 0) return up;
  const auto more = static_cast<double>(unsent);
  if (sampled > 0) return up + more * static_cast<double>(sampled_bytes) / static_cast<double>(sampled);
  if (sent > 0 && cut == 0) return up + more * up / static_cast<double>(sent);
  return std::nullopt;
}

std::optional<double> Tally::agreement() const {
  if (audited == 0 || exited != 0 || unsure != 0 || cut != 0 || shared != 0 || split != 0) return std::nullopt;
  // Frames that were not audited count like those that were.
  const double right = static_cast<double>(audit_agreed) / static_cast<double>(audited);
  return (static_cast<double>(run()) + static_cast<double>(skipped + reused) * right) / static_cast<double>(answered());
}

}  // namespace sluice::cli
