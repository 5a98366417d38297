// Load that comes at its own pace, whether or not the server keeps up, as cameras ask: an overload can be made of it, which clients that
// wait for their answers cannot make. From one thread, over connections that are greeted before the clock starts. Includes no Beast.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::server {

struct PacedLoad {
  std::uint16_t port = 0;
  std::uint32_t connections = 1;
  double requests_per_second = 1;  // of all connections together
  std::chrono::milliseconds duration{1000};
  std::chrono::milliseconds patience{5000};  // for what is missing at the end
  // Sent once on each connection, and answered: the first for all, or each its own.
  std::vector<std::string> first_messages;
  // Writes request `id` (from 1, growing on each connection) into the string.
  std::function<void(std::uint64_t id, std::string& message)> make_request;
  std::function<void()> look;  // called now and then, from the loading thread
};

struct PacedResult {
  std::uint64_t sent = 0;
  std::vector<float> answers_ms;                // of each answer, from when its request was due
  std::map<ErrorCode, std::uint64_t> refusals;  // errors with a request's id
  std::uint64_t astray = 0;  // requests that were told nothing, and messages that were none of their one reply
};

Result<PacedResult> run_paced_load(const PacedLoad& load);

}  // namespace sluice::server
