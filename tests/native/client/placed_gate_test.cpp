// A gate that places its inputs, against the real server: each in the form that is expected to be answered first.
#include <doctest/doctest.h>

#include <array>
#include <set>

#include "native/client/gate.hpp"
#include "native/client/picture_encoder.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/client/grey_frame.hpp"
#include "tests/native/client/patient_options.hpp"
#include "tests/native/server_program.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::client;
using namespace std::chrono_literals;
using sluice::test::GreyFrame;
using sluice::test::patient_options;
using sluice::test::ServerProgram;
using sluice::test::TemporaryFolder;
using sluice::test::write_bright_bundle;

namespace {

GateOptions placed(const std::string& server) {
  GateOptions options = patient_options(server);
  options.ask_filter = false;
  options.pipeline.place_forms = true;
  return options;
}

std::string jpeg_of(const input::ImageView& picture) {
  auto encoder = PictureEncoder::create(95);
  REQUIRE(encoder);
  constexpr std::array kJpeg{wire::Encoding::kJpeg};
  const auto payload = encoder->encode(picture, kJpeg);
  REQUIRE(payload);
  return std::string(as_text(payload->bytes));
}

}  // namespace

TEST_CASE("pictures come back answered in whichever form they went, and each answer says what was considered") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  ServerProgram server(folder.path().string());
  auto gate = Gate::open(folder.path() / "bright", placed(server.url()));
  REQUIRE(gate);
  REQUIRE((*gate)->wait_for_connection(30s).state == pipeline::ConnectionState::kReady);
  std::set<pipeline::Form> considered;
  for (int i = 0; i < 20; ++i) {
    const int level = 100 + i * 5;
    const GreyFrame frame(level, 640, 480);
    InputOptions about;
    if (i % 2 == 1) about.jpeg = jpeg_of(frame.view());
    const auto file_bytes = about.jpeg.size();
    const Outcome outcome = (*gate)->infer(frame.view(), std::move(about)).get();
    const auto* answer = std::get_if<pipeline::Answer>(&outcome);
    REQUIRE_MESSAGE(answer != nullptr, describe(std::get<pipeline::Failed>(outcome).error));
    CHECK(std::abs(answer->outputs[0].tensor.as<float>()[1] - static_cast<float>(level)) < 3);
    REQUIRE(answer->placement != nullptr);
    const pipeline::PlacementRecord& record = *answer->placement;
    for (const pipeline::ConsideredAnswer& one : record.all()) considered.insert(one.form);
    CHECK(record.actual_ms > 0);
    CHECK(record.actual_bytes == answer->cost.bytes_up);
    CHECK(record.duplicate == pipeline::Duplicate::kNone);
    if (record.chosen().form != pipeline::Form::kFile) continue;
    CHECK(file_bytes != 0);
    CHECK(record.actual_bytes >= file_bytes);
    CHECK(answer->cost.encode == 0us);
  }
  CHECK(considered == std::set{pipeline::Form::kWhole, pipeline::Form::kFile, pipeline::Form::kShrunk});
}

TEST_CASE("with a model here as well, every picture is answered by the server or here") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  ServerProgram server(folder.path().string());
  GateOptions options = placed(server.url());
  options.pipeline.place = pipeline::ModelPlace::kRemoteElseLocal;
  options.pipeline.duplicate = true;
  auto gate = Gate::open(folder.path() / "bright", options);
  REQUIRE(gate);
  REQUIRE((*gate)->wait_for_connection(30s).state == pipeline::ConnectionState::kReady);
  for (int i = 0; i < 30; ++i) {
    const int level = 100 + i * 3;
    const Outcome outcome = (*gate)->infer(GreyFrame(level, 640, 480).view()).get();
    const auto* answer = std::get_if<pipeline::Answer>(&outcome);
    REQUIRE_MESSAGE(answer != nullptr, describe(std::get<pipeline::Failed>(outcome).error));
    CHECK(std::abs(answer->outputs[0].tensor.as<float>()[1] - static_cast<float>(level)) < 3);
    CHECK_FALSE(answer->stopgap);
    if (answer->placement == nullptr) continue;
    const bool here = answer->kind == pipeline::AnswerKind::kLocal;
    const auto form = answer->placement->chosen().form;
    CHECK((form == pipeline::Form::kHere || answer->placement->duplicate == pipeline::Duplicate::kWon) == here);
  }
}

