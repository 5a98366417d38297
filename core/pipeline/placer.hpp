// Where and in which form an input is answered, decided when it begins: whoever is asked predicts what each form that is to be had would take
// and takes the quickest that is in time. The client owns one or none; form_placer.hpp is the one there is, apart from this interface so that
// builds which never place leave it out. Deterministic: what it learns from is in the decision log. One thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "core/base/time.hpp"
#include "core/input/modality.hpp"
#include "core/pipeline/answer.hpp"
#include "core/pipeline/client_events.hpp"
#include "core/pipeline/placement_record.hpp"

namespace sluice::pipeline {

class RemoteRoute;
class Route;

// What is known of an input before anything is done for it.
struct PlacedInput {
  input::InputExtent extent;
  OwnForm own;
  Instant deadline;
};

struct PlacementChoice {
  Route* route = nullptr;
  FormSetting setting;
  std::uint64_t bytes = 0;  // predicted
};

class Placer {
 public:
  virtual ~Placer() = default;

  // Chooses among `routes`, which are available, and writes down what it considered. nullopt: too little is known, or there is nothing to
  // choose; the routes' order decides. `remote` may be nullptr.
  virtual std::optional<PlacementChoice> place(const PlacedInput& input, std::span<Route* const> routes,
                                               const RemoteRoute* remote, Instant now, PlacementRecord& record) = 0;
  // A payload of a remote form was made.
  virtual void made(const PlacedInput& input, const FormSetting& setting, std::size_t bytes, Duration took) = 0;
  // What an answer cost; `record`, with what it took, is nullptr where the input was not placed.
  virtual void answered(const PlacedInput& input, const FormSetting& setting, const PlacementRecord* record,
                        const Cost& cost, Instant now) = 0;
  // A duplicate came to its end after its input had: too late, or after the server.
  virtual void duplicate_ran(Duration took) = 0;

  // When the model on this device should begin beside a request that began then; kNever: not at all. Asked when the request begins, and
  // again at the time that was named. `record`: nullptr while the input waits for a request of its own.
  virtual Instant duplicate_at(const PlacementRecord* record, Instant begun, Instant deadline, Instant now) const = 0;
};

}  // namespace sluice::pipeline
