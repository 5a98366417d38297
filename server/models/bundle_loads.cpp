#include "server/models/bundle_loads.hpp"

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

namespace sluice::server {

BundleLoads::BundleLoads(ModelRegistry& models, const Log& log, Metrics& metrics)
    : models_(models), log_(log), metrics_(metrics) {}

BundleLoads::~BundleLoads() {
  thread_.stop();  // what is queued is dropped, what runs is waited for
  thread_.join();
}

void BundleLoads::tell(const LoadReport& report) const {
  metrics_.loaded(report.outcome);
  switch (report.outcome) {
    case LoadOutcome::kUnchanged: return;
    case LoadOutcome::kLoaded:
      log_.line("bundle_loaded",
                "Serving " + report.name + " " + report.version +
                    (report.same_version
                         ? " anew; its manifest changed and its version did not, so clients that have it keep theirs"
                         : ""),
                {{"bundle", report.name}, {"version", report.version}});
      return;
    case LoadOutcome::kRemoved:
      log_.line("bundle_removed", "No longer serving " + report.name, {{"bundle", report.name}});
      return;
    case LoadOutcome::kFailed: break;
  }
  const std::string problem = report.problem ? describe(*report.problem) : "";
  const std::string goes_on = report.version.empty() ? "it is not served" : report.version + " is served on";
  log_.line("bundle_failed", "Could not load " + report.name + ": " + problem + "; " + goes_on,
            {{"bundle", report.name}, {"version", report.version}, {"reason", problem}});
}

// An exception on this thread would end the process, and with it what is served. Whoever waits is told.
template <typename Work>
void BundleLoads::post(Work work, Done done) {
  boost::asio::post(thread_, [this, work = std::move(work), done = std::move(done)]() mutable {
    Result<void> result;
    try {
      result = work();
    } catch (const std::exception& problem) {
      metrics_.loaded(LoadOutcome::kFailed);
      log_.line("reload_failed", "A load was given up; everything is served on", {{"reason", problem.what()}});
      result = fail(ErrorCode::kInternal, {"the load was given up: ", problem.what()});
    }
    if (done) done(result);
  });
}

void BundleLoads::reload() {
  const auto all = [this]() -> Result<void> {
    const auto reports = models_.reload();
    if (!reports) {
      metrics_.loaded(LoadOutcome::kFailed);
      log_.line("reload_failed", "Could not reload; everything is served on: " + describe(reports.error()),
                {{"reason", describe(reports.error())}});
      return fail(reports.error());
    }
    for (const auto& report : *reports) tell(report);
    log_.line("reloaded", "Reloaded; serving " + models_.names(), {{"bundles", models_.names()}});
    return {};
  };
  post(all, {});
}

void BundleLoads::load(std::string name, Done done) {
  const auto one = [this, name = std::move(name)]() -> Result<void> {
    const auto report = models_.load(name);
    if (!report) return fail(report.error());
    tell(*report);
    if (report->problem) return fail(*report->problem);
    return {};
  };
  post(one, std::move(done));
}

void BundleLoads::unload(std::string name, Done done) {
  const auto one = [this, name = std::move(name)]() -> Result<void> {
    const auto ok = models_.unload(name);
    if (ok) tell({name, {}, LoadOutcome::kRemoved, {}});
    return ok;
  };
  post(one, std::move(done));
}

}  // namespace sluice::server
