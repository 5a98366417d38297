// Loads bundles beside the serving: on one thread of its own, one after the other, each told to the log and counted. What a load
// changes is the registry's matter; who asked for it (a signal, a request) hears of it on the I/O thread.
// Owns its thread, which it waits for when it goes; registry, log and metrics outlive it. Safe from any thread.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <string>

#include "core/base/result.hpp"
#include "server/log.hpp"
#include "server/metrics/metrics.hpp"
#include "server/models/model_registry.hpp"

namespace sluice::server {

class BundleLoads {
 public:
  BundleLoads(ModelRegistry& models, const Log& log, Metrics& metrics);
  ~BundleLoads();
  BundleLoads(const BundleLoads&) = delete;
  BundleLoads& operator=(const BundleLoads&) = delete;

  // The whole folder again.
  void reload();

  // One bundle by name; `done` is called on this object's thread.
  using Done = std::function<void(const Result<void>&)>;
  void load(std::string name, Done done);
  void unload(std::string name, Done done);

  // Says what became of a bundle.
  void tell(const LoadReport& report) const;

 private:
  template <typename Work>
  void post(Work work, Done done);  // `done` may be empty

  ModelRegistry& models_;
  const Log& log_;
  Metrics& metrics_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace sluice::server
