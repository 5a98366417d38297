#include "server/options.hpp"

#include <arpa/inet.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <CLI/CLI.hpp>
#include <limits>
#include <type_traits>
#include <utility>

#include "native/arguments/checks.hpp"
#include "native/arguments/explain_usage.hpp"
#include "server/dispatch/variant_chooser.hpp"
#include "server/http/origin_policy.hpp"
#include "server/upstream/upstream_address.hpp"

namespace sluice::server {

namespace {

constexpr const char* kVersionText = "sluice-server " SLUICE_VERSION;

constexpr std::uint64_t kMostMemoryMb = std::uint64_t{1} << 24U;
constexpr std::uint32_t kMostLoads = 64;

constexpr const char* kAbout =
    "Runs the full models of Sluice bundles for clients that send the frames their filter let through.\n"
    "WebSocket at /v1/stream (subprotocol sluice.v1), Open Inference Protocol at /v2, metrics at /metrics,\n"
    "bundle files at /bundles/NAME/, and the pages of --web-root at /.";

constexpr const char* kExamples =
    "Examples:\n"
    "  sluice-server --bundles build/bundles                    serve on http://127.0.0.1:8080\n"
    "  sluice-server --bundles build/bundles --web-root site --port 0 with pages, on a free port that is printed\n"
    "  sluice-server --bundles build/bundles --address 0.0.0.0 --allow-host vision.example.org \\\n"
    "      --tls-certificate chain.pem --tls-key key.pem --token-file tokens\n"
    "                                                           for others, who need a token\n"
    "  sluice-server --bundles build/bundles --model-memory-mb 200 --upstream wss://central.example.org\n"
    "                                                           what it has no model for in time goes there\n"
    "  sluice-server --bundles build/bundles --print-config > server.conf   all settings, to be changed there;\n"
    "  sluice-server --config server.conf                       and read from there\n"
    "SIGHUP looks at the bundles, the certificate and the tokens again and serves what changed.\n"
    "SIGTERM or SIGINT drains: readiness turns false, accepted requests are answered, then the program ends with 0.\n"
    "A second signal ends it at once.";

// One description of the options for the command line, --print-config and the JSON form.
template <typename Visitor>
void visit(ServerOptions& o, Visitor&& option) {
  option("Bundles and engine", "bundles", o.bundles,
         "folder of bundles, or one bundle (a folder with a manifest.json)");
  option("", "private-answers", o.private_answers,
         "hand no client what another was answered, also where a bundle shares answers");
  option("", "repository-api", o.repository_api,
         "let clients load and unload bundles of the folder over HTTP (/v2/repository)");
  option("", "strict", o.strict, "end when a bundle cannot be loaded; otherwise the others are served without it");
  option("", "web-root", o.web_root, "folder of static pages to serve at /; none when empty");
  option("", "engine", o.engine, "what runs the models: onnxruntime or xnnpack");
  option("", "onnxruntime-library", o.onnxruntime_library,
         "path of libonnxruntime.so.1; empty: beside the program, then the system's");
  option("", "workers", o.workers, "threads that run requests; 0: one for each core");
  option("", "intra-op-threads", o.intra_op_threads, "threads that one run of a model may use (onnxruntime)");
  option("", "model-memory-mb", o.model_memory_mb,
         "memory for models: those asked for less go when others come; 0: all stay");
  option("", "pin", o.pins, "bundle whose model stays in memory all the same; repeatable");
  option("", "max-concurrent-loads", o.max_concurrent_loads, "models loaded at once when they are asked for");
  option("", "selection", o.selection,
         "which variant of a model answers a client that accepts one: expected, mdinference, or off");
  option("", "selection-probabilistic", o.selection_probabilistic,
         "draw among the variants that are in time, so that what they take stays known");
  option("Address", "address", o.address, "IP address to listen on");
  option("", "port", o.port, "TCP port; 0 picks a free one and prints it");
  option("", "insecure-remote", o.insecure_remote,
         "permit an address that other machines can reach without TLS, for a proxy in front that adds it");
  option("", "allow-origin", o.allowed_origins,
         "origin whose pages may connect, exactly as browsers send it; repeatable");
  option("", "allow-host", o.allowed_hosts, "host name that clients may use for this server; repeatable");
  option("Security", "tls-certificate", o.tls_certificate,
         "PEM chain, this server's certificate first; serves https and wss in place of http and ws");
  option("", "tls-key", o.tls_key, "PEM private key of that certificate, unencrypted");
  option("", "token-file", o.token_file,
         "who may use the server: lines NAME SHA256 [rate=N] [burst=N] [share=N]; everybody when empty");
  option("Upstream", "upstream", o.upstream,
         "server that answers what this one has no model for in time: ws://HOST:PORT or wss://HOST; none when empty");
  option("", "upstream-token-file", o.upstream_token_file,
         "this server's token there, the file that a client is given");
  option("", "upstream-ca", o.upstream_ca, "PEM certificates to trust for wss://, beside the system's");
  option("Limits", "max-connections", o.max_connections, "open connections; more are refused with 1013 or 503");
  option("", "max-queue", o.max_queue,
         "requests waiting for a worker, over all connections; more are answered 'overloaded'");
  option("", "max-in-flight-per-connection", o.max_in_flight_per_connection, "requests under way on one connection");
  option("", "max-forwarded", o.max_forwarded, "requests that are with the upstream at once");
  option("", "max-upstream-connections", o.max_upstream_connections,
         "connections to the upstream, one for each bundle that is passed on; the one unused for longest makes room");
  option("", "max-message-bytes", o.max_message_bytes,
         "one WebSocket message; larger ones close the connection with 1009");
  option("", "max-held-bytes", o.max_held_bytes,
         "requests that arrive, wait or run, over all connections; more are answered 'overloaded'");
  option("", "max-unsent-bytes", o.max_unsent_bytes,
         "answers that one slow reader may leave unread before it is closed");
  option("", "max-unsent-http-bytes", o.max_unsent_http_bytes,
         "HTTP replies that clients have not read yet, over all connections; more inferences are refused with 503");
  option("", "max-http-body-bytes", o.max_http_body_bytes, "body of one HTTP request");
  option("", "max-http-header-bytes", o.max_http_header_bytes, "header of one HTTP request");
  option("", "max-json-depth", o.max_json_depth, "nesting of JSON in requests");
  option("", "max-picture-pixels", o.max_picture_pixels, "pixels of one picture, checked before it is decoded");
  option("", "max-part-bytes", o.max_part_bytes, "one file of a bundle");
  option("", "inline-compute-us", o.inline_compute_us,
         "models at most this slow run without a thread change; 0: never");
  option("Times", "handshake-timeout-ms", o.handshake_timeout_ms,
         "for TLS with the HTTP header, the upgrade and the first message");
  option("", "idle-timeout-ms", o.idle_timeout_ms, "without a message before a connection is closed");
  option("", "write-timeout-ms", o.write_timeout_ms, "for a client to take one message or response");
  option("", "http-timeout-ms", o.http_timeout_ms, "for an HTTP request's body to arrive, and for its inference");
  option("", "max-budget-ms", o.max_budget_ms, "largest time budget of a request");
  option("", "pre-stop-delay-ms", o.pre_stop_delay_ms,
         "keep serving this long after a signal, not ready, for load balancers to notice");
  option("", "drain-timeout-ms", o.drain_timeout_ms, "longest wait for accepted requests after a signal");
  option("", "reconnect-after-ms", o.reconnect_after_ms, "what clients are told to wait when the server goes");
  option("Output", "json-log", o.json_log, "log lines as JSON objects");
  option("", "max-trace-lines-per-s", o.max_trace_lines_per_s,
         "log lines about requests that say by their traceparent that they are sampled; 0: none");
  option("", "print-config", o.print_config, "print all settings, in the form of --config, and exit");
}

struct AddToCommandLine {
  CLI::App& app;
  std::string group;

