#include "server/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <random>
#include <thread>
#include <utility>

#include "server/await.hpp"
#include "server/clock.hpp"
#include "server/connection_set.hpp"
#include "server/context.hpp"
#include "server/dispatch/dispatcher.hpp"
#include "server/trace_line.hpp"
#include "server/http/http_connection.hpp"
#include "server/models/model_registry.hpp"
#include "server/security/credentials.hpp"
#include "server/upstream/upstream.hpp"

namespace sluice::server {

namespace {

namespace net = boost::asio;
using net::ip::tcp;

// Connections above the limit that are told so; beyond those, sockets are closed without a word.
constexpr std::size_t kRefusalPlaces = 32;
constexpr auto kForEver = std::chrono::hours(24 * 365);
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

pipeline::SessionOptions session_options(const ServerOptions& options) {
  pipeline::SessionOptions session;
  session.server_name = "sluice-server/" SLUICE_VERSION;
  session.max_message_bytes = options.max_message_bytes;
  session.max_in_flight = options.max_in_flight_per_connection;
  session.max_budget_ms = options.max_budget_ms;
  session.handshake_timeout_ms = options.handshake_timeout_ms;
  session.idle_timeout_ms = options.idle_timeout_ms;
  session.max_unsent_bytes = options.max_unsent_bytes;
  return session;
}

MemoryOptions memory_options(const ServerOptions& options) {
  MemoryOptions memory;
  memory.residency.budget_bytes = options.model_memory_mb << 20U;
  memory.residency.max_concurrent_loads = options.max_concurrent_loads;
  memory.pins = {options.pins.begin(), options.pins.end()};
  return memory;
}

// That tells this server from all others which a request may meet.
std::uint64_t draw_number() {
  std::random_device random;
  return std::uint64_t{random()} << 32U | random();
}

// As the profiles in manifests name it.
std::string device_name(const Engine& engine, std::uint32_t threads) {
  return std::string(engine.name()) + "-" + std::to_string(threads) + (threads == 1 ? "-thread" : "-threads");
}

}  // namespace

struct Server::Impl {
  Impl(const ServerOptions& server_options, std::unique_ptr<Engine> chosen_engine, const Log& server_log)
      : options(server_options),
        session(session_options(options)),
        log(server_log),
        traces(log, options.max_trace_lines_per_s),
        engine(std::move(chosen_engine)),
        credentials(options, log, metrics),
        origins(options.allowed_origins, options.allowed_hosts),
        held(options.max_held_bytes, metrics),
        connections(metrics) {}

  ServerOptions options;
  pipeline::SessionOptions session;
  Log log;
  LogThrottle refusals{log};
  LogThrottle traces;
  Metrics metrics;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<ModelRegistry> models;
  std::unique_ptr<BundleLoads> loads;
  Credentials credentials;
  OriginPolicy origins;
  ByteBudget held;
  ConnectionSet connections;
  std::unique_ptr<Router> router;
  // The workers are stopped before what their results are posted to goes.
  std::unique_ptr<net::io_context> io = std::make_unique<net::io_context>(1);
  const std::uint64_t number = draw_number();
  std::unique_ptr<Upstream> upstream;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<ServerContext> context;
  std::optional<tcp::acceptor> acceptor;
  std::optional<net::steady_timer> drain_timer;
  std::optional<net::signal_set> signals;
  std::thread thread;
  std::uint16_t port = 0;
  bool drain_begun = false;

