// Everything an operator can set, with safe defaults: loopback only, every queue and size bounded, every timeout on.
// Plain data. parse_options() reads a command line and never exits or prints by itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::server {

struct ServerOptions {
  // what is served
  std::filesystem::path bundles;
  bool private_answers = false;    // no client gets what another was answered, whatever its bundle allows
  bool repository_api = false;     // bundles may be loaded and unloaded over HTTP
  bool strict = false;             // do not start when one of several bundles cannot be loaded
  std::filesystem::path web_root;  // empty: no pages
  std::string engine = "onnxruntime";
  std::string onnxruntime_library;  // empty: looked for in the usual places
  std::uint32_t workers = 0;        // 0: one for each core
  std::uint32_t intra_op_threads = 1;
  std::uint64_t model_memory_mb = 0;  // for models; 0: all of them are kept in memory
  std::vector<std::string> pins;      // bundles whose models stay in memory
  std::uint32_t max_concurrent_loads = 2;
  std::string selection = "expected";
  bool selection_probabilistic = false;

  // where
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;              // 0: any free one
  bool insecure_remote = false;           // other machines may connect without TLS
  std::filesystem::path tls_certificate;  // empty: no TLS
  std::filesystem::path tls_key;
  std::filesystem::path token_file;          // empty: nobody needs a token
  std::vector<std::string> allowed_origins;  // "https://example.org"; the same origin is always allowed
  std::vector<std::string>
      allowed_hosts;  // names that clients may use for this server; IP addresses and localhost always

  // further on
  std::string upstream;                       // "ws://host:port"; empty: nobody is asked
  std::filesystem::path upstream_token_file;  // this server's own token there
  std::filesystem::path upstream_ca;          // PEM certificates to trust for it, beside the system's

  // limits
  std::uint32_t max_connections = 256;
  std::uint32_t max_queue = 64;
  std::uint32_t max_in_flight_per_connection = 16;
  std::uint32_t max_forwarded = 64;
  std::uint32_t max_upstream_connections = 8;
  std::uint64_t max_message_bytes = std::uint64_t{8} << 20;
  std::uint64_t max_held_bytes = std::uint64_t{512} << 20;
  std::uint64_t max_unsent_bytes = std::uint64_t{8} << 20;
  std::uint64_t max_unsent_http_bytes = std::uint64_t{256} << 20;
  std::uint64_t max_http_body_bytes = std::uint64_t{64} << 20;
  std::uint32_t max_http_header_bytes = 16 << 10;
  std::uint32_t max_json_depth = 16;
  std::uint64_t max_picture_pixels = std::uint64_t{16} << 20;
  std::uint64_t max_part_bytes = std::uint64_t{512} << 20;
  std::uint32_t inline_compute_us = 50;

  // times
  std::uint32_t handshake_timeout_ms = 5000;
  std::uint32_t idle_timeout_ms = 120'000;
  std::uint32_t write_timeout_ms = 10'000;
  std::uint32_t http_timeout_ms = 30'000;
  std::uint32_t max_budget_ms = 30'000;
  std::uint32_t pre_stop_delay_ms = 0;
  std::uint32_t drain_timeout_ms = 30'000;
  std::uint32_t reconnect_after_ms = 1000;

  // output
  bool json_log = false;
  std::uint32_t max_trace_lines_per_s = 10;
  bool print_config = false;
};

// What to print instead of serving: the help, the version, or what is wrong with the command line.
struct ExitRequest {
  int status = 0;
  std::string text;
};

std::variant<ServerOptions, ExitRequest> parse_options(int argc, const char* const* argv);

// Beyond single values: a public address without TLS or --insecure-remote, an origin that no browser sends. kInvalidArgument.
Result<void> check_options(const ServerOptions& options);

// All options and their values, "name = value" lines as --config reads them or one JSON object. kInvalidArgument names the option whose
// value cannot stand in such a line.
Result<std::string> describe_options(const ServerOptions& options, bool as_json);

}  // namespace sluice::server