  void in(const char* heading, CLI::Option* option) {
    if (*heading != '\0') group = heading;
    option->group(group);
  }
  void operator()(const char* heading, const std::string& name, bool& value, const char* help) {
    in(heading, app.add_flag("--" + name, value, help));
  }
  void operator()(const char* heading, const std::string& name, std::filesystem::path& value, const char* help) {
    in(heading, app.add_option_function<std::string>(
                       "--" + name, [&value](const std::string& text) { value = text; }, help)
                    ->type_name(name == "bundles" || name == "web-root" ? "DIR" : "FILE"));
  }
  void operator()(const char* heading, const std::string& name, std::vector<std::string>& value, const char* help) {
    in(heading, app.add_option("--" + name, value, help)->type_name("TEXT")->allow_extra_args(false));
  }
  template <typename T>
  void operator()(const char* heading, const std::string& name, T& value, const char* help) {
    auto* option = app.add_option("--" + name, value, help)->capture_default_str();
    if constexpr (std::is_integral_v<T>) {
      option->check(arguments::whole_number(0, std::numeric_limits<T>::max()));
    }
    in(heading, option);
  }
};

// In the form that --config reads; what is not set stands there as a comment.
struct WriteLines {
  std::string text;
  std::string unwritable;  // the first setting whose value that form has no way to say
  std::string quoted(const std::string& name, const std::string& value) {
    const auto cannot = [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || std::string_view("\"'\\#;,[]{}").find(c) != std::string_view::npos;
    };
    if (unwritable.empty() && std::any_of(value.begin(), value.end(), cannot)) unwritable = name;
    return value.find(' ') == std::string::npos ? value : '"' + value + '"';
  }
  void line(const std::string& name, const std::string& value) {
    text += value.empty() ? "# " + name + " =\n" : name + " = " + value + "\n";
  }
  void operator()(const char*, const std::string& name, bool& value, const char*) {
    if (name != "print-config") line(name, value ? "true" : "false");
  }
  void operator()(const char*, const std::string& name, std::filesystem::path& value, const char*) {
    line(name, quoted(name, value.string()));
  }
  void operator()(const char*, const std::string& name, std::string& value, const char*) {
    line(name, quoted(name, value));
  }
  void operator()(const char*, const std::string& name, std::vector<std::string>& value, const char*) {
    std::string all;
    for (const auto& one : value) all += (all.empty() ? "" : ", ") + quoted(name, one);
    line(name, value.empty() ? "" : "[" + all + "]");
  }
  template <typename T>
  void operator()(const char*, const std::string& name, T& value, const char*) {
    line(name, std::to_string(value));
  }
};

struct WriteJson {
  rapidjson::Writer<rapidjson::StringBuffer>& writer;
  void operator()(const char*, const std::string& name, bool& value, const char*) {
    writer.Key(name.c_str());
    writer.Bool(value);
  }
  void operator()(const char*, const std::string& name, std::filesystem::path& value, const char*) {
    writer.Key(name.c_str());
    writer.String(value.string());
  }
  void operator()(const char*, const std::string& name, std::string& value, const char*) {
    writer.Key(name.c_str());
    writer.String(value);
  }
  void operator()(const char*, const std::string& name, std::vector<std::string>& value, const char*) {
    writer.Key(name.c_str());
    writer.StartArray();
    for (const auto& one : value) writer.String(one);
    writer.EndArray();
  }
  template <typename T>
  void operator()(const char*, const std::string& name, T& value, const char*) {
    writer.Key(name.c_str());
    writer.Uint64(value);
  }
};

bool is_loopback(const std::string& address) {
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

Result<void> check_upstream(const ServerOptions& options) {
  if (options.upstream.empty()) {
    if (options.upstream_token_file.empty() && options.upstream_ca.empty()) return {};
    return fail(ErrorCode::kInvalidArgument, "--upstream-token-file and --upstream-ca need --upstream");
  }
  const auto address = parse_upstream(options.upstream);
  if (!address) return fail(address.error());
  if (!options.upstream_ca.empty() && !address->tls) {
    return fail(ErrorCode::kInvalidArgument,
                {"--upstream-ca is of use with wss:// only, and --upstream is ", options.upstream});
  }
  if (options.max_forwarded == 0 || options.max_upstream_connections == 0) {
    return fail(ErrorCode::kInvalidArgument, "--max-forwarded and --max-upstream-connections must be at least 1");
  }
  return {};
}

bool is_address(const std::string& address) {
  in6_addr any{};
  return inet_pton(AF_INET, address.c_str(), &any) == 1 || inet_pton(AF_INET6, address.c_str(), &any) == 1;
}

}  // namespace

std::variant<ServerOptions, ExitRequest> parse_options(int argc, const char* const* argv) {
  ServerOptions options;
  CLI::App app(kAbout, "sluice-server");
  app.footer(kExamples);
  app.set_version_flag("--version", kVersionText);
  app.get_formatter()->column_width(46);
  AddToCommandLine add{app, {}};
  visit(options, add);
  app.set_config("--config", "",
                 "file of settings, as --print-config writes them; what the command line says wins over it")
      ->group(add.group)
      ->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.get_option("--engine")->check(CLI::IsMember({"onnxruntime", "xnnpack"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream problems;
    if (app.exit(error, out, problems) == 0) return ExitRequest{0, out.str()};  // the help or the version
    const Error refused{ErrorCode::kInvalidArgument, arguments::explain_usage(app, error)};
    return ExitRequest{
        2, "sluice-server: " + describe(refused) + "\n        `sluice-server --help` tells what there is\n"};
  }
  if (options.print_config) {
    auto printed = describe_options(options, options.json_log);
    if (!printed) return ExitRequest{2, "sluice-server: " + describe(printed.error()) + "\n"};
    return ExitRequest{0, *std::move(printed)};
  }
  if (auto ok = check_options(options); !ok) return ExitRequest{2, "sluice-server: " + describe(ok.error()) + "\n"};
  return options;
}

Result<void> check_options(const ServerOptions& options) {
  if (options.bundles.empty()) {
    return fail(ErrorCode::kInvalidArgument, "--bundles is missing: name the folder that holds the bundles");
  }
  if (!is_address(options.address)) {
    return fail(ErrorCode::kInvalidArgument, "--address '" + options.address + "' is not an IP address");
  }
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    const bool no_key = options.tls_key.empty();
    return fail(ErrorCode::kInvalidArgument,
                no_key ? "--tls-certificate " + options.tls_certificate.string() + " needs its --tls-key"
                       : "--tls-key " + options.tls_key.string() + " needs its --tls-certificate");
  }
  if (options.tls_certificate.empty() && !options.insecure_remote && !is_loopback(options.address)) {
    return fail(ErrorCode::kInvalidArgument, "--address " + options.address +
                                                 " can be reached from other machines; add --tls-certificate and "
                                                 "--tls-key, or --insecure-remote where a proxy "
                                                 "in front adds TLS");
  }
  for (const auto& origin : options.allowed_origins) {
    if (!is_origin(origin)) {
      return fail(
          ErrorCode::kInvalidArgument,
          "--allow-origin '" + origin + "' is not an origin; write scheme://host or scheme://host:port, no path");
    }
  }
  if (options.max_connections == 0 || options.max_queue == 0 || options.max_in_flight_per_connection == 0) {
    return fail(ErrorCode::kInvalidArgument,
                "--max-connections, --max-queue and --max-in-flight-per-connection must be at least 1");
  }
  const std::pair<const char*, std::uint64_t> positive[] = {{"--handshake-timeout-ms", options.handshake_timeout_ms},
                                                            {"--idle-timeout-ms", options.idle_timeout_ms},
                                                            {"--write-timeout-ms", options.write_timeout_ms},
                                                            {"--http-timeout-ms", options.http_timeout_ms},
                                                            {"--max-budget-ms", options.max_budget_ms},
                                                            {"--max-http-body-bytes", options.max_http_body_bytes},
                                                            {"--max-unsent-bytes", options.max_unsent_bytes},
                                                            {"--max-unsent-http-bytes", options.max_unsent_http_bytes},
                                                            {"--max-picture-pixels", options.max_picture_pixels}};
  for (const auto& [name, value] : positive) {
    if (value == 0) return fail(ErrorCode::kInvalidArgument, std::string(name) + " is 0, with which nothing is served");
  }
  if (options.intra_op_threads == 0 || options.intra_op_threads > 1024 || options.workers > 1024) {
    return fail(ErrorCode::kInvalidArgument, "--intra-op-threads must be 1 to 1024 and --workers 0 to 1024");
  }
  if (options.model_memory_mb > kMostMemoryMb || options.max_concurrent_loads == 0 ||
      options.max_concurrent_loads > kMostLoads) {
    return fail(ErrorCode::kInvalidArgument,
                {"--model-memory-mb must be 0 to ", kMostMemoryMb, " and --max-concurrent-loads 1 to ", kMostLoads});
  }
  if (options.model_memory_mb == 0 && !options.pins.empty()) {
    return fail(ErrorCode::kInvalidArgument, "--pin needs --model-memory-mb: without it all models stay in memory");
  }
  if (ChoiceOptions choice; !find_selection(options.selection, choice)) {
    return fail(ErrorCode::kInvalidArgument,
                {"--selection is '", options.selection, "'; there are expected, mdinference and off"});
  }
  if (auto ok = check_upstream(options); !ok) return ok;
  if (options.max_held_bytes < std::max(options.max_message_bytes, options.max_http_body_bytes)) {
    return fail(ErrorCode::kInvalidArgument,
                "--max-held-bytes must be at least --max-message-bytes and --max-http-body-bytes");
  }
  if (options.max_http_header_bytes < 1024 || options.max_message_bytes < 4096) {
    return fail(ErrorCode::kInvalidArgument, "--max-http-header-bytes must be at least 1024, --max-message-bytes 4096");
  }
  return {};
}

Result<std::string> describe_options(const ServerOptions& options, bool as_json) {
  ServerOptions copy = options;
  if (!as_json) {
    WriteLines lines;
    visit(copy, lines);
    if (!lines.unwritable.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  {"--", lines.unwritable, " has a character that a configuration file has no way to say; ",
                   "give it on the command line"});
    }
    return lines.text;
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.StartObject();
  visit(copy, WriteJson{writer});
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace sluice::server
