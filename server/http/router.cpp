#include "server/http/router.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "server/inference/infer_reply.hpp"

namespace sluice::server {

namespace {

constexpr std::string_view kIndex =
    "Sluice server\n"
    "  /v1/stream   WebSocket, subprotocol sluice.v1\n"
    "  /v2          Open Inference Protocol: metadata, health, infer\n"
    "  /bundles/    bundle files\n"
    "  /metrics     Prometheus metrics\n"
    "Pages are served here when the server is started with --web-root.\n";

// Cuts `prefix` off the front of `text`; false and unchanged when it is not there.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

HttpReply not_found(std::string message) { return error_reply(Error{ErrorCode::kNotFound, std::move(message)}); }

HttpReply method_not_allowed(const char* allowed) {
  auto reply = error_reply(405, Error{ErrorCode::kInvalidArgument, std::string("this path takes ") + allowed});
  reply.set("Allow", allowed);
  return reply;
}

HttpReply yes_or_no(bool yes) {
  return yes ? json_reply(200, "{}") : error_reply(503, Error{ErrorCode::kShuttingDown, "the server is draining"});
}

}  // namespace

Router::Router(const ModelRegistry& models, const Engine& engine, const OriginPolicy& origins, Metrics& metrics,
               bool repository_api, std::optional<StaticFiles> pages)
    : models_(models),
      engine_(engine),
      origins_(origins),
      metrics_(metrics),
      repository_api_(repository_api),
      pages_(std::move(pages)) {}

Route Router::route(const HttpHead& head) {
  auto path = head.path();
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (take(path, "/v2/models/")) return model(head, path);
  if (take(path, "/v2/repository/")) return repository(head, path);
  if (!reads) return method_not_allowed("GET, HEAD");
  if (path == "/v2" || path == "/v2/") return server_metadata_reply();
  if (path == "/v2/health/live") return json_reply(200, "{}");
  if (path == "/v2/health/ready") return yes_or_no(ready_);
  if (path == "/metrics") {
    auto reply = text_reply(200, metrics_.text());
    reply.headers.front().second = "text/plain; version=0.0.4; charset=utf-8";
    return reply;
  }
  if (path == kStreamPath) {
    auto reply =
        error_reply(426, Error{ErrorCode::kInvalidArgument, "this is a WebSocket; connect with subprotocol sluice.v1"});
    reply.set("Upgrade", "websocket");
    return reply;
  }
  if (take(path, "/bundles/")) return bundle_file(head, path);
  if (pages_) return pages_->get(head);
  if (path == "/") return text_reply(200, std::string(kIndex));
  return not_found("there is nothing at " + std::string(path.substr(0, 200)));
}

bool Router::is_probe(const HttpHead& head) {
  const auto path = head.path();
  return (head.method == "GET" || head.method == "HEAD") && (path.starts_with("/v2/health/") || path == "/metrics");
}

bool Router::is_open(const HttpHead& head) {
  const auto path = head.path();
  if (path.starts_with("/v2/health/")) return true;
  return path != "/v2" && !path.starts_with("/v2/") && !path.starts_with("/v1/") && !path.starts_with("/bundles/") &&
         path != "/metrics";
}

// NAME[/versions/V] then nothing, /ready or /infer.
Route Router::model(const HttpHead& head, std::string_view rest) const {
  const auto name = rest.substr(0, rest.find('/'));
  rest.remove_prefix(name.size());
  auto served = models_.acquire(name);
  if (served == nullptr) {
    return not_found("no model is named '" + std::string(name.substr(0, 64)) + "'; there is " + models_.names());
  }
  if (take(rest, "/versions/")) {
    const auto version = rest.substr(0, rest.find('/'));
    rest.remove_prefix(version.size());
    if (version != served->version) {
      return not_found("model '" + std::string(name) + "' has version " + served->version + ", not '" +
                       std::string(version.substr(0, 64)) + "'");
    }
  }
  if (rest == "/infer") {
    if (head.method != "POST") return method_not_allowed("POST");
    return InferCall{std::move(served)};
  }
  if (head.method != "GET" && head.method != "HEAD") return method_not_allowed("GET, HEAD");
  if (rest.empty() || rest == "/") return model_metadata_reply(*served, engine_);
  if (rest == "/ready") return model_ready(*served);
  return not_found("a model has /ready and /infer");
}

// One that is not in memory is ready too: it comes when it is asked for.
HttpReply Router::model_ready(const ServedModel& served) const {
  if (!ready_) return yes_or_no(false);
  if (const auto problem = served.place().problem()) return error_reply(503, *problem);
  if (!models_.has_budget()) return yes_or_no(true);
  return json_reply(200, "{\"memory\":\"" + std::string(where_name(served.place().where())) + "\"}");
}

// index, or models/NAME/load and models/NAME/unload.
Route Router::repository(const HttpHead& head, std::string_view rest) const {
  if (head.method != "POST") return method_not_allowed("POST");
  if (rest == "index") return repository_index_reply(models_.index());
  if (take(rest, "models/")) {
    const auto name = rest.substr(0, rest.find('/'));
    rest.remove_prefix(name.size());
    if (rest == "/load" || rest == "/unload") {
      if (repository_api_) return RepositoryCall{std::string(name), rest == "/load"};
      return error_reply(403, Error{ErrorCode::kHandshakeRefused,
                                    "bundles are not loaded over HTTP here; start the server with --repository-api"});
    }
  }
  return not_found("the repository has /index, and /models/NAME/load and /unload");
}

HttpReply Router::bundle_file(const HttpHead& head, std::string_view rest) const {
  const auto name = rest.substr(0, rest.find('/'));
  auto served = models_.acquire(name);
  if (served == nullptr)
    return not_found("no bundle is named '" + std::string(name.substr(0, 64)) + "'; there is " + models_.names());
  rest.remove_prefix(std::min(rest.size(), name.size() + 1));
  const auto& bundle = served->bundle();
  HttpReply reply;
  std::string etag;
  if (rest == "manifest.json") {
    reply.borrowed = bundle.manifest_text;
    reply.set("Content-Type", "application/json");
    etag = "\"" + bundle.manifest.version + "-" + std::to_string(std::hash<std::string>{}(bundle.manifest_text)) + "\"";
  } else {
    for (std::size_t i = 0; i < bundle.manifest.parts.size(); ++i) {
      if (bundle.manifest.parts[i].file != rest) continue;
      const pipeline::Part& part = bundle.manifest.parts[i];
      if (!bundle.parts.empty()) {
        reply.borrowed = *bundle.parts[i];
      } else if (auto there = check_size(bundle, part); there) {
        reply.file = {bundle.folder / part.file, 0, part.bytes};
      } else {
        return error_reply(503, there.error());
      }
      reply.set("Content-Type", "application/octet-stream");
      etag = "\"" + bundle.manifest.parts[i].sha256 + "\"";
    }
  }
  if (etag.empty())
    return not_found("bundle '" + std::string(name) + "' has no file '" + std::string(rest.substr(0, 128)) + "'");
  reply.lender = std::move(served);
  add_page_policy(reply);
  reply.set("ETag", etag);
  reply.set("Cache-Control", "no-cache");
  if (origins_.is_listed(head.origin)) {
    for (auto& [key, value] : reply.headers) {
      if (key == "Cross-Origin-Resource-Policy") value = "cross-origin";
    }
    reply.set("Access-Control-Allow-Origin", std::string(head.origin));
    reply.set("Vary", "Origin");
  }
  if (head.if_none_match == etag) {
    reply.status = 304;
    reply.borrowed = {};
    reply.file = {};
  }
  return reply;
}

}  // namespace sluice::server
