// How an input was placed (placer.hpp): the form it took to its answer, what that was expected to take and took, and what the other forms
// would have been expected to take. Plain values, bounded; an input that was not placed has none.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

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
};

struct ConsideredForm {
  Form form = Form::kWhole;
  bool in_time = true;            // 19 times out of 20, it was expected
  adapt::TimeEstimate predicted;  // from then to the answer
  std::uint64_t bytes = 0;        // to the server
};

// The model on this device beside the server's (ClientOptions::duplicate).
enum class Duplicate : std::uint8_t {
  kNone = 0,     // not thought of
  kSkipped = 1,  // was not needed: the server answered first, or was sure enough to
  kBegun = 2,
  kWon = 3,  // answered
};

std::string_view duplicate_name(Duplicate duplicate);  // "none", "skipped", ...

struct PlacementRecord {
  std::size_t taken = 0;  // of `considered`
  std::size_t count = 0;  // 0: it waited for a server until the model here answered
  std::array<ConsideredForm, kForms> considered;
  float actual_ms = 0;  // from then to the answer
  std::uint64_t actual_bytes = 0;
  Duplicate duplicate = Duplicate::kNone;

  const ConsideredForm& form() const { return considered[taken]; }
  std::span<const ConsideredForm> all() const { return std::span(considered).first(count); }
};

}  // namespace sluice::pipeline
