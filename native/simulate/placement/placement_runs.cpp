#include "native/simulate/placement/placement_runs.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "native/simulate/draw.hpp"

namespace sluice::simulate {
namespace {

using adapt::PreprocessAt;

constexpr double kMatters = 1.05;

// What one policy, or the oracle, came to.
struct Tally {
  std::string name;
  std::size_t right = 0;
  std::size_t right_where_it_matters = 0;
  std::vector<double> times_ms;
  double sent_bytes = 0;
  double decisions_us = 0;

  void add(const BothWays& both, PreprocessAt at, double decision_us) {
    const WayTaken& taken = at == PreprocessAt::kDevice ? both.device : both.server;
    const WayTaken& other = at == PreprocessAt::kDevice ? both.server : both.device;
    const bool is_right = taken.total_ms() <= other.total_ms();
    right += is_right ? 1 : 0;
    right_where_it_matters += is_right && other.total_ms() > kMatters * taken.total_ms() ? 1 : 0;
    times_ms.push_back(taken.total_ms());
    sent_bytes += taken.sent_bytes;
    decisions_us += decision_us;
  }
  void add(const Tally& other) {
    name = other.name;
    right += other.right;
    right_where_it_matters += other.right_where_it_matters;
    times_ms.insert(times_ms.end(), other.times_ms.begin(), other.times_ms.end());
    sent_bytes += other.sent_bytes;
    decisions_us += other.decisions_us;
  }
};

struct Tallies {
  std::string network;
  std::size_t matters = 0;
  Tally oracle;
  std::vector<Tally> policies;

