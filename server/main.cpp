// sluice-server: command line, engine, server, until a signal drains it. Exit codes: 0 after a drain, 1 when it could not
// start, 2 for a wrong command line, 3 when a model was still running after a drain, 130 when a second signal ended it.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "server/descriptor_limit.hpp"
#include "server/engine/engine_choice.hpp"
#include "server/options.hpp"
#include "server/server.hpp"

namespace {

using namespace sluice::server;

int run(const ServerOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);  // until it is listened for: what it would have looked at again is being read
  auto engine = choose_engine(options.engine, options.onnxruntime_library, static_cast<int>(options.intra_op_threads));
  if (!engine) {
    std::fprintf(stderr, "sluice-server: %s\n", sluice::describe(engine.error()).c_str());
    return 1;
  }
  const Log log(options.json_log ? Log::Form::kJson : Log::Form::kHuman);
  provide_descriptors(options.max_connections, log);
  auto server = Server::start(options, std::move(*engine), log);
  if (!server) {
    std::fprintf(stderr, "sluice-server: %s\n", sluice::describe(server.error()).c_str());
    return 1;
  }
  (*server)->handle_signals();
  log.line("limits", "Limits:",
           {{"max_connections", std::to_string(options.max_connections)},
            {"max_queue", std::to_string(options.max_queue)},
            {"max_in_flight_per_connection", std::to_string(options.max_in_flight_per_connection)},
            {"max_message_bytes", std::to_string(options.max_message_bytes)},
            {"max_picture_pixels", std::to_string(options.max_picture_pixels)},
            {"max_budget_ms", std::to_string(options.max_budget_ms)},
            {"idle_timeout_ms", std::to_string(options.idle_timeout_ms)}});
  log.line("listening", "Serving " + (*server)->summary() + " on " + (*server)->url(),
           {{"url", (*server)->url()}, {"port", std::to_string((*server)->port())}});
  if ((*server)->wait()) return 0;
  log.line("model_stuck", "A model is still running; ending without it");
  std::_Exit(3);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto parsed = parse_options(argc, argv);
    if (const auto* exit = std::get_if<ExitRequest>(&parsed)) {
      std::fputs(exit->text.c_str(), exit->status == 0 ? stdout : stderr);
      return exit->status;
    }
    return run(std::get<ServerOptions>(parsed));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluice-server: %s\n", error.what());
    return 1;
  }
}
