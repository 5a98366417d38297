// Which of several routes an input takes: as it is, shrunk here first, as features, with a model run here. Each comes with the times
// predicted for its stages and its bytes; the one expected to be done first is taken. PieSlicer's two actions are the case of two routes.
//
// A decision looks at each route once and allocates nothing; it says what else was considered, so that it can be logged beside what the
// route then took. Pure functions; numbers are not trusted: a route whose times are not finite or negative is considered, and not taken.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/adapt/estimate/time_estimate.hpp"
#include "core/base/result.hpp"

namespace sluice::adapt {

inline constexpr std::size_t kMaxRoutes = 8;

struct RouteStages {
  std::uint32_t route = 0;  // the caller's name for it
  TimeEstimate device;      // work here before anything is sent
  TimeEstimate transfer;    // both ways
  TimeEstimate server;  // work there: preprocessing, and queueing and execution where they differ from route to route
  std::uint64_t bytes = 0;  // to send
};

struct PlacementOptions {
  // A route is safe when 19 of 20 inputs are expected to make this; with one that is, others are not taken. nullopt: no deadline.
  std::optional<double> deadline_ms = std::nullopt;
  // How much sooner another route must be expected than the first of the list, in standard deviations of the difference as the high
  // quantiles give them: 0 takes the least mean. Above 0 the first route is held on to where predictions are poor.
  double hold_first_deviations = 0;
  // Of two routes expected this close together, the one with fewer bytes is taken.
  double tie_ms = 0;
};

struct ConsideredRoute {
  std::uint32_t route = 0;
  TimeEstimate total;
  std::uint64_t bytes = 0;
  bool usable = false;  // its times are times
  bool in_time = true;  // by its high quantile
};

struct Placement {
  std::size_t taken = 0;  // of `considered`
  std::size_t count = 0;
  std::array<ConsideredRoute, kMaxRoutes> considered;

  const ConsideredRoute& route() const { return considered[taken]; }
  std::span<const ConsideredRoute> all() const& { return std::span(considered).first(count); }
  std::span<const ConsideredRoute> all() const&& = delete;  // it would outlive what it is of
};

// kInvalidArgument for no route, more than kMaxRoutes, none with usable times, or options that are not finite or negative.
Result<Placement> place(std::span<const RouteStages> routes, const PlacementOptions& options = {});

}  // namespace sluice::adapt
