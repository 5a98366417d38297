// What every connection works with; owned by the Server, which outlives them all. Used on the I/O thread.
#pragma once

#include "core/pipeline/session.hpp"
#include "server/byte_budget.hpp"
#include "server/connection_set.hpp"
#include "server/http/origin_policy.hpp"
#include "server/http/router.hpp"
#include "server/log_throttle.hpp"
#include "server/metrics/metrics.hpp"
#include "server/options.hpp"
#include "server/security/credentials.hpp"
#include "server/models/bundle_loads.hpp"
#include "server/models/model_registry.hpp"
#include "server/dispatch/dispatcher.hpp"

namespace sluice::server {

struct ServerContext {
  const ServerOptions& options;
  const pipeline::SessionOptions& session_options;
  const ModelRegistry& models;
  BundleLoads& loads;
  const OriginPolicy& origins;
  const Credentials& credentials;
  LogThrottle& refusals;  // lines about what clients did
  Metrics& metrics;
  Dispatcher& dispatcher;
  Router& router;
  ConnectionSet& connections;
  ByteBudget& held;                     // of requests, over all connections
  std::uint64_t server_number = 0;      // drawn when it started; tells it from others, see wire::Request::passed_by
  bool draining = false;                // no new work on any connection
  std::uint64_t unsent_http_bytes = 0;  // of replies that wait to be written, over all connections
};

}  // namespace sluice::server
