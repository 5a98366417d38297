#include "bindings/c/device_half.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/pipeline/split_route.hpp"
#include "core/split/guess_shares.hpp"

namespace sluice::c {

Result<std::vector<pipeline::Client::MakeRoute>> take_device_half(const pipeline::Manifest& manifest,
                                                                  const pipeline::ClientOptions& options,
                                                                  std::vector<pipeline::PartBytes>& parts) {
  std::vector<pipeline::Client::MakeRoute> routes;
  if (!manifest.split) return routes;
  const pipeline::SplitSpec& spec = *manifest.split;
  const auto found = std::find_if(parts.begin(), parts.end(),
                                  [&](const pipeline::PartBytes& part) { return part.name == spec.device; });
  if (found == parts.end()) return routes;
  auto shares = split::read_guess_shares(found->bytes);
  if (!shares) return fail(shares.error().code, {"part '", spec.device, "': ", shares.error().message});
  parts.erase(found);
  if (options.place == pipeline::ModelPlace::kLocal) return routes;
  const std::chrono::milliseconds stale(options.stale_answer_ms);
  routes.push_back(
      [&spec, shares = *std::move(shares), stale](pipeline::RouteHost& host, pipeline::RemoteRoute* remote) {
        return std::make_unique<pipeline::SplitRoute>(host, remote, spec, shares, stale);
      });
  return routes;
}

}  // namespace sluice::c
