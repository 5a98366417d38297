// The two ends of the benchmark that are not ours: a bare Beast WebSocket echo server, and the load, which asks and waits on
// many connections from one thread. Both sides use the same stream type and settings as the server. Includes no Beast.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::server {

// Reads a message, writes it back; one thread.
class EchoServer {
 public:
  EchoServer();
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct LoadOptions {
  std::uint16_t port = 0;
  std::uint32_t connections = 1;
  std::uint32_t in_flight = 1;  // requests under way on each; above 1 answers are taken for those of the oldest
  std::chrono::milliseconds duration{1000};
  std::string first_message;  // sent once on each connection, and answered; empty: none
  // Writes request `id` (from 1, growing on each connection) into the string.
  std::function<void(std::uint64_t id, std::string& message)> make_request;
  // Whether an answer is right; a wrong one ends the run.
  std::function<bool(const std::string& answer)> check_answer;
};

struct LoadResult {
  double requests_per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

Result<LoadResult> run_load(const LoadOptions& options);

// Connections that have been greeted and say nothing, until this object goes. Of bare sockets: they keep no memory in this process.
class IdleConnections {
 public:
  // `greeting` is the protocol's first message.
  static Result<IdleConnections> open(std::uint16_t port, const std::string& greeting, int count);
  ~IdleConnections();
  IdleConnections(IdleConnections&& from) noexcept : sockets_(std::exchange(from.sockets_, {})) {}
  IdleConnections& operator=(IdleConnections&&) = delete;

 private:
  IdleConnections() = default;
  std::vector<int> sockets_;
};

}  // namespace sluice::server
