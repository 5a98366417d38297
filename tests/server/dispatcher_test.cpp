// The dispatcher by itself, without connections.
#include "server/dispatch/dispatcher.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "server/bench/identity_model.hpp"
#include "server/models/model_registry.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

TEST_CASE("a dispatcher that ends lets go of what waits for results that nobody fetched") {
  TemporaryFolder folder;
  write_plain_bundle(folder.path(), "identity", server::identity_onnx(4), 4);
  const auto engine = real_engine("xnnpack");
  server::Metrics metrics;
  server::ModelRegistry models(folder.path(), {}, *engine, metrics);
  REQUIRE(models.reload());
  std::atomic<bool> finished = false;
  auto dispatcher = std::make_unique<server::Dispatcher>(server::DispatchOptions{}, metrics, [&] { finished = true; });

  // As a connection does: it holds its job, and the job's done() holds it.
  struct Connection {
    server::JobHandle job;
  };
  auto connection = std::make_shared<Connection>();
  connection->job = std::make_shared<server::Job>();
  server::Job& job = *connection->job;
  job.served = std::static_pointer_cast<const server::ServedModel>(models.find("identity"));
  job.principal = std::make_shared<server::Principal>();
  const std::vector<float> values(48, 0.5F);
  job.request.tensors.push_back({"input", *view_of(std::span<const float>(values), {1, 3, 4, 4})});
  job.done = [connection](server::JobResult&) { return true; };
  REQUIRE(dispatcher->submit(connection->job).accepted);
  while (!finished) std::this_thread::yield();

  const std::weak_ptr<Connection> gone = connection;
  connection.reset();
  CHECK_FALSE(gone.expired());
  dispatcher.reset();
  CHECK(gone.expired());
}