  Result<void> open();
  Result<void> open_upstream();
  Result<void> load_bundles();
  Result<void> listen();
  net::awaitable<void> accept();
  void run();
  void wait_for_signal();
  void reload();
  void begin_drain();
  void stop_taking();
  void end();
};

Result<void> Server::Impl::open() {
  if (auto ok = credentials.load(); !ok) return ok;
  const std::uint32_t workers =
      options.workers != 0 ? options.workers : std::max(1U, std::thread::hardware_concurrency());
  const ModelOptions loading{.max_part_bytes = options.max_part_bytes,
                             .inline_compute_us = options.inline_compute_us,
                             .pictures = {options.max_picture_pixels},
                             .workers = workers,
                             .share_answers = !options.private_answers,
                             .choose_variants = options.selection != "off",
                             .upstream = options.upstream,
                             .device = device_name(*engine, options.intra_op_threads)};
  models = std::make_unique<ModelRegistry>(options.bundles, loading, *engine, metrics, memory_options(options));
  loads = std::make_unique<BundleLoads>(*models, log, metrics);
  if (auto ok = load_bundles(); !ok) return ok;
  ChoiceOptions choice;
  find_selection(options.selection, choice);
  choice.probabilistic = options.selection_probabilistic;
  const DispatchOptions dispatch{.workers = workers,
                                 .max_queue = options.max_queue,
                                 .choice = choice,
                                 .inline_compute_us = options.inline_compute_us,
                                 .traced = [this](const Job& job, Outcome outcome, const JobResult& result) {
                                   log_traced(traces, job, outcome, result);
                                 }};
  dispatcher =
      std::make_unique<Dispatcher>(dispatch, metrics, [this] { net::post(*io, [this] { dispatcher->deliver(); }); });
  if (auto ok = open_upstream(); !ok) return ok;
  models->memory().set_listener([this] { dispatcher->models_changed(); });
  std::optional<StaticFiles> pages;
  if (!options.web_root.empty()) {
    auto files = StaticFiles::open(options.web_root);
    if (!files) return fail(files.error());
    pages = std::move(*files);
  }
  router = std::make_unique<Router>(*models, *engine, origins, metrics, options.repository_api, std::move(pages));
  context.reset(new ServerContext{options, session, *models, *loads, origins, credentials, refusals, metrics,
                                  *dispatcher, *router, connections, held, number});
  return listen();
}

Result<void> Server::Impl::open_upstream() {
  if (options.upstream.empty()) return {};
  auto made =
      Upstream::create(*io, options, number, held, log, metrics,
                       {.answered = [this](const JobHandle& job,
                                           JobResult result) { dispatcher->answered_further(job, std::move(result)); },
                        .returned = [this](const JobHandle& job,
                                           const FurtherServer::Refusal& why) { dispatcher->returned(job, why); }});
  if (!made) return fail(made.error());
  upstream = *std::move(made);
  dispatcher->set_further(upstream.get());
  return {};
}

// All of them with --strict; else those that can be loaded, if any.
Result<void> Server::Impl::load_bundles() {
  const auto reports = models->reload();
  if (!reports) return fail(reports.error());
  for (const auto& report : *reports) {
    if (report.outcome != LoadOutcome::kFailed) {
      metrics.loaded(report.outcome);  // the start line names it
      continue;
    }
    if (options.strict || models->all().empty()) return fail(*report.problem);
    loads->tell(report);
  }
  for (const auto& pin : options.pins) {
    if (models->acquire(pin) == nullptr) {
      return fail(ErrorCode::kNotFound, {"--pin ", pin, ": it is not served; there is ", models->names()});
    }
  }
  return {};
}

Result<void> Server::Impl::listen() {
  boost::system::error_code error;
  const tcp::endpoint endpoint(net::ip::make_address(options.address, error), options.port);
  acceptor.emplace(*io);
  if (!error) acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(net::socket_base::max_listen_connections, error);
  if (error) {
    return fail(ErrorCode::kIoError, "cannot listen on " + options.address + " port " + std::to_string(options.port) +
                                         ": " + error.message() + "; choose another --port (0 for any free one)");
  }
  port = acceptor->local_endpoint(error).port();
  return {};
}

net::awaitable<void> Server::Impl::accept() {
  net::steady_timer pause(*io);
  while (acceptor->is_open()) {
    auto [error, socket] = co_await acceptor->async_accept(kAwait);
    if (error == net::error::operation_aborted) co_return;
    if (error) {  // out of file descriptors, in practice: those that are open go on
      refusals.line("accept_failed", "Could not accept a connection", {{"reason", error.message()}}, now());
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    if (connections.size() >= options.max_connections) connections.close_an_idle_one();
    if (connections.size() >= options.max_connections + kRefusalPlaces) {
      metrics.refused(Refusal::kConnections);
      continue;  // closes it
    }
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    net::co_spawn(*io, serve_connection(std::move(socket), ConnectionSet::Slot(connections), *context), net::detached);
  }
}

// Until it is stopped. What a handler throws, in practice that there is no memory, ends what that handler was about and nothing else.
void Server::Impl::run() {
  for (;;) {
    try {
      io->run();
      return;
    } catch (const std::exception& error) {
      refusals.line("handler_failed", "A handler failed; going on", {{"reason", error.what()}}, now());
    }
  }
}

void Server::Impl::wait_for_signal() {
  signals->async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      reload();
    } else if (drain_begun) {
      log.line("second_signal", "Second signal: ending at once");
      std::_Exit(130);
    } else {
      begin_drain();
    }
    wait_for_signal();
  });
}

