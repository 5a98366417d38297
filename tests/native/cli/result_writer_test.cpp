#include "native/cli/result_writer.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "core/output/detection.hpp"
#include "core/pipeline/stale_answer.hpp"
#include "tests/native/cli/last_json.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::cli;

TEST_CASE("an answer's line holds its boxes in pixels") {
  pipeline::Answer answer;
  answer.kind = pipeline::AnswerKind::kRemote;
  answer.score = 0.75F;
  output::Detection face{1.5F, 2, 3, 4, 0.9F, {}};
  face.landmarks[9] = std::numeric_limits<float>::infinity();
  answer.outputs.push_back({std::string(output::kDetectionsName), std::move(*output::to_tensor({face}))});
  const auto line =
      test::last_json(result_line({7, std::chrono::milliseconds(1234), "a \"b\".jpg"}, std::move(answer)));
  CHECK(line["frame"].GetInt() == 7);
  CHECK(line["time_ms"].GetInt() == 1234);
  CHECK(line["file"] == "a \"b\".jpg");
  CHECK(line["kind"] == "remote");
  REQUIRE(line["boxes"].Size() == 1);
  CHECK(line["boxes"][0]["x0"].GetDouble() == 1.5);
  CHECK(line["boxes"][0]["score"].GetDouble() == doctest::Approx(0.9));
  CHECK(line["boxes"][0]["landmarks"].Size() == 10);
  CHECK(line["boxes"][0]["landmarks"][9].IsNull());
  CHECK(line["score"].GetDouble() == 0.75);
}

TEST_CASE("a classifier's line holds the best class, and of how many channels a model in two halves made it") {
  const std::vector<float> logits{0.5F, 3, -1};
  const std::vector<std::int32_t> channels{12};
  pipeline::Answer answer;
  answer.kind = pipeline::AnswerKind::kSplit;
  answer.outputs.push_back({"logits", *Tensor::copy_of(*view_of(std::span<const float>(logits), {1, 3}))});
  answer.outputs.push_back({"channels", *Tensor::copy_of(*view_of(std::span<const std::int32_t>(channels), {1}))});
  const client::Outcome outcome = std::move(answer);
  const auto line = test::last_json(result_line({1, {}, ""}, outcome));
  CHECK(line["kind"] == "split");
  CHECK(line["label"].GetInt() == 1);
  CHECK(line["channels"].GetInt() == 12);
  CHECK_FALSE(line.HasMember("class"));
  CHECK_FALSE(line.HasMember("stale_ms"));
  std::vector<std::string> names{"cat", "dog", "frog"};
  CHECK(test::last_json(result_line({1, {}, ""}, outcome, names))["class"] == "dog");
  names.pop_back();  // of a model of two classes
  CHECK_FALSE(test::last_json(result_line({1, {}, ""}, outcome, names)).HasMember("class"));
}

TEST_CASE("a guess with an older answer put to it says by how much that is older") {
  const std::vector<float> logits{0.5F, 3, -1};
  const std::vector<std::int32_t> channels{0};
  pipeline::Answer answer;
  answer.kind = pipeline::AnswerKind::kSplit;
  answer.reason = "from 0 channels of features, " + pipeline::stale_reason(std::chrono::milliseconds(320)) + ", late";
  answer.outputs.push_back({"logits", *Tensor::copy_of(*view_of(std::span<const float>(logits), {1, 3}))});
  answer.outputs.push_back({"channels", *Tensor::copy_of(*view_of(std::span<const std::int32_t>(channels), {1}))});
  CHECK(test::last_json(result_line({1, {}, ""}, std::move(answer)))["stale_ms"].GetInt() == 320);
}

TEST_CASE("an early exit's line says which one it was, counted from 1") {
  const std::vector<float> logits{0.5F, 3, -1};
  const std::vector<std::int32_t> place{1};
  pipeline::Answer answer;
  answer.kind = pipeline::AnswerKind::kExited;
  answer.outputs.push_back({"logits", *Tensor::copy_of(*view_of(std::span<const float>(logits), {1, 3}))});
  answer.outputs.push_back({"exit", *Tensor::copy_of(*view_of(std::span<const std::int32_t>(place), {1}))});
  client::Outcome outcome = std::move(answer);
  const auto line = test::last_json(result_line({1, {}, ""}, outcome));
  CHECK(line["kind"] == "exited");
  CHECK(line["label"].GetInt() == 1);
  CHECK(line["exit"].GetInt() == 2);
  CHECK_FALSE(line.HasMember("unsure"));
  std::get<pipeline::Answer>(outcome).stopgap = true;  // nothing better came in time
  CHECK(test::last_json(result_line({1, {}, ""}, outcome))["unsure"].GetBool());
}

