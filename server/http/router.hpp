// Which answer an HTTP request gets: pages, bundle files, metadata, health and metrics at once; an infer request is only
// recognised here and run by whoever holds the connection. Knows nothing of sockets. One thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>

#include "server/engine/engine.hpp"
#include "server/http/exchange.hpp"
#include "server/http/origin_policy.hpp"
#include "server/http/static_files.hpp"
#include "server/metrics/metrics.hpp"
#include "server/store/model_store.hpp"

namespace sluice::server {

struct InferCall {
  std::size_t model = 0;  // index in the store
};

class Router {
 public:
  // All of these must outlive the router.
  Router(const ModelStore& store, const Engine& engine, const OriginPolicy& origins, Metrics& metrics,
         std::optional<StaticFiles> pages);

  std::variant<HttpReply, InferCall> route(const HttpHead& head);
  // What orchestrators and monitors ask: answered also when max_connections are open.
  static bool is_probe(const HttpHead& head);

  void set_ready(bool ready) { ready_ = ready; }
  bool ready() const { return ready_; }

 private:
  HttpReply bundle_file(const HttpHead& head, std::string_view rest) const;
  std::variant<HttpReply, InferCall> model(const HttpHead& head, std::string_view rest) const;

  const ModelStore& store_;
  const Engine& engine_;
  const OriginPolicy& origins_;
  Metrics& metrics_;
  std::optional<StaticFiles> pages_;
  bool ready_ = false;
};

}  // namespace sluice::server
