// A client with a split route, and its server spoken by hand: what both split tests say and hear.
#pragma once

#include <doctest/doctest.h>

#include "core/pipeline/split_route.hpp"
#include "tests/core/pipeline/client_peer.hpp"

namespace sluice::pipeline::testing {

inline Manifest split_manifest() {
  Manifest manifest = ClientPeer::faces();
  manifest.model.output.decoder = "none";
  manifest.agree_when.rule = "label";
  manifest.default_target = 0.9F;
  manifest.split = SplitSpec{"device", "remote", {}, {{0.7F, 0}, {0.8F, 1}, {0.9F, 3}}};
  return manifest;
}

// Shares of the guess with 0 to 3 channels.
inline std::vector<float> shares() { return {1, 0.5F, 0.25F, 0.125F}; }

template <typename T>
OutputTensor output(std::string name, std::vector<T> values, Shape shape) {
  return {std::move(name), *Tensor::copy_of(*view_of(std::span<const T>(values), shape))};
}

struct SplitPeer : ClientPeer {
  explicit SplitPeer(ClientOptions options = {}, const Manifest& manifest = split_manifest(),
                     Duration stale_answers = Duration::zero())
      : ClientPeer(options, nullptr, manifest, {[&](RouteHost& host, RemoteRoute* remote) {
                     return std::make_unique<SplitRoute>(host, remote, *manifest.split, shares(), stale_answers);
                   }}) {}

  void connect(bool takes_split = true) {
    client.start(now);
    expect<ConnectWanted>();
    finish_connecting(takes_split);
  }

  void finish_connecting(bool takes_split = true) {
    client.connected(now);
    hear<wire::Hello>();
    wire::Welcome offered = welcome();
    if (takes_split) offered.encodings.insert(offered.encodings.begin(), wire::Encoding::kSplit);
    offered.features = features;
    say(offered);
  }

  wire::Features features = wire::kFeatures;  // of the server

  // An input whose device half has run.
  InputId guess(std::vector<std::int32_t> ends = {4, 7, 10}, std::size_t bytes = 10) {
    const InputId id = offer();
    const RunWanted asked = wanted();
    CHECK(std::get<RunStage>(asked.work).part == "device");
    submit(id, made(std::move(ends), bytes), 1ms);
    return id;
  }

  // One request and its answer over a link of about a thousand bytes a second.
  void learn_rate() {
    const InputId id = guess({400, 700, 1000}, 1000);
    const auto request = hear<wire::Request>();
    pass(1000ms);
    answer(request.id, 3);
    answered(id);
  }

  static std::vector<OutputTensor> made(std::vector<std::int32_t> ends, std::size_t bytes) {
    std::vector<std::uint8_t> payload(bytes);
    for (std::size_t i = 0; i < bytes; ++i) payload[i] = static_cast<std::uint8_t>(i);
    const auto channels = static_cast<std::int64_t>(ends.size());
    std::vector<OutputTensor> outputs;
    outputs.push_back(output<float>("logits", {8, 0}, {1, 2}));
    outputs.push_back(output("features", std::move(payload), {static_cast<std::int64_t>(bytes)}));
    outputs.push_back(output("ends", std::move(ends), {channels}));
    return outputs;
  }

  void answer(std::uint64_t id, std::int32_t channels, std::vector<float> logits = {0, 16}) {
    const Shape shape{1, static_cast<std::int64_t>(logits.size())};
    const Shape one{1};
    wire::Answer reply;
    reply.request_id = id;
    reply.outputs = {{"out", *view_of(std::span<const float>(logits), shape)},
                     {"channels", *view_of(std::span<const std::int32_t>(&channels, 1), one)}};
    reply.how = static_cast<std::uint32_t>(AnswerKind::kSplit);
    say(reply);
  }

  // The picture itself goes to the server, whose full model answers.
  Answer whole_picture(InputId id) {
    CHECK(std::holds_alternative<Encode>(wanted().work));
    submit(id, wire::Encoding::kJpeg, as_bytes("jpeg"), 0us);
    const float logits[] = {1, 2};
    wire::Answer reply;
    reply.request_id = hear<wire::Request>().id;
    reply.outputs = {{"out", *view_of(std::span<const float>(logits), Shape{1, 2})}};
    say(reply);
    Answer got = expect<Answered>().answer;
    CHECK(got.input == id);
    CHECK(got.kind == AnswerKind::kRemote);
    return got;
  }

  Answer answered(InputId id) {
    Answer got = expect<Answered>().answer;
    CHECK(got.input == id);
    CHECK(got.kind == AnswerKind::kSplit);
    return got;
  }

  // The answer is the guess alone.
  void guessed(InputId id) {
    const Answer got = answered(id);
    CHECK(got.outputs.at(0).name == "logits");
    CHECK(got.outputs[0].tensor.as<float>()[0] == 8);
    CHECK(got.outputs.at(1).name == "channels");
    CHECK(got.outputs[1].tensor.as<std::int32_t>()[0] == 0);
  }
};

}  // namespace sluice::pipeline::testing