  void add(const Tallies& other) {
    matters += other.matters;
    oracle.add(other.oracle);
    policies.resize(other.policies.size());
    for (std::size_t i = 0; i < policies.size(); ++i) policies[i].add(other.policies[i]);
  }
};

double quantile(std::vector<double>& values, double share) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

PolicyOutcome outcome_of(Tally tally) {
  const double count = static_cast<double>(tally.times_ms.size());
  PolicyOutcome outcome{tally.name, tally.right, tally.right_where_it_matters, 0,
                        0,          0,           tally.sent_bytes / 1e6,       tally.decisions_us / count};
  outcome.p50_ms = quantile(tally.times_ms, 0.5);
  outcome.p95_ms = quantile(tally.times_ms, 0.95);
  outcome.p99_ms = quantile(tally.times_ms, 0.99);
  return outcome;
}

PlacementOutcome outcome_of(const Tallies& tallies) {
  PlacementOutcome outcome;
  outcome.network = tallies.network;
  outcome.count = tallies.oracle.times_ms.size();
  outcome.matters = tallies.matters;
  outcome.oracle = outcome_of(tallies.oracle);
  for (const Tally& tally : tallies.policies) outcome.policies.push_back(outcome_of(tally));
  return outcome;
}

// A picture's two ways from this moment on. What a stage was measured to take is drawn from its repetitions.
BothWays both_ways(const MeasuredPicture& picture, const NetworkTrace& network, double at_s, double slowdown,
                   const PlacementPlan& plan, Draw& draw) {
  const auto transfer_ms = [&](double bytes, double begin_s) {
    return (network.carried_at(begin_s, bytes) - begin_s) * 1e3 + plan.round_trip_ms;
  };
  BothWays both;
  both.facts = {picture.bytes, picture.width, picture.height, picture.shrunk_pixels(), picture.quantiser};
  both.server = {PreprocessAt::kServer, 0, transfer_ms(picture.bytes, at_s),
                 picture.server_ms[draw.index(kRepetitions)], picture.bytes};
  const double device_ms = slowdown * picture.device_ms[draw.index(kRepetitions)];
  both.device = {PreprocessAt::kDevice, device_ms, transfer_ms(picture.shrunk_bytes, at_s + device_ms / 1e3),
                 picture.server_shrunk_ms[draw.index(kRepetitions)], picture.shrunk_bytes};
  return both;
}

// The test day has pictures of its own, so that nothing is judged on what it was fitted to; a single picture is both.
const MeasuredPicture& draw_picture(const std::vector<MeasuredPicture>& pictures, const PlacementPlan& plan,
                                    std::size_t request, Draw& draw) {
  const std::size_t all = pictures.size();
  const auto part = static_cast<std::size_t>(plan.seen_share * static_cast<double>(all));
  const std::size_t seen = std::clamp<std::size_t>(part, 1, std::max<std::size_t>(all - 1, 1));
  const bool test_day = static_cast<double>(request) < plan.seen_share * static_cast<double>(plan.requests);
  if (test_day || seen == all) return pictures[draw.index(seen)];
  return pictures[seen + draw.index(all - seen)];
}

Result<Tallies> run_network(const std::vector<MeasuredPicture>& pictures, const NetworkTrace& network, double slowdown,
                            const PlacementPlan& plan, std::uint64_t seed) {
  Draw draw(seed);
  const double begin_s = draw.uniform() * network.seconds();
  std::vector<BothWays> requests;
  requests.reserve(plan.requests);
  for (std::size_t i = 0; i < plan.requests; ++i) {
    const MeasuredPicture& picture = draw_picture(pictures, plan, i, draw);
    requests.push_back(
        both_ways(picture, network, begin_s + static_cast<double>(i) * plan.gap_s, slowdown, plan, draw));
  }
  const auto seen = static_cast<std::ptrdiff_t>(std::max(plan.seen_share * static_cast<double>(plan.requests), 1.0));
  auto policies = make_placement_policies(std::vector<BothWays>(requests.begin(), requests.begin() + seen));
  if (!policies) return fail(policies.error());

  Tallies tallies;
  tallies.network = network.name();
  tallies.oracle.name = "oracle";
  for (const NamedPolicy& named : *policies) tallies.policies.push_back({std::string(named.name), 0, 0, {}, 0, 0});
  for (auto both = requests.begin() + seen; both != requests.end(); ++both) {
    const double device_ms = both->device.total_ms();
    const double server_ms = both->server.total_ms();
    tallies.matters += std::max(device_ms, server_ms) > kMatters * std::min(device_ms, server_ms) ? 1 : 0;
    tallies.oracle.add(*both, device_ms < server_ms ? PreprocessAt::kDevice : PreprocessAt::kServer, 0);
    for (std::size_t i = 0; i < policies->size(); ++i) {
      PlacementPolicy& policy = *(*policies)[i].policy;
      const auto begin = std::chrono::steady_clock::now();
      const PreprocessAt at = policy.choose(both->facts);
      const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
      tallies.policies[i].add(*both, at, took.count());
      policy.learn(both->facts, at == PreprocessAt::kDevice ? both->device : both->server);
    }
  }
  return tallies;
}

}  // namespace

Result<std::vector<PlacementOutcome>> run_placement(const std::vector<MeasuredPicture>& pictures,
                                                    const std::vector<NetworkTrace>& networks,
                                                    const PlacementPlan& plan,
                                                    const std::function<void(std::size_t, std::size_t)>& progress) {
  if (pictures.empty() || networks.empty() || plan.requests < 2 || plan.device_slowdowns.empty() ||
      !(plan.seen_share < 1)) {
    return fail(ErrorCode::kInvalidArgument, {"placement of ", plan.requests, " requests of ", pictures.size(),
                                              " pictures over ", networks.size(), " networks"});
  }
  std::vector<PlacementOutcome> outcomes;
  Tallies all;
  all.network = "all";
  for (std::size_t i = 0; i < networks.size(); ++i) {
    Tallies network;
    network.network = networks[i].name();
    for (std::size_t k = 0; k < plan.device_slowdowns.size(); ++k) {
      const auto one = run_network(pictures, networks[i], plan.device_slowdowns[k], plan, plan.seed + 1000 * k + i);
      if (!one) return fail(one.error());
      network.add(*one);
    }
    outcomes.push_back(outcome_of(network));
    all.add(network);
    if (progress) progress(i + 1, networks.size());
  }
  outcomes.push_back(outcome_of(all));
  return outcomes;
}

std::vector<NetworkTrace> made_up_networks(std::uint64_t seed) {
  constexpr std::array<double, 4> kMbits = {84, 52, 20, 7};
  constexpr double kWander = 0.25;  // deviation of the logarithm
  constexpr double kMemory = 0.9;   // of it from second to second
  constexpr int kSeconds = 3600;
  std::vector<NetworkTrace> networks;
  Draw draw(seed);
  for (const double mbit : kMbits) {
    std::vector<NetworkTrace::Piece> pieces;
    double off = 0;
    for (int i = 0; i < kSeconds; ++i) {
      off = kMemory * off + draw.normal(0, kWander * std::sqrt(1 - kMemory * kMemory));
      pieces.push_back({1, mbit * 1e6 / 8 * std::exp(off)});
    }
    networks.push_back(*NetworkTrace::create("made up, " + std::to_string(static_cast<int>(mbit)) + " Mbit/s", pieces));
  }
  return networks;
}

}  // namespace sluice::simulate