TEST_CASE("a frame that nothing was compared with has no score") {
  pipeline::Answer answer;
  answer.score = pipeline::kNoScore;
  CHECK(test::last_json(result_line({1, {}, ""}, std::move(answer)))["score"].IsNull());
}

TEST_CASE("a failure's line names the error") {
  const auto line =
      test::last_json(result_line({1, {}, ""}, pipeline::Failed{1, {ErrorCode::kOverloaded, "full"}, {}}));
  CHECK(line["kind"] == "failed");
  CHECK(line["error"] == "overloaded");
  CHECK(line["message"] == "full");
  CHECK_FALSE(line.HasMember("file"));
}

TEST_CASE("a file that cannot be written is an error, at the start or at the line that does not fit") {
  CHECK(ResultWriter::create("/nowhere/at/all.jsonl").error().code == ErrorCode::kIoError);
  auto full = ResultWriter::create("/dev/full");
  REQUIRE(full);
  full->write({1, {}, ""}, pipeline::Answer{});
  CHECK(full->state().error().code == ErrorCode::kIoError);
}

TEST_CASE("a placed frame's line says what was chosen, what that was to take and took, and what else was considered") {
  pipeline::Answer answer;
  pipeline::PlacementRecord placed;
  placed.count = 2;
  placed.taken = 1;
  placed.considered[0] = {.predicted = {90, 120}, .bytes = 40'000};
  placed.considered[1] = {
      .kind = adapt::AnswerKind::kSendSmall, .form = pipeline::Form::kShrunk, .predicted = {60.5, 80}, .bytes = 9'000};
  placed.actual_ms = 64;
  placed.actual_bytes = 9'100;
  placed.duplicate = pipeline::Duplicate::kSkipped;
  answer.placement = std::make_unique<const pipeline::PlacementRecord>(placed);
  const auto line = test::last_json(result_line({1, {}, ""}, std::move(answer)));
  CHECK(line["chosen"] == "small");
  CHECK(line["form"] == "shrunk");
  CHECK(line["predicted_ms"].GetDouble() == 60.5);
  CHECK(line["took_ms"].GetDouble() == 64);
  CHECK(line["bytes"].GetInt() == 9100);
  REQUIRE(line["considered"].Size() == 2);
  CHECK(line["considered"][0]["kind"] == "whole");
  CHECK(line["considered"][0]["form"] == "whole");
  CHECK(line["considered"][0]["in_time"].GetBool());
  CHECK_FALSE(line["considered"][0].HasMember("cost"));
  CHECK(line["considered"][0]["ms"].GetDouble() == 90);
  CHECK(line["considered"][0]["bytes"].GetInt() == 40'000);
  CHECK(line["duplicate"] == "skipped");
}

TEST_CASE("a frame whose answer was chosen by its price says what each answer would have cost and got wrong") {
  pipeline::Answer answer;
  pipeline::PlacementRecord placed;
  placed.count = 2;
  placed.price_per_error = 160;
  placed.asked = 2;
  placed.actual_cost = 5.5F;
  placed.considered[0] = {.kind = adapt::AnswerKind::kSplit,
                          .form = pipeline::Form::kFeatures,
                          .setting = 12,
                          .full_model = false,
                          .predicted = {30, 40},
                          .bytes = 200,
                          .cost = 5.25F,
                          .error = 0.0625F};
  placed.considered[1] = {.allowed = false, .predicted = {60, 80}, .bytes = 3'000, .cost = 20};
  answer.placement = std::make_unique<const pipeline::PlacementRecord>(placed);
  const auto line = test::last_json(result_line({1, {}, ""}, std::move(answer)));
  CHECK(line["chosen"] == "split");
  CHECK(line["predicted_cost"].GetDouble() == 5.25);
  CHECK(line["cost"].GetDouble() == 5.5);
  CHECK(line["price_per_error"].GetDouble() == 160);
  CHECK(line["asked"].GetInt() == 2);
  CHECK(line["considered"][0]["setting"].GetInt() == 12);
  CHECK(line["considered"][0]["error"].GetDouble() == 0.0625);
  CHECK(line["considered"][0]["allowed"].GetBool());
  CHECK_FALSE(line["considered"][1]["allowed"].GetBool());
}
