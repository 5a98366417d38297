#include "server/metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <utility>

#include "server/metrics/resident_bytes.hpp"

namespace sluice::server {

namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// 50 microseconds to 10 seconds: from a tensor of a tiny model to a picture behind a full queue.
const prometheus::Histogram::BucketBoundaries kLatencyBuckets = {
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

const prometheus::Histogram::BucketBoundaries kBatchBuckets = {1, 2, 4, 8, 16, 32, 64, 128};

const prometheus::Histogram::BucketBoundaries kChannelBuckets = {1, 2, 4, 8, 16, 24, 32, 48, 64, 128, 256};

// From a plain picture's features to those of a large one in many steps.
const prometheus::Histogram::BucketBoundaries kPayloadBuckets = {32,   64,   128,  256,   512,   1024,
                                                                 2048, 4096, 8192, 16384, 32768, 65536};

// 10 milliseconds to 2 minutes.
const prometheus::Histogram::BucketBoundaries kLoadBuckets = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                                              2.5,  5,     10,   25,  50,   120};

// What a server can answer with, by the protocol.
constexpr std::array kServerKinds = {pipeline::AnswerKind::kReused, pipeline::AnswerKind::kExited,
                                     pipeline::AnswerKind::kSplit, pipeline::AnswerKind::kRemote};

std::size_t open_files() {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator files("/proc/self/fd", error), end; !error && files != end;
       files.increment(error)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // less the one that listed them
}

}  // namespace

Outcome outcome_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kDeadlineExpired: return Outcome::kExpired;
    case ErrorCode::kCancelled:
    case ErrorCode::kConnectionLost:
    case ErrorCode::kSuperseded: return Outcome::kCancelled;
    case ErrorCode::kShuttingDown:
    case ErrorCode::kUnauthenticated: return Outcome::kRejected;
    default: break;
  }
  const ErrorInfo* info = find_error(static_cast<std::uint32_t>(code));
  if (info == nullptr) return Outcome::kError;
  switch (info->category) {
    case ErrorCategory::kLimit: return Outcome::kRejected;
    case ErrorCategory::kArgument:
    case ErrorCategory::kProtocol: return Outcome::kInvalid;
    case ErrorCategory::kTransport: return Outcome::kCancelled;
    default: return Outcome::kError;
  }
}

void ModelMetrics::ended(Outcome outcome) const { outcomes[static_cast<std::size_t>(outcome)]->Increment(); }

void ModelMetrics::answered(pipeline::AnswerKind how) const {
  ended(Outcome::kOk);
  if (auto* counter = answers[static_cast<std::size_t>(how)]; counter != nullptr) counter->Increment();
}

void ModelMetrics::late() const { late_results->Increment(); }

void ModelMetrics::batch(BatchLeft left, std::uint32_t inputs) const {
  batches[static_cast<std::size_t>(left)]->Increment();
  batch_inputs->Observe(inputs);
}

void ModelMetrics::closed(PartsClosed by) const { in_parts[static_cast<std::size_t>(by)]->Increment(); }

void ModelMetrics::left_at(std::size_t stage) const {
  if (stage < exits.size()) exits[stage]->Increment();
}

void ModelMetrics::took_features(std::uint32_t channels, std::size_t payload_bytes) const {
  split_channels->Observe(channels);
  split_payload->Observe(static_cast<double>(payload_bytes));
}

void ModelMetrics::answered_by(std::size_t variant) const {
  if (variant < variants.size()) variants[variant]->Increment();
}

void ModelMetrics::loaded(Duration took, std::size_t of_bytes) const {
  load_time->Set(seconds(took));
  bytes->Set(static_cast<double>(of_bytes));
}

void ModelMetrics::took(Duration in_queue, Duration in_decode, Duration in_compute, Duration in_total) const {
  queue->Observe(seconds(in_queue));
  decode->Observe(seconds(in_decode));
  compute->Observe(seconds(in_compute));
  total->Observe(seconds(in_total));
}

struct Metrics::Impl {
  template <typename T>
  using Family = prometheus::Family<T>;

