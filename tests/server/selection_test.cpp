// Which form of its model a request gets: the model itself, or a variant whose agreement its sender accepts.
#include <doctest/doctest.h>

#include <map>
#include <thread>
#include <utility>

#include "core/questions/table.hpp"
#include "server/clock.hpp"
#include "server/dispatch/variant_chooser.hpp"
#include "server/models/model_registry.hpp"
#include "server/models/sha256.hpp"
#include "tests/server/ballast_model.hpp"
#include "tests/server/slow_engine.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLarge = 100'000;  // bytes of the model's file; variants are smaller
constexpr auto kSlow = milliseconds(1500);

// A bundle "variants" of a large model and the variants "middle" and "small".
void write_variants(const std::filesystem::path& folder) {
  pipeline::Manifest manifest;
  manifest.name = "variants";
  manifest.version = kVersion;
  manifest.model.input = input::ImageSpec{.width = kBallastSide, .height = kBallastSide};
  manifest.model.output.decoder = "none";
  manifest.model.part = "model";
  const std::pair<std::string, std::size_t> parts[] = {{"model", kLarge}, {"middle", 5000}, {"small", 1000}};
  for (const auto& [name, bytes] : parts) {
    const std::string onnx = ballast_onnx(bytes);
    manifest.parts.push_back({name, name + ".onnx", onnx.size(), *server::sha256_hex(as_bytes(onnx))});
    write_all(folder / "variants" / (name + ".onnx"), onnx);
  }
  manifest.variants = {{"middle", "middle", 0.95F, {{"here", 40, 1000}}}, {"small", "small", 0.8F, {{"here", 5, 500}}}};
  write_all(folder / "variants/manifest.json", questions::write_manifest(manifest).value());
}

struct Models {
  explicit Models(Duration load = {}, std::size_t budget_bytes = 0) : engine({.from_bytes = kLarge, .load = load}) {
    write_variants(folder.path());
    server::ModelOptions options;
    options.device = "here";
    server::MemoryOptions memory;
    memory.residency.budget_bytes = budget_bytes;
    models.emplace(folder.path(), options, engine, metrics, memory);
    REQUIRE(models->reload());
    served = models->acquire("variants");
    REQUIRE(served->forms().size() == 3);
    // What the model takes is what the test says.
    served->forms()[0].times = adapt::LatencyStatistics(200, 10);
  }

  server::Job job(Duration left, float least_agreement) const {
    server::Job job;
    job.served = served;
    job.deadline = Instant{} + left;
    job.request.least_agreement = least_agreement;
    return job;
  }

  // The name of the form that is chosen.
  std::string choose(server::VariantChooser& chooser, const server::Job& job) const {
    return served->forms()[chooser.choose(job, Instant{}, Duration::zero(), false)].variant;
  }

  TemporaryFolder folder;
  SlowEngine engine;
  server::Metrics metrics;
  std::optional<server::ModelRegistry> models;
  server::ServedLease served;
};

}  // namespace

TEST_CASE("the most accurate form that is in time is chosen, of those that the request accepts") {
  const Models models;
  for (const char* name : {"expected", "mdinference"}) {
    CAPTURE(name);
    server::ChoiceOptions options;
    REQUIRE(server::find_selection(name, options));
    server::VariantChooser chooser(options);
    CHECK(models.choose(chooser, models.job(milliseconds(400), 0.5F)).empty());
    CHECK(models.choose(chooser, models.job(milliseconds(100), 0.5F)) == "middle");
    CHECK(models.choose(chooser, models.job(milliseconds(20), 0.5F)) == "small");
    CHECK(models.choose(chooser, models.job(milliseconds(20), 0.9F)) == "middle");  // the quickest of the two
    CHECK(models.choose(chooser, models.job(milliseconds(20), 0.99F)).empty());
    CHECK(models.choose(chooser, models.job(milliseconds(20), 0)).empty());
    auto far = models.job(milliseconds(400), 0.5F);
    far.request.return_time = milliseconds(300);
    CHECK(models.choose(chooser, far) == "middle");
    auto features = models.job(milliseconds(20), 0.5F);
    features.request.encoding = wire::Encoding::kSplit;
    CHECK(models.choose(chooser, features).empty());
    auto endless = models.job({}, 0.5F);
    endless.deadline = kNever;
    CHECK(models.choose(chooser, endless).empty());
  }
  server::ChoiceOptions off;
  REQUIRE(server::find_selection("off", off));
  server::VariantChooser chooser(off);
  CHECK(models.choose(chooser, models.job(milliseconds(20), 0.5F)).empty());
  CHECK_FALSE(server::find_selection("best", off));
}