TEST_CASE("what placement needs and is not there is said when the gate is opened") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  const auto problem = [&](auto change) {
    GateOptions options = placed("ws://127.0.0.1:9");
    change(options.pipeline);
    auto gate = Gate::open(folder.path() / "bright", options);
    REQUIRE_FALSE(gate);
    CHECK(gate.error().code == ErrorCode::kInvalidArgument);
    return gate.error().message;
  };
  CHECK(problem([](auto& o) { o.place = pipeline::ModelPlace::kLocal; }).find("place is local") != std::string::npos);
  CHECK(problem([](auto& o) { o.duplicate = true; }).find("needs a model here") != std::string::npos);
  CHECK(problem([](auto& o) { o.stand_in = "int8"; }).find("set duplicate") != std::string::npos);
  CHECK(problem([](auto& o) {
          o.duplicate = true;
          o.stand_in = "int8";
        }).find("has no variant 'int8'; it has none") != std::string::npos);
}

TEST_CASE("answers that are chosen by their cost are the model's, say what else there was, and where it is cheapest") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  ServerProgram server(folder.path().string());
  GateOptions options = placed(server.url());
  options.pipeline.place_forms = false;
  options.pipeline.choose = true;
  options.pipeline.place = pipeline::ModelPlace::kRemoteElseLocal;
  bool here = false;
  SUBCASE("here, where a byte is dear") {
    options.pipeline.weights = {0.01, 1000, 0.01};
    here = true;
  }
  SUBCASE("at the server, where work here is") { options.pipeline.weights = {1000, 0.001, 0.001}; }
  auto gate = Gate::open(folder.path() / "bright", options);
  REQUIRE(gate);
  REQUIRE((*gate)->wait_for_connection(30s).state == pipeline::ConnectionState::kReady);
  int as_expected = 0;
  constexpr int kPictures = 30;
  for (int i = 0; i < kPictures; ++i) {
    const int level = 100 + i * 3;
    const GreyFrame frame(level, 640, 480);
    InputOptions about;
    about.jpeg = jpeg_of(frame.view());
    const Outcome outcome = (*gate)->infer(frame.view(), std::move(about)).get();
    const auto* answer = std::get_if<pipeline::Answer>(&outcome);
    REQUIRE_MESSAGE(answer != nullptr, describe(std::get<pipeline::Failed>(outcome).error));
    CHECK(std::abs(answer->outputs[0].tensor.as<float>()[1] - static_cast<float>(level)) < 3);
    REQUIRE(answer->placement != nullptr);
    CHECK(answer->placement->all().size() == 4);  // whole, small, as it is, and here
    CHECK(answer->reason.find(" in time and allowed, of 4: ") != std::string::npos);
    as_expected += (answer->placement->chosen().kind == adapt::AnswerKind::kRunHere) == here ? 1 : 0;
  }
  CHECK(as_expected >= kPictures - 5);  // each way is tried
}

TEST_CASE("weights and shares that are none, and what a choice has its own measure for, are refused") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  const auto problem = [&](auto change) {
    GateOptions options = placed("ws://127.0.0.1:9");
    options.pipeline.choose = true;
    change(options.pipeline);
    auto gate = Gate::open(folder.path() / "bright", options);
    REQUIRE_FALSE(gate);
    CHECK(gate.error().code == ErrorCode::kInvalidArgument);
    return gate.error().message;
  };
  CHECK(problem([](auto& o) { o.weights.per_kilobyte = -1; }).find("-1 a kilobyte") != std::string::npos);
  CHECK(problem([](auto& o) { o.kept_in_time = 1.5F; }).find("kept_in_time is 1.5") != std::string::npos);
  CHECK(problem([](auto& o) { o.duplicate = true; }).find("the choice has its own measure") != std::string::npos);
}
