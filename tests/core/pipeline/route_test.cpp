// A third route, which lives here only: adding one is one class. Shows two attempts for an input, a result that is kept until
// the deadline, and a route that fails while another goes on.
#include "core/pipeline/route.hpp"

#include <doctest/doctest.h>

#include "core/pipeline/client.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace std::chrono_literals;

namespace {

// Runs a small part beside whatever else answers the input, and keeps its result in case nothing better comes in time.
class GuessRoute final : public Route {
 public:
  explicit GuessRoute(RouteHost& host) : host_(host) {}
  std::string_view name() const override { return "guess"; }
  bool available(Instant) const override { return true; }
  bool has_room(Instant) const override { return under_way == 0; }
  std::optional<Duration> estimate(const input::InputExtent&, Instant) const override { return 5ms; }
  bool runs_beside() const override { return true; }
  void begin(Attempt& attempt, Instant) override {
    ++under_way;
    host_.want(attempt, RunStage{"small"});
  }
  void resume(Attempt& attempt, Product product, Duration, Instant) override {
    host_.keep(attempt, AnswerKind::kExited, std::get<StageOutputs>(std::move(product)).outputs, {});
  }
  void release(Attempt&) override { --under_way; }
  int under_way = 0;

 private:
  RouteHost& host_;
};

struct Setting {
  Setting() {
    Manifest manifest;
    manifest.name = "faces";
    manifest.version = "1";
    manifest.model.part = "model";
    ClientOptions options;
    options.place = ModelPlace::kLocal;
    options.budget_ms = 100;
    client = std::make_unique<Client>(manifest, std::vector<std::unique_ptr<Question>>{}, options, nullptr,
                                      std::vector<Client::MakeRoute>{[this](RouteHost& host, RemoteRoute*) {
                                        auto made = std::make_unique<GuessRoute>(host);
                                        guess = made.get();
                                        return made;
                                      }});
    const input::ImageView image{input::PixelFormat::kGray8, 1, 1, {{{&pixel, 1}, {}, {}}}};
    REQUIRE(client->offer(image, now).has_value());
    for (int i = 0; i < 2; ++i) {
      const RunWanted wanted = next<RunWanted>();
      const std::string_view part = std::get<RunStage>(wanted.work).part;
      (part == "small" ? small : full) = wanted.attempt;
    }
    CHECK(small != 0);
    CHECK(full != 0);
    CHECK(small != full);
  }

  template <typename T>
  T next() {
    auto event = client->next_event();
    REQUIRE(event.has_value());
    REQUIRE(std::holds_alternative<T>(*event));
    return std::get<T>(*std::move(event));
  }

  static std::vector<OutputTensor> outputs(const char* name) {
    std::vector<OutputTensor> made;
    made.push_back({name, *Tensor::create(DataType::kFloat32, {1})});
    return made;
  }

  std::uint8_t pixel = 0;
  Instant now{};
  GuessRoute* guess = nullptr;
  std::unique_ptr<Client> client;
  AttemptId small = 0;
  AttemptId full = 0;
};

}  // namespace

TEST_CASE("the first acceptable result wins, and the other attempt ends") {
  Setting setting;
  setting.client->submit(setting.small, Setting::outputs("guess"), 1ms, setting.now);
  CHECK_FALSE(setting.client->next_event().has_value());
  setting.client->submit(setting.full, Setting::outputs("full"), 1ms, setting.now);
  const Answer answer = setting.next<Answered>().answer;
  CHECK(answer.kind == AnswerKind::kLocal);
  CHECK(answer.outputs.at(0).name == "full");
  CHECK(setting.guess->under_way == 0);
  setting.client->submit(setting.small, Setting::outputs("late"), 1ms, setting.now);
  CHECK_FALSE(setting.client->next_event().has_value());
}

TEST_CASE("the best result so far answers when the deadline comes") {
  Setting setting;
  setting.client->submit(setting.small, Setting::outputs("guess"), 1ms, setting.now);
  setting.now = setting.client->next_deadline();
  setting.client->tick(setting.now);
  const Answer answer = setting.next<Answered>().answer;
  CHECK(answer.kind == AnswerKind::kExited);
  CHECK(answer.outputs.at(0).name == "guess");
}

TEST_CASE("an attempt that fails leaves the input to the other one, and the last failure is the input's") {
  Setting setting;
  setting.client->fail(setting.full, {ErrorCode::kExecutionFailed, "broken"}, setting.now);
  CHECK_FALSE(setting.client->next_event().has_value());
  setting.client->fail(setting.small, {ErrorCode::kOutOfMemory, "no room"}, setting.now);
  const Failed failed = setting.next<InputFailed>().failed;
  CHECK(failed.error.code == ErrorCode::kOutOfMemory);
  CHECK(setting.client->in_flight() == 0);
}

TEST_CASE("a kept result answers when the better attempt fails") {
  Setting setting;
  setting.client->submit(setting.small, Setting::outputs("guess"), 1ms, setting.now);
  setting.client->fail(setting.full, {ErrorCode::kExecutionFailed, "broken"}, setting.now);
  setting.now = setting.client->next_deadline();
  setting.client->tick(setting.now);
  CHECK(setting.next<Answered>().answer.kind == AnswerKind::kExited);
}
