// A client's handle, which the calls of every module and those of the modules that run full models share. Internal to bindings/c.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/c/log_lines.hpp"
#include "bindings/c/records.hpp"
#include "core/pipeline/client.hpp"

namespace sluice::c {

// Measures the gate's cost; decides nothing.
class SystemClock final : public Clock {
 public:
  Instant now() override {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return Instant(std::chrono::duration_cast<Duration>(std::chrono::seconds(time.tv_sec) +
                                                        std::chrono::nanoseconds(time.tv_nsec)));
  }
};

}  // namespace sluice::c

struct sluice_client {
  sluice::c::SystemClock clock;
  sluice::c::LogLines log;
  std::optional<sluice::pipeline::Client> client;
  std::optional<sluice::pipeline::ClientEvent> event;    // what the caller was given last
  std::vector<sluice::input::ImageView> frames;          // of the clip under offer; kept for its capacity
  std::string device_part;                               // of a model in two halves; empty: it takes no such route
  sluice::pipeline::AttemptId device_attempt = 0;        // for which that part was wanted last
  std::vector<sluice::pipeline::ModelVariant> variants;  // of the bundle's model, for what they agree on
  bool stages = false;                                   // the caller runs the model by stages
  bool records = false;
  std::string saved;  // the promise's state that the caller was given last
};

namespace sluice::c {

// Runs `body` on the pipeline behind a handle.
template <typename Body>
sluice_status with_client(sluice_client* handle, sluice_error* error, Body&& body) {
  return guarded(error, [&]() -> Result<void> {
    if (handle == nullptr) return null_argument("client");
    return body(*handle->client);
  });
}

// An input, with the file that the caller has of it.
Result<void> offer(sluice_client& client, const sluice_input* input, const pipeline::OwnForm& own, std::int64_t now_us,
                   std::uint64_t* out_input);

}  // namespace sluice::c
