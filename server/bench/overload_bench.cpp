#include "server/bench/overload_bench.hpp"

#include <algorithm>
#include <cstdio>

#include "core/wire/codec.hpp"
#include "server/bench/dense_model.hpp"
#include "server/bench/paced_load.hpp"
#include "server/metrics/resident_bytes.hpp"

namespace sluice::server {
namespace {

constexpr std::uint32_t kAskers = 20;
constexpr double kTimes = 5;
constexpr std::chrono::milliseconds kDeadline{100};
constexpr double kMegabyte = 1'000'000;

bool says_to_ask_less(ErrorCode code) {
  return code == ErrorCode::kOverloaded || code == ErrorCode::kDeadlineExpired || code == ErrorCode::kTooManyInFlight;
}

// One round's figures.
struct OverloadRound {
  double p99_over_deadline = 0;
  double refused_share = 0;
  double untyped = 0;
  double growth_mb = 0;
  double answered_per_second = 0;
};

OverloadRound figures_of(PacedResult& result, std::chrono::milliseconds duration, double growth_mb) {
  OverloadRound round;
  auto& answers = result.answers_ms;
  if (!answers.empty()) {
    const auto place = static_cast<std::ptrdiff_t>(0.99 * static_cast<double>(answers.size() - 1));
    std::nth_element(answers.begin(), answers.begin() + place, answers.end());
    round.p99_over_deadline = static_cast<double>(answers[static_cast<std::size_t>(place)]) / kDeadline.count();
  }
  double refused = 0;
  for (const auto& [code, count] : result.refusals) {
    refused += static_cast<double>(count);
    if (!says_to_ask_less(code)) round.untyped += static_cast<double>(count);
  }
  round.untyped += static_cast<double>(result.astray);
  round.refused_share = refused / static_cast<double>(result.sent);
  round.growth_mb = growth_mb;
  round.answered_per_second = static_cast<double>(answers.size()) / std::chrono::duration<double>(duration).count();
  return round;
}

}  // namespace

Result<BenchKeys> bench_overload(const BenchTime& time) {
  pipeline::Manifest manifest;
  manifest.name = "bench";
  const Shape shape{1, kDenseInputs};
  manifest.model.input = input::TensorSpec{.type = DataType::kFloat32, .shape = shape};
  BenchBundle bundle;
  if (auto ok = bundle.write(manifest, dense_onnx()); !ok) return fail(ok.error());
  auto server = start_bench_server(bundle.path(), 0);
  if (!server) return fail(server.error());
  const std::vector<float> values(static_cast<std::size_t>(kDenseInputs), 0.25F);
  auto closed = tensor_load((*server)->port(), &bundle.manifest(), shape, values);
  closed.connections = kAskers;
  closed.duration = time.round;
  PacedLoad paced;
  paced.port = (*server)->port();
  paced.connections = kAskers;
  paced.duration = time.round;
  paced.first_messages = {greeting(bundle.manifest())};
  paced.make_request = [&](std::uint64_t id, std::string& message) {
    wire::Request request;
    request.id = id;
    request.budget = kDeadline;
    request.tensors.push_back({"input", {DataType::kFloat32, shape, std::as_bytes(std::span(values))}});
    wire::encode(request, message);
  };
  std::vector<double> capacities;
  std::vector<OverloadRound> rounds;
  for (int number = -1; number < time.rounds; ++number) {
    const auto capacity = run_load(closed);
    if (!capacity) return fail(capacity.error());
    paced.requests_per_second = std::max(1.0, kTimes * capacity->requests_per_second);
    const std::size_t before = resident_bytes();
    std::size_t most = before;
    paced.look = [&most] { most = std::max(most, resident_bytes()); };
    auto result = run_paced_load(paced);
    if (!result) return fail(result.error());
    if (number < 0) continue;
    capacities.push_back(capacity->requests_per_second);
    rounds.push_back(figures_of(*result, time.round, static_cast<double>(most - before) / kMegabyte));
  }
  const auto median_of = [&](double OverloadRound::* figure) {
    std::vector<double> all;
    for (const OverloadRound& round : rounds) all.push_back(round.*figure);
    return median(std::move(all));
  };
  double untyped = 0;  // of all rounds: none may be
  for (const OverloadRound& round : rounds) untyped += round.untyped;
  const double late = median_of(&OverloadRound::p99_over_deadline);
  const double refused = median_of(&OverloadRound::refused_share);
  const double growth = median_of(&OverloadRound::growth_mb);
  std::printf(
      "\n%u clients ask for %.0f times the %.0f requests a second that one worker does, each within %lld ms: %.0f a "
      "second answered, p99 %.0f ms; %.0f %% refused or expired; %.1f MB more\n",
      kAskers, kTimes, median(capacities), static_cast<long long>(kDeadline.count()),
      median_of(&OverloadRound::answered_per_second), late * static_cast<double>(kDeadline.count()), 100 * refused,
      growth);
  return BenchKeys{{"overload_p99_over_deadline", late},
                   {"overload_refused_share", refused},
                   {"overload_untyped", untyped},
                   {"overload_rss_growth_mb", growth}};
}

}  // namespace sluice::server