TEST_CASE("the draw takes every form that is in time now and then, and none that is not") {
  const Models models;
  server::ChoiceOptions options;
  options.probabilistic = true;
  server::VariantChooser chooser(options);
  std::map<std::string, int> drawn;
  for (int i = 0; i < 300; ++i) ++drawn[models.choose(chooser, models.job(milliseconds(100), 0.5F))];
  CHECK(drawn[""] == 0);
  CHECK(drawn["middle"] > 0);
  CHECK(drawn["middle"] + drawn["small"] == 300);
}

TEST_CASE("a load counts in what a form takes, and of forms in memory only those are chosen") {
  const Models models({}, std::size_t{64} << 20);
  server::VariantChooser chooser({});
  // Nothing is in memory, and all loads look alike.
  CHECK(models.choose(chooser, models.job(std::chrono::seconds(5), 0.5F)).empty());
  const auto small = models.job(std::chrono::seconds(5), 0.5F);
  CHECK(chooser.choose(small, Instant{}, Duration::zero(), true) == small.form_index);
  REQUIRE(models.served->forms()[2].place->load_now());
  CHECK(chooser.choose(small, Instant{}, Duration::zero(), true) == 2);
  // The others would be there in 20 ms, the model take 200 more and "middle" 40.
  CHECK(models.choose(chooser, models.job(milliseconds(205), 0.5F)) == "middle");
  CHECK(models.choose(chooser, models.job(milliseconds(45), 0.5F)) == "small");
}

namespace {

// Asks a bundle on a connection of its own.
class Asker {
 public:
  explicit Asker(std::uint16_t port, const std::string& bundle = "variants") { say_hello(socket_, port, bundle); }

  // The variant that answered, "model", or the error's name.
  std::string ask(Duration budget, float least_agreement) {
    const std::vector<float> values(std::size_t{3} * kBallastSide * kBallastSide, 1);
    wire::Request request;
    request.id = ++sent_;
    request.budget = budget;
    request.least_agreement = least_agreement;
    request.tensors.push_back(
        {"input", {DataType::kFloat32, {1, 3, kBallastSide, kBallastSide}, std::as_bytes(std::span(values))}});
    socket_.send(request);
    const auto message = socket_.receive();
    REQUIRE(message);
    if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) return std::string(error_name(error->code));
    const auto& answer = std::get<wire::Answer>(*message);
    if (answer.variant.empty()) return "model";
    CHECK(answer.agreement == (answer.variant == "small" ? 0.8F : 0.95F));
    return answer.variant;
  }

 private:
  WebSocketClient socket_;
  std::uint64_t sent_ = 0;
};

double answers_of(TestServer& server, const std::string& variant) {
  return server.metric("sluice_variant_answers_total{model=\"variants\",variant=\"" + variant +
                       "\",version=\"1.0.0\"}");
}

}  // namespace

TEST_CASE("an answer names the variant that gave it; without consent only the model answers, late or not") {
  TemporaryFolder folder;
  write_variants(folder.path());
  server::ServerOptions options;
  options.workers = 1;
  TestServer server(folder.path(), options, std::make_unique<SlowEngine>(Slowness{.from_bytes = kLarge, .run = kSlow}));
  Asker asker(server.port());
  CHECK(asker.ask(std::chrono::seconds(20), 0.5F) == "model");
  CHECK(asker.ask(kSlow - milliseconds(100), 0.9F) == "middle");
  CHECK(asker.ask(kSlow - milliseconds(100), 0) == "deadline_expired");
  CHECK(answers_of(server, "middle") == 1);
  CHECK(answers_of(server, "small") == 0);
}

TEST_CASE("where a load would come too late a variant answers, and the load goes on behind") {
  TemporaryFolder folder;
  write_variants(folder.path());
  write_plain_bundle(folder.path(), "big", ballast_onnx(1'000'000), kBallastSide);
  server::ServerOptions options;
  options.model_memory_mb = 1;
  options.workers = 1;
  TestServer server(folder.path(), options,
                    std::make_unique<SlowEngine>(Slowness{.from_bytes = kLarge, .load = kSlow}));
  Asker asker(server.port());
  CHECK(asker.ask(std::chrono::seconds(20), 0.5F) == "model");  // whose load has been measured now
  Asker big(server.port(), "big");
  CHECK(big.ask(std::chrono::seconds(20), 0) == "model");  // takes its place
  CHECK(server.metric("sluice_models{memory=\"resident\"}") == 1);
  CHECK(asker.ask(kSlow - milliseconds(100), 0.5F) == "middle");
  while (server.metric("sluice_model_loads_total{outcome=\"loaded\"}") < 4) std::this_thread::yield();
  CHECK(asker.ask(std::chrono::seconds(20), 0.5F) == "model");
  CHECK(server.metric("sluice_model_loads_total{outcome=\"loaded\"}") == 4);
}
