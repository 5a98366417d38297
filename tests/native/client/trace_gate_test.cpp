// A trace context from the caller of a gate, and from an HTTP client, in the real server's log.
#include <doctest/doctest.h>

#include "native/client/gate.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/client/grey_frame.hpp"
#include "tests/native/server_program.hpp"
#include "tests/native/split_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::client;
using namespace std::chrono_literals;

namespace {

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

std::string traceparent(const char* flags) { return std::string("00-") + kTrace + "-00f067aa0ba902b7-" + flags; }

}  // namespace

TEST_CASE("the server logs how a request of a sampled trace ended, and of no other") {
  const test::TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  test::ServerProgram server(folder.path().string());
  GateOptions options;
  options.server = server.url();
  auto gate = Gate::open((folder.path() / "bright").string(), options);
  REQUIRE(gate);
  REQUIRE((*gate)->wait_for_connection(30s).state == pipeline::ConnectionState::kReady);
  for (const std::string& trace : {std::string(), traceparent("00"), traceparent("01")}) {
    const Outcome outcome = (*gate)->infer(test::GreyFrame(200).view(), {trace}).get();
    CHECK(std::holds_alternative<pipeline::Answer>(outcome));
  }
  const std::string sentence = "A traced request ended";
  REQUIRE(server.process().wait_for(sentence, 30s));
  const std::string printed = server.process().output() + server.process().errors();
  const std::string line = printed.substr(printed.find(sentence));
  CHECK_MESSAGE(test::contains(line, std::string("trace_id=") + kTrace), line);
  for (const char* field : {"span_id=00f067aa0ba902b7", "bundle=bright", "version=1.0.0", "outcome=ok", "how=remote"})
    CHECK_MESSAGE(test::contains(line, field), line);
  CHECK(!test::contains(line.substr(1), sentence));
}

TEST_CASE("the features of a device half belong to their caller's trace") {
  const test::TemporaryFolder folder;
  test::write_split_bundle(folder.path() / "halves");
  test::ServerProgram server(folder.path().string());
  GateOptions options;
  options.server = server.url();
  auto gate = Gate::open((folder.path() / "halves").string(), options);
  REQUIRE(gate);
  REQUIRE((*gate)->wait_for_connection(30s).state == pipeline::ConnectionState::kReady);
  const std::vector<std::byte> grey(std::size_t{test::kSplitSide} * test::kSplitSide * 3, std::byte{90});
  const auto picture = input::make_image(input::PixelFormat::kRgb8, test::kSplitSide, test::kSplitSide, grey);
  REQUIRE(picture);
  const Outcome outcome = (*gate)->infer(*picture, {traceparent("01")}).get();
  CHECK(std::holds_alternative<pipeline::Answer>(outcome));
  REQUIRE(server.process().wait_for("A traced request ended", 30s));
  const std::string printed = server.process().output() + server.process().errors();
  for (const std::string& field : {std::string("trace_id=") + kTrace, std::string("how=split")})
    CHECK_MESSAGE(test::contains(printed, field), printed);
}

TEST_CASE("a traceparent in another form is refused before anything is done") {
  const test::TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  GateOptions options;
  options.pipeline.place = pipeline::ModelPlace::kLocal;
  auto gate = Gate::open((folder.path() / "bright").string(), options);
  REQUIRE(gate);
  const auto refused = (*gate)->submit(test::GreyFrame(200).view(), {"00-not-a-trace"});
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::kInvalidArgument);
  CHECK_MESSAGE(test::contains(refused.error().message, "'00-not-a-trace'"), refused.error().message);
}
