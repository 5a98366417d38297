#include "tests/server/upstream/tiers.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <thread>

namespace sluice::test {

namespace {

constexpr std::uint32_t kEdgeMemoryMb = 4;
constexpr std::size_t kBigBytes = 5'000'000;
constexpr std::size_t kNearBytes = 1'000'000;
constexpr std::size_t kValues = std::size_t{3} * kBallastSide * kBallastSide;

}  // namespace

TierClient::TierClient(std::uint16_t port, const std::string& bundle, const WebSocketClient::Options& options)
    : welcome_(say_hello(socket_, port, bundle, options)) {}

std::uint64_t TierClient::send(Duration budget, std::vector<std::uint64_t> passed_by) {
  wire::Request request;
  request.id = ++sent_;
  request.budget = budget;
  request.passed_by = std::move(passed_by);
  const std::vector<float> values(kValues, static_cast<float>(request.id));
  request.tensors.push_back(
      {"input", {DataType::kFloat32, {1, 3, kBallastSide, kBallastSide}, std::as_bytes(std::span(values))}});
  socket_.send(request);
  return request.id;
}

std::uint64_t TierClient::send_pixels(Duration budget) {
  wire::Request request;
  request.id = ++sent_;
  request.budget = budget;
  request.encoding = wire::Encoding::kRgb8;
  request.extent = {kBallastSide, kBallastSide};
  const std::string pixels(kValues, '\0');
  request.payload = as_bytes(pixels);
  socket_.send(request);
  return request.id;
}

Reply TierClient::receive() {
  auto message = socket_.receive();
  while (message && std::holds_alternative<wire::Goodbye>(*message)) message = socket_.receive();
  REQUIRE(message);
  if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) {
    return {error->code, error->message, error->retry_after_ms, error->request_id};
  }
  REQUIRE(std::holds_alternative<wire::Answer>(*message));
  const auto& answer = std::get<wire::Answer>(*message);
  Reply reply;
  reply.id = answer.request_id;
  reply.hops = answer.hops;
  reply.how = answer.how;
  std::memcpy(&reply.first, answer.outputs.at(0).tensor.bytes.data(), sizeof reply.first);
  return reply;
}

bool await(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

void write_ballast(const std::filesystem::path& folder, const std::string& name, std::size_t bytes,
                   const std::string& version) {
  pipeline::Manifest manifest;
  manifest.name = name;
  manifest.model.input = input::ImageSpec{.width = kBallastSide, .height = kBallastSide};
  manifest.model.output.decoder = "none";
  write_bundle(folder, manifest, ballast_onnx(bytes), version);
}

Tiers::Tiers() {
  for (const auto* folder : {&edge_folder, &far_folder}) {
    write_ballast(folder->path(), "big", kBigBytes);
    write_ballast(folder->path(), "near", kNearBytes);
    write_ballast(folder->path(), "absent", kNearBytes);
  }
  std::filesystem::remove(edge_folder.path() / "absent" / "model.onnx");
}

Tiers::~Tiers() {
  edge_gate->open();
  far_gate->open();
}

void Tiers::start_far(server::ServerOptions options, std::uint16_t port) {
  options.workers = 2;
  options.inline_compute_us = 0;
  if (port == 0) {
    far = std::make_unique<TestServer>(far_folder.path(), options, gated(real_engine(), far_gate));
    return;
  }
  options.bundles = far_folder.path();
  options.port = port;
  auto started =
      server::Server::start(options, gated(real_engine(), far_gate), server::Log(server::Log::Form::kSilent));
  if (!started) FAIL(describe(started.error()));
  far_server = std::move(*started);
}

void Tiers::start_edge(server::ServerOptions options) {
  options.workers = 2;
  options.inline_compute_us = 0;
  if (options.model_memory_mb == 0) options.model_memory_mb = kEdgeMemoryMb;
  if (options.upstream.empty()) options.upstream = ws_url(far->port());
  edge = std::make_unique<TestServer>(edge_folder.path(), options, gated(real_engine(), edge_gate));
}

}  // namespace sluice::test
