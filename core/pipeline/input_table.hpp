// The inputs that the client has taken and not yet ended, in the order in which they came; at most a few thousand. Deadlines
// come in that order too, since every input has the same budget. Owned by the client; it keeps its memory, so inputs come and
// go without allocating. Pointers stay valid until the next add() or erase().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/pipeline/answer.hpp"
#include "core/pipeline/placement_record.hpp"
#include "core/pipeline/route.hpp"

namespace sluice::pipeline {

// A result that answers the input when nothing better comes in time.
struct KeptResult {
  AnswerKind kind = AnswerKind::kExited;
  std::vector<OutputTensor> outputs;
  std::string why;  // of the answer's reason, the route's part
};

struct Input {
  static constexpr std::int8_t kNoQuestion = -1;

  InputId id = 0;
  bool audit = false;        // it has its answer, and the full model is asked for its own
  bool interrupted = false;  // was under way when the connection broke; newer inputs do not replace it
  input::InputExtent extent;
  Instant offered;
  Instant deadline;
  std::int8_t asked_last =
      kNoQuestion;  // the question whose score follows; a reason is worded when the input is answered
  float score = 0;
  float threshold = 0;
  std::string_view note;
  std::uint32_t passed_by = 0;           // a bit for each question that let it pass
  std::optional<Error> question_failed;  // the last question that could not say
  std::array<Attempt, 2> attempts;
  OwnForm own;
  std::unique_ptr<PlacementRecord> placement;
  FormSetting setting;             // of that
  Instant placed_at;               // when it began
  std::uint64_t bytes_before = 0;  // that had gone to the server by then
  Instant duplicate_at = kNever;   // when a model here begins beside its attempt
  bool beside_first = false;       // that began while the input had no other attempt, for which it still waits
  std::optional<KeptResult> kept;
  bool stopgap = false;  // ends with what was kept
  Cost cost;
  std::string variant;  // of the model, that answered

  bool waiting() const { return attempts[0].id == 0 && attempts[1].id == 0; }
  bool awaits_route() const { return attempts[0].id == 0 && (attempts[1].id == 0 || beside_first); }
  bool replaceable() const { return waiting() && !interrupted; }
};

class InputTable {
 public:
  Input& add(InputId id);
  void erase(InputId id) { give_back(take(id)); }
  // It leaves the table, without having ended; nullptr: it is not there.
  std::unique_ptr<Input> take(InputId id);
  void give_back(std::unique_ptr<Input> ended);

  Input* find(InputId id);
  Attempt* find_attempt(AttemptId id);

  std::size_t size() const { return order_.size(); }
  Input& at(std::size_t index) { return *order_[index]; }  // the oldest first
  const Input& at(std::size_t index) const { return *order_[index]; }

  // A waiting input that a newer waiting one replaces, or nullptr.
  Input* superseded();
  std::uint32_t waiting() const;
  Instant next_deadline() const { return order_.empty() ? kNever : order_.front()->deadline; }

 private:
  std::size_t index_of(InputId id) const;

  std::vector<std::unique_ptr<Input>> order_;  // by id
  std::vector<std::unique_ptr<Input>> spare_;
};

}  // namespace sluice::pipeline
