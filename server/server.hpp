// The server as one object: start() loads the bundles, listens and serves on a thread of its own beside the workers;
// drain() ends it in order. Owns everything it needs. drain(), wait() and the getters may be called from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "server/engine/engine.hpp"
#include "server/log.hpp"
#include "server/metrics/metrics.hpp"
#include "server/options.hpp"

namespace sluice::server {

class Server {
 public:
  // Everything that can be wrong is found here: bundles, engine, address. When it returns, connections are accepted.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, std::unique_ptr<Engine> engine, Log log);

  ~Server();  // at once, without a drain
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  std::string url() const;      // "http://127.0.0.1:8080"
  std::string summary() const;  // bundles, engine and workers, for the start line
  Metrics& metrics();

  // SIGTERM and SIGINT drain; a second one ends the process with 130 at once. SIGHUP reloads. Once per process.
  void handle_signals();

  // Looks at the bundles, the certificate and the tokens again, beside the serving: see ModelRegistry::reload(), Credentials.
  // Returns at once.
  void reload();

  // Not ready; after pre_stop_delay_ms nothing new is taken; accepted requests are answered, then wait() returns. After
  // drain_timeout_ms what is left is cut off.
  void drain();

  // Until the drain is over. False when a model was still running or loading half a second after it: nothing ends that but the end of the
  // process, and a signal ends that from now on.
  bool wait();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::server
