// Everything the server counts, and its Prometheus text. Counters are atomics and histograms lock for a few nanoseconds,
// so any thread may record at any time. Base units: seconds and bytes. Owns its registry; there are no globals.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/time.hpp"
#include "core/pipeline/answer.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace sluice::server {

// How a request ended; every request of a model is counted under exactly one.
enum class Outcome : std::uint8_t { kOk, kRejected, kExpired, kCancelled, kInvalid, kError };
inline constexpr std::array<std::string_view, 6> kOutcomeNames = {"ok",        "rejected", "expired",
                                                                  "cancelled", "invalid",  "error"};

// The outcome that an error stands for: limits are rejections, bad payloads are invalid, ...
Outcome outcome_of(ErrorCode code);

enum class Refusal : std::uint8_t {
  kOrigin,
  kHost,
  kSubprotocol,
  kConnections,
  kDraining,
  kMalformed,
  kTimeout,
  kTls,
  kToken,
  kBytes
};
inline constexpr std::array<std::string_view, 10> kRefusalNames = {
    "origin", "host", "subprotocol", "connections", "draining", "malformed", "timeout", "tls", "token", "bytes"};

// Why a batch was run when it was: it was as large as the bundle allows; as large as pays; its delay was over; there was nothing
// more to wait for; a larger one would have made an input late.
enum class BatchLeft : std::uint8_t { kFull, kBest, kDelay, kAlone, kDeadline };
inline constexpr std::array<std::string_view, 5> kBatchLeftNames = {"full", "best", "delay", "alone", "deadline"};

// What closed a payload that came in parts: its last part, or the request's budget.
enum class PartsClosed : std::uint8_t { kLast, kBudget };
inline constexpr std::array<std::string_view, 2> kPartsClosedNames = {"last", "budget"};

// What became of a bundle in a load.
enum class LoadOutcome : std::uint8_t { kLoaded, kUnchanged, kRemoved, kFailed };
inline constexpr std::array<std::string_view, 4> kLoadOutcomeNames = {"loaded", "unchanged", "removed", "failed"};

// What became of a request that was passed on to the upstream: answered; ended by the upstream's error about it; given back, since the
// upstream could or would not; given up here by whoever asked, or by its deadline; answered when it had ended here; not passed on, since
// it had come around.
enum class ForwardOutcome : std::uint8_t { kAnswered, kError, kReturned, kWithdrawn, kExpired, kLate, kLoop };
inline constexpr std::array<std::string_view, 7> kForwardOutcomeNames = {"answered", "error", "returned", "withdrawn",
                                                                         "expired",  "late",  "loop"};

// Where the models that are served stand, with a memory budget.
struct ModelCounts {
  std::size_t resident = 0;
  std::size_t loading = 0;  // or in line
  std::size_t cold = 0;
  std::uint64_t bytes = 0;  // set aside for the first two
};

// What is read from files beside the bundles.
enum class Credential : std::uint8_t { kCertificate, kTokens };
inline constexpr std::array<std::string_view, 2> kCredentialNames = {"certificate", "tokens"};

struct ModelMetrics {
  std::array<prometheus::Counter*, kOutcomeNames.size()> outcomes{};
  std::array<prometheus::Counter*, pipeline::kAnswerKinds> answers{};  // null: not of a kind that a server gives
  prometheus::Counter* late_results = nullptr;  // computed for a request that had ended meanwhile
  prometheus::Histogram* queue = nullptr;
  prometheus::Histogram* decode = nullptr;
  prometheus::Histogram* compute = nullptr;
  prometheus::Histogram* total = nullptr;
  std::array<prometheus::Counter*, kBatchLeftNames.size()> batches{};
  prometheus::Histogram* batch_inputs = nullptr;
  std::array<prometheus::Counter*, kPartsClosedNames.size()> in_parts{};
  // Of a model that is cut: answers by the exit, on the server, that gave them; the last one: that ran to the model's end.
  std::vector<prometheus::Counter*> exits{};
  prometheus::Histogram* split_channels = nullptr;
  prometheus::Histogram* split_payload = nullptr;
  prometheus::Gauge* load_time = nullptr;
  prometheus::Gauge* bytes = nullptr;
  std::vector<prometheus::Counter*> variants{};  // answers by the variants of the model, in the manifest's order

  void ended(Outcome outcome) const;
  void answered(pipeline::AnswerKind how) const;  // ended with kOk, so
  void late() const;
  void batch(BatchLeft left, std::uint32_t inputs) const;
  void closed(PartsClosed by) const;
  void left_at(std::size_t stage) const;                                        // of an answer
  void took_features(std::uint32_t channels, std::size_t payload_bytes) const;  // of an answer
  void answered_by(std::size_t variant) const;
  void loaded(Duration took, std::size_t of_bytes) const;
  void took(Duration in_queue, Duration in_decode, Duration in_compute, Duration in_total) const;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The metrics of one version of a model. Its series end with the last holder; loading the same version again goes on with
  // those there are. This object must outlive all holders.
  // `exits`: of a model that is cut; `variants`: their names.
  std::shared_ptr<const ModelMetrics> add_model(const std::string& model, const std::string& version,
                                                std::size_t exits = 0, const std::vector<std::string>& variants = {});

  void received(std::size_t bytes);
  void sent(std::size_t bytes);
  void connection_opened();
  void connection_closed();
  void refused(Refusal reason);
  void loaded(LoadOutcome outcome);
  void credentials_loaded(Credential what, bool usable);
  void set_certificate_expiry(std::chrono::system_clock::time_point time);
  void rate_limited(const std::string& token);
  void slow_reader_closed();
  // With a memory budget: a model came into memory or could not, after so long; one went to make room; a request waited for a load.
  void model_loaded(bool usable, Duration took);
  void model_evicted();
  void waited_for_load(Duration waited);
  void set_models(const ModelCounts& counts);
  void forwarded(ForwardOutcome outcome, Duration took);  // the time counts of those that were answered
  void set_forwarding(std::size_t requests, std::size_t connections);
  void encoded(Duration took);
  void http_answered(unsigned status);
  void set_pending(std::size_t requests);
  void set_held(std::uint64_t bytes);  // any thread
  void set_unsent_http(std::uint64_t bytes);
  void set_ready(bool ready);

  // The Prometheus text exposition, with this process's memory and open files read at the call.
  std::string text();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::server
