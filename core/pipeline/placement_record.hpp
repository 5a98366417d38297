// How an input was placed (placer.hpp): the answer that it was to have, what that was expected to take, to cost and to get wrong, what it took,
// and what the other answers that were to be had would have been expected to. Where it was chosen again as the input went on (behind the gate,
// behind an exit, at the cut), of the last time; `asked` says how often. Plain values, bounded; an input that was not placed has none.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/adapt/choice/answer_kind.hpp"
#include "core/adapt/estimate/time_estimate.hpp"

namespace sluice::pipeline {

// In what form an input is answered. Numbers are part of the decision log: append only.
enum class Form : std::uint8_t {
  kWhole = 0,     // encoded here in full size, for the server
  kFile = 1,      // as the application has it, for the server
  kShrunk = 2,    // made as small as the model takes it, then encoded, for the server
  kFeatures = 3,  // of the device half, for the server's
  kStages = 4,    // what the model's first stages left, for the server's
  kHere = 5,      // it does not leave this device
};
inline constexpr std::size_t kForms = 6;
std::string_view form_name(Form form);  // "whole", ...

// A form with all that the driver has to know of it.
struct FormSetting {
  Form form = Form::kWhole;
  std::uint32_t jpeg_quality = 85;  // 1 to 100
  float scale = 1;                  // of both sides, (0, 1]
  std::uint32_t channels = 0;       // of features; 0: as many as the target takes
};

inline constexpr std::size_t kMostConsidered = 16;

struct ConsideredAnswer {
  adapt::AnswerKind kind = adapt::AnswerKind::kSendWhole;
  Form form = Form::kWhole;  // what it takes of the driver; kHere of what does not leave this device
  std::uint32_t setting =
      0;                   // exit: which, from 1 on, 0: whichever is sure first; split: how many channels; otherwise 0
  bool in_time = true;     // as often as answers are to be
  bool allowed = true;     // by the promise
  bool full_model = true;  // it is the full model's
  adapt::TimeEstimate predicted;  // from then to the answer
  std::uint64_t bytes = 0;        // to the server, expected
  float cost = 0;                 // expected, in the unit of the weights (ClientOptions); 0 where no answer was priced
  float error = 0;                // probability that it is not the full model's answer
};
// Of a form where only times decide.
adapt::AnswerKind kind_of(Form form);

// The model on this device beside the server's (ClientOptions::duplicate).
enum class Duplicate : std::uint8_t {
  kNone = 0,     // not thought of
  kSkipped = 1,  // was not needed: the server answered first, or was sure enough to
  kBegun = 2,
  kWon = 3,  // answered
};

std::string_view duplicate_name(Duplicate duplicate);  // "none", "skipped", ...

struct PlacementRecord {
  std::uint32_t taken = 0;  // of `considered`
  std::uint32_t count = 0;  // 0: it waited for a server until the model here answered
  std::array<ConsideredAnswer, kMostConsidered> considered;
  std::uint32_t asked = 1;    // how often it was chosen
  bool guarded = false;       // the promise allowed no answer but the full model's
  float price_per_error = 0;  // of one that is certain, in the unit of costs; 0 where no answer was priced
  float actual_ms = 0;        // from then to the answer
  std::uint64_t actual_bytes = 0;
  float actual_cost = 0;  // as `cost`
  Duplicate duplicate = Duplicate::kNone;

  const ConsideredAnswer& chosen() const { return considered[taken]; }
  std::span<const ConsideredAnswer> all() const& { return std::span(considered).first(count); }
  std::span<const ConsideredAnswer> all() const&& = delete;  // it would outlive what it is of
};

}  // namespace sluice::pipeline
