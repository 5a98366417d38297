#include "server/upstream/upstream.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fstream>
#include <utility>

#include "server/clock.hpp"

namespace sluice::server {

namespace {

// A connection that nothing was sent on for so long is closed.
constexpr Duration kKeptIdle = std::chrono::minutes(1);

Result<std::string> read_token(const std::string& file) {
  if (file.empty()) return std::string();
  std::ifstream stream(file);
  std::string token;
  if (!stream) return fail(ErrorCode::kIoError, {"--upstream-token-file ", file, " can't be read"});
  std::string more;
  if (!(stream >> token) || stream >> more) {
    return fail(ErrorCode::kInvalidArgument,
                {"--upstream-token-file ", file, " has to hold one token and nothing else, as a client is given it"});
  }
  const auto printable = [](char c) { return c > ' ' && c < 0x7f; };
  if (!std::ranges::all_of(token, printable)) {
    return fail(ErrorCode::kInvalidArgument,
                {"--upstream-token-file ", file, ": tokens are printable ASCII without spaces"});
  }
  return token;
}

std::string hexadecimal(std::uint64_t number) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 0; i < text.size(); ++i) text[text.size() - 1 - i] = kDigits[number >> (4 * i) & 15U];
  return text;
}

}  // namespace

std::optional<Error> loop_of(const wire::Request& request, std::uint64_t number) {
  const auto& passed = request.passed_by;
  if (std::ranges::find(passed, number) == passed.end()) return std::nullopt;
  std::string around;
  for (const auto server : passed) around += hexadecimal(server) + " -> ";
  return Error{ErrorCode::kUnexpectedMessage, "the request came back to a server that had passed it on: " + around +
                                                  hexadecimal(number) +
                                                  "; --upstream of these servers leads around in a circle"};
}

struct Upstream::Timer {
  boost::asio::steady_timer timer;
  Instant at = kNever;
};

Result<std::unique_ptr<Upstream>> Upstream::create(boost::asio::io_context& io, const ServerOptions& options,
                                                   std::uint64_t number, ByteBudget& held, const Log& log,
                                                   Metrics& metrics, Back back) {
  SocketTerms terms;
  auto address = parse_upstream(options.upstream);
  if (!address) return fail(address.error());
  terms.address = *std::move(address);
  terms.max_message_bytes = options.max_message_bytes;
  terms.connect_timeout_ms = options.handshake_timeout_ms;
  terms.write_timeout_ms = options.write_timeout_ms;
  auto token = read_token(options.upstream_token_file.string());
  if (!token) return fail(token.error());
  terms.token = *std::move(token);
  if (terms.address.tls) {
    auto tls = make_upstream_tls(options.upstream_ca.string());
    if (!tls) return fail(tls.error());
    terms.tls = *std::move(tls);
  }
  return std::unique_ptr<Upstream>(
      new Upstream(io, options, std::move(terms), number, held, log, metrics, std::move(back)));
}

Upstream::Upstream(boost::asio::io_context& io, const ServerOptions& options, SocketTerms terms, std::uint64_t number,
                   ByteBudget& held, const Log& log, Metrics& metrics, Back back)
    : io_(io),
      terms_(std::move(terms)),
      token_file_(options.upstream_token_file.string()),
      number_(number),
      max_jobs_(options.max_forwarded),
      max_connections_(options.max_upstream_connections),
      held_(held),
      log_(log),
      metrics_(metrics),
      back_(std::move(back)),
      timer_(new Timer{boost::asio::steady_timer(io)}) {
  events_.answered = [this](const JobHandle& job, JobResult result, Duration took) {
    gone(*job, result.outputs ? ForwardOutcome::kAnswered : ForwardOutcome::kError, took);
    back_.answered(job, std::move(result));
  };
  events_.returned = [this](const JobHandle& job, const Refusal& why) {
    gone(*job, ForwardOutcome::kReturned, Duration::zero());
    back_.returned(job, why);
  };
  events_.changed = [this](bool ready, const std::string& why) { changed(ready, why); };
  events_.late = [this] { metrics_.forwarded(ForwardOutcome::kLate, Duration::zero()); };
  events_.moved = [this] { arm_timer(); };
}

Upstream::~Upstream() {
  // Which tell of nothing any more: what they held was taken before.
  events_.moved = [] {};
  connections_.clear();
}

std::optional<FurtherServer::Refusal> Upstream::admit(const Job& job, ByteBudget::Hold& copy) {
  if (auto loop = loop_of(job.request, number_)) return Refusal{*std::move(loop), 0, true};
  if (job.request.passed_by.size() >= wire::kMaxHops) {
    return Refusal{{ErrorCode::kUnexpectedMessage,
                    join_text({"the request was passed on by ", job.request.passed_by.size(),
                               " servers, the most that are allowed, and this one would have to pass it on as well; "
                               "let --upstream of the servers before it name one that has its model"})},
                   0,
                   true};
  }
  if (taken_.size() >= max_jobs_) {
    return Refusal{{ErrorCode::kOverloaded,
                    join_text({max_jobs_, " requests are with the upstream, the most that --max-forwarded allows"})},
                   kRetryAfterMs};
  }
  copy = ByteBudget::Hold(held_);
  if (!copy.resize(job.message == nullptr ? 0 : job.message->size()))
    return Refusal{held_refusal(held_), kRetryAfterMs};
  return std::nullopt;
}