  prometheus::Registry registry;
  Family<prometheus::Counter>& requests;
  Family<prometheus::Counter>& answers;
  Family<prometheus::Counter>& late;
  Family<prometheus::Histogram>& queue;
  Family<prometheus::Histogram>& decode;
  Family<prometheus::Histogram>& compute;
  Family<prometheus::Histogram>& total;
  Family<prometheus::Counter>& batches;
  Family<prometheus::Histogram>& batch_inputs;
  Family<prometheus::Counter>& in_parts;
  Family<prometheus::Counter>& exits;
  Family<prometheus::Histogram>& split_channels;
  Family<prometheus::Histogram>& split_payload;
  Family<prometheus::Gauge>& load;
  Family<prometheus::Gauge>& model_bytes;
  Family<prometheus::Counter>& variants;
  Family<prometheus::Counter>& model_loads;
  Family<prometheus::Gauge>& models_by_place;
  Family<prometheus::Counter>& refusals;
  Family<prometheus::Counter>& http;
  Family<prometheus::Counter>& loads;
  Family<prometheus::Counter>& credentials;
  Family<prometheus::Gauge>& certificate_expiry;
  Family<prometheus::Counter>& rate_limited;
  prometheus::Histogram& encode;
  prometheus::Counter& received;
  prometheus::Counter& sent;
  prometheus::Counter& connections;
  prometheus::Gauge& open;
  prometheus::Counter& slow_readers;
  prometheus::Gauge& pending;
  prometheus::Gauge& held;
  prometheus::Gauge& unsent_http;
  prometheus::Gauge& ready;
  prometheus::Gauge& memory;
  prometheus::Gauge& files;
  prometheus::Counter& evictions;
  prometheus::Gauge& models_bytes;
  prometheus::Histogram& loading;
  prometheus::Histogram& load_waits;
  Family<prometheus::Counter>& forwards;
  prometheus::Histogram& forward_time;
  prometheus::Gauge& forwarding;
  prometheus::Gauge& upstream_connections;
  std::array<prometheus::Counter*, kForwardOutcomeNames.size()> forwarded{};
  std::array<prometheus::Counter*, kRefusalNames.size()> refused{};
  std::array<prometheus::Counter*, kLoadOutcomeNames.size()> loaded{};
  struct Holder;  // of the series of one version
  std::mutex models_mutex;
  std::map<std::pair<std::string, std::string>, std::weak_ptr<Holder>> models;