void Server::Impl::reload() {
  credentials.reload();
  connections.tokens_changed();
  if (upstream != nullptr) upstream->reload();
  loads->reload();
}

void Server::Impl::begin_drain() {
  if (std::exchange(drain_begun, true)) return;
  router->set_ready(false);
  metrics.set_ready(false);
  log.line("draining", "Draining: not ready; answering what was accepted",
           {{"connections", std::to_string(connections.size())},
            {"pre_stop_delay_ms", std::to_string(options.pre_stop_delay_ms)}});
  drain_timer.emplace(*io);
  if (options.pre_stop_delay_ms == 0) return stop_taking();
  drain_timer->expires_after(std::chrono::milliseconds(options.pre_stop_delay_ms));
  drain_timer->async_wait([this](boost::system::error_code error) {
    if (!error) stop_taking();
  });
}

void Server::Impl::stop_taking() {
  context->draining = true;
  boost::system::error_code ignored;
  acceptor->close(ignored);
  connections.when_empty([this] { net::post(*io, [this] { end(); }); });
  connections.drain_all();
  if (connections.size() == 0) return end();
  drain_timer->expires_after(std::chrono::milliseconds(options.drain_timeout_ms));
  drain_timer->async_wait([this](boost::system::error_code error) {
    if (error) return;
    log.line("drain_timeout", "drain_timeout_ms is over: cutting off what is left",
             {{"connections", std::to_string(connections.size())}});
    connections.abort_all();
    drain_timer->expires_after(std::chrono::seconds(1));
    drain_timer->async_wait([this](boost::system::error_code) { end(); });
  });
}

void Server::Impl::end() {
  log.line("stopped", "Stopped", {{"cut_off_connections", std::to_string(connections.size())}});
  io->stop();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  impl_->io->stop();
  if (impl_->thread.joinable()) impl_->thread.join();
  // Loads and workers post to the io_context; connections live in it and hold places in the set.
  if (impl_->models != nullptr) impl_->models->memory().stop(kForEver);
  impl_->loads.reset();
  impl_->dispatcher.reset();
  impl_->upstream.reset();
  impl_->connections.when_empty({});
  impl_->credentials.stop_watching();
  impl_->signals.reset();
  impl_->drain_timer.reset();
  impl_->acceptor.reset();
  impl_->io.reset();
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, std::unique_ptr<Engine> engine, Log log) {
  if (auto ok = check_options(options); !ok) return fail(ok.error());
  auto impl = std::make_unique<Impl>(options, std::move(engine), log);
  if (auto ok = impl->open(); !ok) return fail(ok.error());
  auto* raw = impl.get();
  raw->router->set_ready(true);
  raw->metrics.set_ready(true);
  raw->credentials.watch(raw->io->get_executor());
  net::co_spawn(*raw->io, raw->accept(), net::detached);
  raw->thread = std::thread([raw] { raw->run(); });
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const { return impl_->port; }

std::string Server::url() const {
  const bool v6 = impl_->options.address.find(':') != std::string::npos;
  const std::string scheme = impl_->options.tls_certificate.empty() ? "http://" : "https://";
  return scheme + (v6 ? "[" + impl_->options.address + "]" : impl_->options.address) + ":" +
         std::to_string(impl_->port);
}

std::string Server::summary() const {
  std::string bundles;
  for (const auto& model : impl_->models->all()) {
    bundles += (bundles.empty() ? "" : ", ") + model->name + " " + model->version;
  }
  return bundles + " with " + std::string(impl_->engine->name()) + " " + std::string(impl_->engine->version()) + ", " +
         std::to_string(impl_->dispatcher->workers()) + " workers";
}

Metrics& Server::metrics() { return impl_->metrics; }

void Server::handle_signals() {
  impl_->signals.emplace(*impl_->io, SIGINT, SIGTERM, SIGHUP);
  impl_->wait_for_signal();
}

void Server::reload() {
  net::post(*impl_->io, [impl = impl_.get()] { impl->reload(); });
}

void Server::drain() {
  net::post(*impl_->io, [impl = impl_.get()] { impl->begin_drain(); });
}

bool Server::wait() {
  if (impl_->thread.joinable()) impl_->thread.join();
  // Nobody listens for signals any more, so they must not be swallowed.
  impl_->signals.reset();
  constexpr auto kGrace = std::chrono::milliseconds(500);
  const bool loaded = impl_->models->memory().stop(kGrace);
  return impl_->dispatcher->stop(kGrace) && loaded;
}

}  // namespace sluice::server