std::optional<FurtherServer::Refusal> Upstream::take(const JobHandle& job) {
  Taken taken;
  if (auto refused = admit(*job, taken.copy)) {
    if (refused->final) metrics_.forwarded(ForwardOutcome::kLoop, Duration::zero());
    return refused;
  }
  taken.connection = connection_for(*job);
  if (taken.connection == nullptr) {
    return Refusal{{ErrorCode::kOverloaded, join_text({"all of the ", max_connections_,
                                                       " connections to the upstream (--max-upstream-connections) are "
                                                       "in use for other bundles"})},
                   kRetryAfterMs};
  }
  auto& connection = *taken.connection;
  taken_.insert_or_assign(job.get(), std::move(taken));
  auto refused = connection.take(job, now());
  if (refused) taken_.erase(job.get());
  count();
  return refused;
}

void Upstream::withdraw(const Job& job, ErrorCode reason) {
  const auto found = taken_.find(&job);
  if (found == taken_.end()) return;
  found->second.connection->withdraw(job);
  const bool expired = reason == ErrorCode::kDeadlineExpired;
  gone(job, expired ? ForwardOutcome::kExpired : ForwardOutcome::kWithdrawn, Duration::zero());
}

std::vector<JobHandle> Upstream::take_all() {
  std::vector<JobHandle> all;
  for (const auto& [key, connection] : connections_) {
    for (auto& job : connection->take_all()) all.push_back(std::move(job));
  }
  taken_.clear();
  count();
  return all;
}

UpstreamConnection* Upstream::connection_for(const Job& job) {
  const Key key{job.served->name, job.served->version};
  if (const auto found = connections_.find(key); found != connections_.end()) return found->second.get();
  if (connections_.size() >= max_connections_ && !make_room()) return nullptr;
  pipeline::LinkOptions link;
  link.client_name = "sluice-server/" SLUICE_VERSION;
  link.bundle = key.first;
  link.bundle_version = key.second;
  link.handshake_timeout_ms = terms_.connect_timeout_ms;
  link.jitter_seed = number_ + ++seed_;
  auto connection = std::make_unique<UpstreamConnection>(io_, terms_, link, number_, way_, events_);
  return connections_.emplace(key, std::move(connection)).first->second.get();
}

// The one that nothing was sent on for longest makes room.
bool Upstream::make_room() {
  auto oldest = connections_.end();
  for (auto one = connections_.begin(); one != connections_.end(); ++one) {
    if (one->second->jobs() != 0) continue;
    if (oldest == connections_.end() || one->second->last_used() < oldest->second->last_used()) oldest = one;
  }
  if (oldest == connections_.end()) return false;
  connections_.erase(oldest);
  return true;
}

void Upstream::gone(const Job& job, ForwardOutcome outcome, Duration took) {
  taken_.erase(&job);
  way_.probe.ended(job);
  metrics_.forwarded(outcome, took);
  count();
}

void Upstream::changed(bool ready, const std::string& why) {
  if (ready) {
    log_.line("upstream_ready", "The upstream is there", {{"upstream", terms_.address.text()}}, now());
  } else {
    log_.line("upstream_lost", "The upstream is not to be had", {{"upstream", terms_.address.text()}, {"reason", why}},
              now());
  }
  count();
}

void Upstream::count() {
  const auto ready = std::ranges::count_if(connections_, [](const auto& one) { return one.second->ready(); });
  metrics_.set_forwarding(taken_.size(), static_cast<std::size_t>(ready));
}

void Upstream::reload() {
  if (auto token = read_token(token_file_)) {
    terms_.token = *std::move(token);
  } else {
    log_.line("upstream_token_failed", "The upstream's token can't be read; the old one is used on",
              {{"reason", token.error().message}}, now());
  }
  std::erase_if(connections_, [](const auto& one) { return one.second->given_up() && one.second->jobs() == 0; });
}

// Moved to an earlier time only; when it comes too early it looks again.
void Upstream::arm_timer() {
  Instant next = kNever;
  for (const auto& [key, connection] : connections_) {
    next = std::min({next, connection->next_deadline(), connection->last_used() + kKeptIdle});
  }
  if (next >= timer_->at) return;
  timer_->at = next;
  timer_->timer.expires_at(to_steady(next));
  timer_->timer.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) on_time();
  });
}

void Upstream::on_time() {
  timer_->at = kNever;
  const Instant time = now();
  std::erase_if(connections_, [&](const auto& one) {
    return one.second->jobs() == 0 && time >= one.second->last_used() + kKeptIdle;
  });
  for (const auto& [key, connection] : connections_) connection->tick(time);
  count();
  arm_timer();
}

}  // namespace sluice::server
