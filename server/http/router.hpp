// Which answer an HTTP request gets: pages, bundle files, metadata, health and metrics at once; an infer request is only
// recognised here and run by whoever holds the connection. Knows nothing of sockets. One thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/engine/engine.hpp"
#include "server/http/exchange.hpp"
#include "server/http/origin_policy.hpp"
#include "server/http/static_files.hpp"
#include "server/metrics/metrics.hpp"
#include "server/models/model_registry.hpp"

namespace sluice::server {

inline constexpr std::string_view kStreamPath = "/v1/stream";  // of the WebSocket

struct InferCall {
  ServedLease model;
};

// A change of what is served; takes its time.
struct RepositoryCall {
  std::string bundle;
  bool load = false;  // else unload
};
using Route = std::variant<HttpReply, InferCall, RepositoryCall>;

class Router {
 public:
  // All of these must outlive the router.
  Router(const ModelRegistry& models, const Engine& engine, const OriginPolicy& origins, Metrics& metrics,
         bool repository_api, std::optional<StaticFiles> pages);

  Route route(const HttpHead& head);
  // What orchestrators and monitors ask: answered also when max_connections are open.
  static bool is_probe(const HttpHead& head);

  // What needs no token where tokens are needed: health, and the pages, which a browser has to have before it can send one.
  static bool is_open(const HttpHead& head);

  void set_ready(bool ready) { ready_ = ready; }
  bool ready() const { return ready_; }

 private:
  Route repository(const HttpHead& head, std::string_view rest) const;
  HttpReply bundle_file(const HttpHead& head, std::string_view rest) const;
  Route model(const HttpHead& head, std::string_view rest) const;
  HttpReply model_ready(const ServedModel& served) const;

  const ModelRegistry& models_;
  const Engine& engine_;
  const OriginPolicy& origins_;
  Metrics& metrics_;
  const bool repository_api_;
  std::optional<StaticFiles> pages_;
  bool ready_ = false;
};

}  // namespace sluice::server
