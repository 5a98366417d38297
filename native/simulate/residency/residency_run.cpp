#include "native/simulate/residency/residency_run.hpp"

#include <utility>

#include "native/simulate/residency/random_order.hpp"
#include "native/simulate/residency/model_host.hpp"

namespace sluice::simulate {
namespace {

constexpr std::size_t kTellEvery = 4096;  // requests
constexpr std::size_t kMostHosts = 4096;

Result<residency::Residency> empty_memory(std::span<const SimulatedModel> models, const RunOptions& options,
                                          const MakePolicy& make_policy) {
  auto policy = make_policy();
  if (!policy) return fail(policy.error());
  auto with_share = options.residency;
  with_share.budget_bytes = options.budget_bytes / options.hosts;
  auto memory = residency::Residency::create(with_share, std::move(*policy));
  if (!memory) return memory;
  for (const auto& model : models) {
    if (auto added = memory->add(model.profile); !added) return fail(added.error());
  }
  return memory;
}

// Where a request goes: to who holds its model; else to one that is empty, has room, or to any.
class Placement {
 public:
  Placement(std::vector<ModelHost>& hosts, std::span<const SimulatedModel> models, std::uint64_t budget_bytes,
            std::uint64_t seed)
      : hosts_(hosts), models_(models), budget_bytes_(budget_bytes), random_(seed), last_(models.size()) {}

  ModelHost& of(std::uint32_t model) {
    if (hosts_.size() == 1) return hosts_.front();
    if (!hosts_[last_[model]].holds(model)) last_[model] = choose(models_[model].profile.bytes);
    return hosts_[last_[model]];
  }

 private:
  std::size_t choose(std::uint64_t bytes) {
    std::size_t with_room = hosts_.size();
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      const std::uint64_t free = hosts_[i].free_bytes();
      if (free == budget_bytes_) return i;
      if (free >= bytes && with_room == hosts_.size()) with_room = i;
    }
    return with_room < hosts_.size() ? with_room : next_below(random_, hosts_.size());
  }

  std::vector<ModelHost>& hosts_;
  std::span<const SimulatedModel> models_;
  std::uint64_t budget_bytes_;  // of each
  std::uint64_t random_;
  std::vector<std::size_t> last_;  // by model, where it was placed last
};

}  // namespace

Result<RunResult> run_residency(const RequestTrace& trace, std::span<const SimulatedModel> models,
                                const RunOptions& options, const MakePolicy& make_policy, const Progress& progress) {
  if (options.hosts == 0 || options.hosts > kMostHosts) {
    return fail(ErrorCode::kInvalidArgument, {options.hosts, " hosts; there may be 1 to ", kMostHosts});
  }
  if (models.size() < trace.models) {
    return fail(ErrorCode::kInvalidArgument,
                {"a trace of ", trace.models, " models with ", models.size(), " to replay it on"});
  }
  RunResult result;
  WaitTimes waits;
  HostSchedule schedule;
  std::vector<ModelHost> hosts;
  hosts.reserve(options.hosts);
  for (std::uint32_t number = 0; number < options.hosts; ++number) {
    auto memory = empty_memory(models, options, make_policy);
    if (!memory) return fail(memory.error());
    hosts.emplace_back(number, options.timing, std::move(*memory), models, schedule, result, waits);
  }
  Placement placement(hosts, models, options.budget_bytes / options.hosts, options.seed);
  const auto handle_next = [&] {
    const HostEvent event = schedule.next();
    hosts[event.host].handle(event);
  };
  for (const TracedRequest& request : trace.requests) {
    while (schedule.due(request.at)) handle_next();
    if (!placement.of(request.model).ask(request.model, request.at)) ++result.refused;
    if (++result.requests % kTellEvery == 0 && progress) progress(result.requests);
  }
  while (!schedule.empty()) handle_next();
  for (const ModelHost& host : hosts) {
    result.loads += host.stats().loads;
    result.evictions += host.stats().evictions;
  }
  result.wait_p50_s = waits.quantile_s(0.5);
  result.wait_p95_s = waits.quantile_s(0.95);
  result.wait_p99_s = waits.quantile_s(0.99);
  return result;
}

}  // namespace sluice::simulate