  Family<prometheus::Counter>& counters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Family<prometheus::Gauge>& gauges(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
  Family<prometheus::Histogram>& histograms(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  Impl()
      : requests(counters("sluice_requests_total", "Requests by how they ended")),
        answers(counters("sluice_answers_total", "Answers by how they came about")),
        late(counters("sluice_late_results_total", "Results computed for requests that had ended meanwhile")),
        queue(histograms("sluice_queue_seconds", "From admission to a worker")),
        decode(histograms("sluice_decode_seconds", "Payload to tensor")),
        compute(histograms("sluice_compute_seconds", "The model and the decoding of its outputs")),
        total(histograms("sluice_total_seconds", "From admission to the result")),
        batches(counters("sluice_batches_total", "Runs of the model by why they left when they did")),
        batch_inputs(histograms("sluice_batch_inputs", "Inputs in one run of the model")),
        in_parts(counters("sluice_payloads_in_parts_total", "Payloads that came in parts by what closed them")),
        exits(counters("sluice_exit_answers_total",
                       "Answers of the stages behind a model's cut, by the exit that gave them")),
        split_channels(histograms("sluice_split_channels", "Channels of features that an answer is of")),
        split_payload(histograms("sluice_split_payload_bytes", "Features' payload that an answer is of")),
        load(gauges("sluice_model_load_seconds", "Loading and warming up")),
        model_bytes(
            gauges("sluice_model_bytes",
                   "Size of the model's file, of its remote half where it has one, and of the weights behind a cut")),
        variants(counters("sluice_variant_answers_total", "Answers that a variant gave in the model's place")),
        model_loads(counters("sluice_model_loads_total", "Loads into the memory for models, by outcome")),
        models_by_place(gauges("sluice_models", "Models and variants by whether they are in memory")),
        refusals(counters("sluice_refused_connections_total", "Connections and upgrades refused, by reason")),
        http(counters("sluice_http_responses_total", "HTTP responses by status")),
        loads(counters("sluice_bundle_loads_total", "Bundles looked at in a load, by what became of them")),
        credentials(
            counters("sluice_credential_loads_total", "Certificate and tokens read from their files, by outcome")),
        certificate_expiry(
            gauges("sluice_tls_certificate_expiry_seconds", "When the certificate expires, in Unix time")),
        rate_limited(counters("sluice_rate_limited_requests_total", "Requests refused for the rate of their token")),
        encode(histograms("sluice_encode_seconds", "Result to message").Add({}, kLatencyBuckets)),
        received(counters("sluice_received_bytes_total", "Payload of messages and HTTP bodies received").Add({})),
        sent(counters("sluice_sent_bytes_total", "Payload of messages and HTTP bodies sent").Add({})),
        connections(counters("sluice_connections_total", "Connections accepted").Add({})),
        open(gauges("sluice_open_connections", "Connections open now").Add({})),
        slow_readers(counters("sluice_slow_readers_total", "Connections closed because they did not read").Add({})),
        pending(gauges("sluice_pending_requests", "Requests waiting for a worker").Add({})),
        held(gauges("sluice_held_bytes", "Requests that arrive, wait or run").Add({})),
        unsent_http(gauges("sluice_unsent_http_bytes", "HTTP replies that clients have not read yet").Add({})),
        ready(gauges("sluice_ready", "1 while the server takes new work").Add({})),
        memory(gauges("process_resident_memory_bytes", "Resident memory").Add({})),
        files(gauges("process_open_fds", "Open file descriptors").Add({})),
        evictions(counters("sluice_model_evictions_total", "Models that made room for others").Add({})),
        models_bytes(gauges("sluice_model_memory_bytes", "Set aside for models in memory, of the budget").Add({})),
        loading(histograms("sluice_model_loading_seconds", "Loads into the memory for models").Add({}, kLoadBuckets)),
        load_waits(
            histograms("sluice_load_wait_seconds", "Requests' waits for a model to be loaded").Add({}, kLoadBuckets)),
        forwards(
            counters("sluice_forwarded_requests_total", "Requests passed on to the upstream, by what became of them")),
        forward_time(
            histograms("sluice_forward_seconds", "From passing a request on to its answer").Add({}, kLatencyBuckets)),
        forwarding(gauges("sluice_forwarding_requests", "Requests that are with the upstream now").Add({})),
        upstream_connections(gauges("sluice_upstream_connections", "Connections to the upstream, ready").Add({})) {
    for (std::size_t i = 0; i < forwarded.size(); ++i) {
      forwarded[i] = &forwards.Add({{"outcome", std::string(kForwardOutcomeNames[i])}});
    }
    for (std::size_t i = 0; i < refused.size(); ++i) {
      refused[i] = &refusals.Add({{"reason", std::string(kRefusalNames[i])}});
    }
    for (std::size_t i = 0; i < loaded.size(); ++i) {
      loaded[i] = &loads.Add({{"outcome", std::string(kLoadOutcomeNames[i])}});
    }
  }
};

struct Metrics::Impl::Holder {
  Impl& impl;
  prometheus::Labels labels;
  ModelMetrics metrics;

  Holder(Impl& owner, prometheus::Labels version, std::size_t exits, const std::vector<std::string>& variants)
      : impl(owner), labels(std::move(version)) {
    for (const auto& variant : variants) metrics.variants.push_back(&impl.variants.Add(with("variant", variant)));
    for (std::size_t i = 0; i < exits; ++i)
      metrics.exits.push_back(&impl.exits.Add(with("exit", std::to_string(i + 1))));
    if (exits != 0) metrics.exits.push_back(&impl.exits.Add(with("exit", "none")));
    for (std::size_t i = 0; i < kOutcomeNames.size(); ++i) {
      metrics.outcomes[i] = &impl.requests.Add(with("outcome", kOutcomeNames[i]));
    }
    for (const auto kind : kServerKinds) {
      metrics.answers[static_cast<std::size_t>(kind)] = &impl.answers.Add(with("kind", pipeline::kind_name(kind)));
    }
    for (std::size_t i = 0; i < kBatchLeftNames.size(); ++i) {
      metrics.batches[i] = &impl.batches.Add(with("left", kBatchLeftNames[i]));
    }
    for (std::size_t i = 0; i < kPartsClosedNames.size(); ++i) {
      metrics.in_parts[i] = &impl.in_parts.Add(with("closed", kPartsClosedNames[i]));
    }
    metrics.late_results = &impl.late.Add(labels);
    metrics.queue = &impl.queue.Add(labels, kLatencyBuckets);
    metrics.decode = &impl.decode.Add(labels, kLatencyBuckets);
    metrics.compute = &impl.compute.Add(labels, kLatencyBuckets);
    metrics.total = &impl.total.Add(labels, kLatencyBuckets);
    metrics.batch_inputs = &impl.batch_inputs.Add(labels, kBatchBuckets);
    metrics.split_channels = &impl.split_channels.Add(labels, kChannelBuckets);
    metrics.split_payload = &impl.split_payload.Add(labels, kPayloadBuckets);
    metrics.load_time = &impl.load.Add(labels);
    metrics.bytes = &impl.model_bytes.Add(labels);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() {
    const std::lock_guard lock(impl.models_mutex);
    const auto known = impl.models.find({labels.at("model"), labels.at("version")});
    if (known != impl.models.end() && known->second.lock() != nullptr)
      return;  // loaded again meanwhile, with the same series
    for (auto* one : metrics.outcomes) impl.requests.Remove(one);
    for (auto* one : metrics.answers) {
      if (one != nullptr) impl.answers.Remove(one);
    }
    for (auto* one : metrics.batches) impl.batches.Remove(one);
    for (auto* one : metrics.in_parts) impl.in_parts.Remove(one);
    for (auto* one : metrics.exits) impl.exits.Remove(one);
    impl.late.Remove(metrics.late_results);
    impl.queue.Remove(metrics.queue);
    impl.decode.Remove(metrics.decode);
    impl.compute.Remove(metrics.compute);
    impl.total.Remove(metrics.total);
    impl.batch_inputs.Remove(metrics.batch_inputs);
    impl.split_channels.Remove(metrics.split_channels);
    impl.split_payload.Remove(metrics.split_payload);
    for (auto* one : metrics.variants) impl.variants.Remove(one);
    impl.load.Remove(metrics.load_time);
    impl.model_bytes.Remove(metrics.bytes);
  }

  prometheus::Labels with(const char* label, std::string_view value) const {
    auto all = labels;
    all.emplace(label, value);
    return all;
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

std::shared_ptr<const ModelMetrics> Metrics::add_model(const std::string& model, const std::string& version,
                                                       std::size_t exits, const std::vector<std::string>& variants) {
  const std::lock_guard lock(impl_->models_mutex);
  auto& known = impl_->models[{model, version}];
  auto holder = known.lock();
  if (holder == nullptr) {
    known = holder = std::make_shared<Impl::Holder>(*impl_, prometheus::Labels{{"model", model}, {"version", version}},
                                                    exits, variants);
  }
  std::erase_if(impl_->models, [](const auto& one) { return one.second.expired(); });
  return {holder, &holder->metrics};
}

void Metrics::received(std::size_t bytes) { impl_->received.Increment(static_cast<double>(bytes)); }
void Metrics::sent(std::size_t bytes) { impl_->sent.Increment(static_cast<double>(bytes)); }
void Metrics::connection_opened() {
  impl_->connections.Increment();
  impl_->open.Increment();
}
void Metrics::connection_closed() { impl_->open.Decrement(); }
void Metrics::refused(Refusal reason) { impl_->refused[static_cast<std::size_t>(reason)]->Increment(); }
void Metrics::loaded(LoadOutcome outcome) { impl_->loaded[static_cast<std::size_t>(outcome)]->Increment(); }
void Metrics::credentials_loaded(Credential what, bool usable) {
  const std::string name(kCredentialNames[static_cast<std::size_t>(what)]);
  impl_->credentials.Add({{"credential", name}, {"outcome", usable ? "loaded" : "failed"}}).Increment();
}
void Metrics::set_certificate_expiry(std::chrono::system_clock::time_point time) {
  impl_->certificate_expiry.Add({}).Set(static_cast<double>(std::chrono::system_clock::to_time_t(time)));
}
void Metrics::rate_limited(const std::string& token) { impl_->rate_limited.Add({{"token", token}}).Increment(); }
void Metrics::model_loaded(bool usable, Duration took) {
  impl_->model_loads.Add({{"outcome", usable ? "loaded" : "failed"}}).Increment();
  impl_->loading.Observe(seconds(took));
}
void Metrics::model_evicted() { impl_->evictions.Increment(); }
void Metrics::waited_for_load(Duration waited) { impl_->load_waits.Observe(seconds(waited)); }
void Metrics::set_models(const ModelCounts& counts) {
  const auto set = [&](const char* place, std::size_t models) {
    impl_->models_by_place.Add({{"memory", place}}).Set(static_cast<double>(models));
  };
  set("resident", counts.resident);
  set("loading", counts.loading);
  set("cold", counts.cold);
  impl_->models_bytes.Set(static_cast<double>(counts.bytes));
}
void Metrics::forwarded(ForwardOutcome outcome, Duration took) {
  impl_->forwarded[static_cast<std::size_t>(outcome)]->Increment();
  if (outcome == ForwardOutcome::kAnswered) impl_->forward_time.Observe(seconds(took));
}
void Metrics::set_forwarding(std::size_t requests, std::size_t connections) {
  impl_->forwarding.Set(static_cast<double>(requests));
  impl_->upstream_connections.Set(static_cast<double>(connections));
}
void Metrics::slow_reader_closed() { impl_->slow_readers.Increment(); }
void Metrics::encoded(Duration took) { impl_->encode.Observe(seconds(took)); }
void Metrics::http_answered(unsigned status) { impl_->http.Add({{"status", std::to_string(status)}}).Increment(); }
void Metrics::set_pending(std::size_t requests) { impl_->pending.Set(static_cast<double>(requests)); }
void Metrics::set_held(std::uint64_t bytes) { impl_->held.Set(static_cast<double>(bytes)); }
void Metrics::set_unsent_http(std::uint64_t bytes) { impl_->unsent_http.Set(static_cast<double>(bytes)); }
void Metrics::set_ready(bool ready) { impl_->ready.Set(ready ? 1 : 0); }

std::string Metrics::text() {
  impl_->memory.Set(static_cast<double>(resident_bytes()));
  impl_->files.Set(static_cast<double>(open_files()));
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace sluice::server
