// The replaying half of decision_log.hpp.
#include <algorithm>
#include <bit>
#include <charconv>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "core/pipeline/answer_chooser.hpp"
#include "core/pipeline/client.hpp"
#include "core/pipeline/decision_guess.hpp"
#include "core/pipeline/decision_halves.hpp"
#include "core/pipeline/decision_log.hpp"
#include "core/pipeline/decision_stage.hpp"
#include "core/pipeline/exit_route.hpp"
#include "core/pipeline/exit_split_route.hpp"
#include "core/pipeline/form_placer.hpp"
#include "core/pipeline/promise_judge.hpp"
#include "core/pipeline/split_route.hpp"
#include "core/pipeline/stand_in_route.hpp"

namespace sluice::pipeline {
namespace {

// What the log says that the questions said, in order.
struct Script {
  std::deque<Result<Verdict>> verdicts;
  std::vector<float> spent;
};

class RecordedQuestion final : public Question {
 public:
  RecordedQuestion(std::string name, std::size_t index, Script& script)
      : name_(std::move(name)), index_(index), script_(script) {}

  std::string_view name() const override { return name_; }

  Result<Verdict> ask(const AskContext&) override {
    if (script_.verdicts.empty()) return fail(ErrorCode::kInternal, "the log has no verdict for this question");
    Result<Verdict> verdict = std::move(script_.verdicts.front());
    script_.verdicts.pop_front();
    return verdict;
  }

  float set_error_budget(float) override { return index_ < script_.spent.size() ? script_.spent[index_] : 0; }

 private:
  std::string name_;
  std::size_t index_;
  Script& script_;
};

constexpr std::int64_t kMostMicroseconds = std::int64_t{1} << 60;  // so that sums of times are times
constexpr std::size_t kMostNumbers = 17;  // of a line: a target, and what 16 questions may spend
// What a log may make the client hold. A run's own limits come from its log, and from messages in it: they bound nothing.
constexpr std::size_t kMostInputs = 16'384;
constexpr std::size_t kMostHeldBytes = std::size_t{128} << 20U;
constexpr std::size_t kMessageBytes = 64;  // of a message without a payload, in the outbox

constexpr std::string_view kUnreadable = "cannot be read";

struct Line {
  Instant when;
  std::string_view what;
  std::vector<std::uint64_t> numbers;
  std::string bytes;  // of a message, or a promise's state
};

std::string_view next_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

template <typename T>
bool read_number(std::string_view word, T& value) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc{} && end == word.data() + word.size();
}

bool read_hex(std::string_view text, std::string& bytes) {
  if (text.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    if (error != std::errc{} || end != text.data() + i + 2) return false;
    bytes += static_cast<char>(value);
  }
  return true;
}

std::optional<Line> read_line(std::string_view text) {
  Line line;
  std::int64_t microseconds = 0;
  if (!read_number(next_word(text), microseconds)) return std::nullopt;
  if (microseconds < -kMostMicroseconds || microseconds > kMostMicroseconds) return std::nullopt;
  line.when = Instant(Duration(microseconds));
  line.what = next_word(text);
  if (line.what == "message" || line.what == "restored") {
    if (!read_hex(text, line.bytes)) return std::nullopt;
    return line;
  }
  while (!text.empty()) {
    if (line.numbers.size() == (line.what == "halves" ? kMostHalvesNumbers : kMostNumbers)) return std::nullopt;
    if (!read_number(next_word(text), line.numbers.emplace_back())) return std::nullopt;
  }
  return line;
}

float to_float(std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }

// An input of the recorded size: the recorded questions never look at its samples.
input::InputView recorded_view(const input::InputExtent& extent) {
  const auto& [first, second, third] = extent.sizes;
  switch (extent.modality) {
    case input::Modality::kClip: return input::ClipView{};
    case input::Modality::kAudio: return input::AudioView{input::SampleFormat::kF32, first, second, third, {}};
    case input::Modality::kSignal: return input::SignalView{first, second, {}};
    case input::Modality::kText: return input::TextView{};
    case input::Modality::kTensor: return TensorView{};
    case input::Modality::kImage: break;
  }
  return input::ImageView{input::PixelFormat::kRgba8, first, second, {}};
}

class Player {
 public:
  Player(const Manifest& manifest, const ReplayedRun& run, const std::function<void(const ReplayedEnd&)>& ended)
      : questions_(run.questions.size()),
        ended_(ended),
        client_(manifest, make_questions(run.questions), run.options, nullptr, make_routes(manifest, run, stages_),
                make_local(manifest, run, stages_)) {
    // What a bundle cannot be promised about was refused when the log was written, too.
    if (run.options.live_promise) static_cast<void>(client_.promise_with(std::nullopt));
    if (run.options.choose) {
      client_.choose_with(std::make_unique<AnswerChooser>(manifest, run.options), std::nullopt);
      return;
    }
    if (run.options.place_forms) client_.place_with(std::make_unique<FormPlacer>(manifest, run.options.stand_in));
  }

  // What is wrong with the line, if anything is.
  std::optional<std::string_view> play(const Line& line) {
    const auto at = [&](std::size_t i) { return i < line.numbers.size() ? line.numbers[i] : std::uint64_t{0}; };
    const Instant now = line.when;
    const Error error{static_cast<ErrorCode>(at(line.numbers.size() - 1)), "as recorded"};
    if (line.what == "ask") {
      Verdict verdict;
      verdict.score = to_float(at(2));
      verdict.threshold = to_float(at(3));
      if (at(1) > kAnswerKinds || script_.verdicts.size() == questions_) return kUnreadable;
      if (at(1) != 0) verdict.kind = static_cast<AnswerKind>(at(1) - 1);
      script_.verdicts.push_back(std::move(verdict));
    } else if (line.what == "ask-failed") {
      if (script_.verdicts.size() == questions_) return kUnreadable;
      script_.verdicts.push_back(fail(error));
    } else if (line.what == "target") {
      if (line.numbers.size() != 1 + questions_) return "does not give a target and what each question may spend of it";
      script_.spent.clear();
      for (std::size_t i = 1; i < line.numbers.size(); ++i) script_.spent.push_back(to_float(at(i)));
      client_.set_accuracy_target(to_float(at(0)));
    } else if (line.what == "offer") {
      if (at(0) >= input::kModalities) return kUnreadable;
      if (script_.spent.size() != questions_)
        return "offers an input before a line 'target' says what the questions may spend";
      if (under_way_ == kMostInputs) return "offers more inputs than any run has under way";
      const auto size = [&](std::size_t i) { return static_cast<std::uint32_t>(at(i)); };
      const input::InputExtent extent{static_cast<input::Modality>(at(0)), {size(1), size(2), size(3)}};
      const OwnForm own{static_cast<wire::Encoding>(at(4)), at(5), to_float(at(6))};
      if (client_.offer(recorded_view(extent), now, own)) ++under_way_;  // a refusal is repeated and changes nothing
      script_.verdicts.clear();
    } else if (line.what == "payload") {
      const auto size = static_cast<std::size_t>(std::min(at(2), kMaxPayload));
      held_at_most_ += size;
      if (payload_.size() < size) payload_.resize(size);
      const Bytes bytes = as_bytes(payload_).first(size);
      if (at(3) != 0 && at(3) != wire::kTraceparentBytes) return kUnreadable;
      const std::string trace(static_cast<std::size_t>(at(3)), '0');
      if (at(4) > static_cast<std::uint64_t>(kMostMicroseconds)) return kUnreadable;
      const Duration took(static_cast<std::int64_t>(at(4)));  // older logs have none
      client_.submit(at(0), Payload{static_cast<wire::Encoding>(at(1)), bytes, trace}, took, now);
    } else if (line.what == "halves") {
      auto read = read_halves(line.numbers);
      if (!read) return kUnreadable;
      made_ = {read->took, std::move(read->outputs)};
    } else if (line.what == "guess") {
      if (made_.outputs.size() <= kGuessOutput || !set_guess(made_.outputs[kGuessOutput].tensor.as<float>(), at(0)))
        return kUnreadable;
    } else if (line.what == "stage") {
      auto read = read_stage(line.numbers);
      if (!read) return kUnreadable;
      made_ = {read->took, std::move(read->outputs), read->multiply_adds};
    } else if (line.what == "cut") {
      auto read = read_cut(line.numbers);
      if (!read) return kUnreadable;
      made_ = {read->took, std::move(read->outputs)};
    } else if (line.what == "result") {
      Made made = std::exchange(made_, {});
      if (at(1) > static_cast<std::uint64_t>(kMostMicroseconds)) return kUnreadable;
      if (made.took == Duration::zero()) made.took = Duration(static_cast<std::int64_t>(at(1)));
      for (const OutputTensor& output : made.outputs) held_at_most_ += output.tensor.view().bytes.size();
      client_.submit(at(0), StageOutputs(std::move(made.outputs), {}, made.multiply_adds), made.took, now);
    } else if (line.what == "failed") {
      client_.fail(at(0), error, now);
    } else if (line.what == "sent") {
      client_.sent(static_cast<std::size_t>(at(0)), now);
    } else if (line.what == "cancel") {
      client_.cancel(at(0), now);
    } else if (line.what == "message") {
      client_.receive(as_bytes(line.bytes), now);
    } else if (line.what == "disconnected") {
      client_.disconnected(error, now);
    } else if (line.what == "start") {
      client_.start(now);
    } else if (line.what == "stop") {
      client_.stop(now);
    } else if (line.what == "connected") {
      client_.connected(now);
    } else if (line.what == "taken") {
      client_.next_message();
    } else if (line.what == "tick") {
      client_.tick(now);
    } else if (line.what == "compared") {
      if (at(0) >= adapt::kAnswerKinds) return kUnreadable;
      client_.compared(static_cast<adapt::AnswerKind>(at(0)), to_float(at(1)), at(2) != 0, now);
    } else if (line.what == "restored") {
      static_cast<void>(client_.restore_promise(as_bytes(line.bytes)));  // what was refused is refused again
    } else if (line.what == "known") {
      client_.known(at(0), to_float(at(1)), at(2) != 0, now);
    } else if (line.what == "audited") {
      if (at(1) > static_cast<std::uint64_t>(AuditResult::kFailed)) return kUnreadable;
      client_.audit_known(at(0), static_cast<AuditResult>(at(1)), now);
    } else if (line.what == "feedback") {
      static_cast<void>(client_.feedback(at(0), at(1) != 0, now));  // what was refused is refused again
    } else if (line.what == "placed" || line.what == "considered") {
      return std::nullopt;  // made again by the client
    } else {
      return kUnreadable;
    }
    collect(now);
    if (!holds_little()) return "leaves more messages waiting for the network than any run does";
    return std::nullopt;
  }

 private:
  static constexpr std::uint64_t kMaxPayload = std::uint64_t{64} << 20U;

  // What a device half or a stage gave.
  struct Made {
    Duration took{0};
    std::vector<OutputTensor> outputs;
    std::uint64_t multiply_adds = 0;
  };

  std::vector<std::unique_ptr<Question>> make_questions(const std::vector<std::string>& names) {
    std::vector<std::unique_ptr<Question>> made;
    for (const std::string& name : names)
      made.push_back(std::make_unique<RecordedQuestion>(name, made.size(), script_));
    return made;
  }

  // The half itself is not run: what an answer's values are decides nothing, so its shares may be zeros.
  static std::vector<Client::MakeRoute> make_routes(const Manifest& manifest, const ReplayedRun& run,
                                                    const std::shared_ptr<StagesInUse>& stages) {
    std::vector<Client::MakeRoute> routes;
    if (run.halves != 0) {
      const std::chrono::milliseconds stale(run.options.stale_answer_ms);
      routes.push_back([&split = *manifest.split, halves = run.halves, stale](RouteHost& host, RemoteRoute* remote) {
        return std::make_unique<SplitRoute>(host, remote, split, std::vector<float>(halves + std::size_t{1}), stale);
      });
    }
    if (const ModelVariant* variant = stand_in_of(manifest, run.options)) {
      routes.push_back([variant](RouteHost& host, RemoteRoute*) {
        return std::make_unique<StandInRoute>(host, variant->name, variant->part);
      });
    }
    if (run.cut) {
      routes.push_back([&spec = *manifest.exits, stages](RouteHost& host, RemoteRoute* remote) {
        return std::make_unique<ExitSplitRoute>(host, remote, spec, stages);
      });
    }
    return routes;
  }

  static Client::MakeRoute make_local(const Manifest& manifest, const ReplayedRun& run,
                                      const std::shared_ptr<StagesInUse>& stages) {
    if (!run.exits) return {};
    return [&spec = *manifest.exits, stages, mean_cost = run.options.exits_mean_cost](RouteHost& host, RemoteRoute*) {
      return std::make_unique<ExitRoute>(host, spec, mean_cost, stages);
    };
  }

  void collect(Instant now) {
    while (auto event = client_.next_event()) {
      if (auto* answered = std::get_if<Answered>(&*event)) {
        Answer& answer = answered->answer;
        const PlacementRecord* placed = answer.placement.get();
        end({now, answer.input, std::string(kind_name(answer.kind)), std::move(answer.reason),
             placed != nullptr ? std::optional(*placed) : std::nullopt});
      } else if (auto* failed = std::get_if<InputFailed>(&*event)) {
        end({now, failed->failed.input, std::string(error_name(failed->failed.error.code)), {}, {}});
      }
    }
  }

  void end(const ReplayedEnd& one) {
    --under_way_;
    ended_(one);
  }

  // Each line leaves a message or two; they are counted only when so many came that they may be too many.
  bool holds_little() {
    held_at_most_ += kMessageBytes;
    if (held_at_most_ <= 2 * kMostHeldBytes) return true;
    held_at_most_ = client_.held_bytes();
    return held_at_most_ <= kMostHeldBytes;
  }

  Script script_;
  Made made_;  // of the next result
  const std::size_t questions_;
  const std::function<void(const ReplayedEnd&)>& ended_;
  const std::shared_ptr<StagesInUse> stages_ = std::make_shared<StagesInUse>();
  Client client_;
  std::size_t under_way_ = 0;     // inputs
  std::size_t held_at_most_ = 0;  // bytes of the client's messages on their way
  std::string payload_;           // of zeros: what was in one decides nothing
};

}  // namespace

Result<void> replay(std::string_view log, const Manifest& manifest, const ReplayedRun& run,
                    const std::function<void(const ReplayedEnd&)>& ended) {
  if (run.halves != 0 && !manifest.split) {
    return fail(ErrorCode::kInvalidArgument,
                {"the run was of a model in two halves; the bundle '", manifest.name, "' has none"});
  }
  if (run.exits && !manifest.exits) {
    return fail(ErrorCode::kInvalidArgument,
                {"the run was of a model with early exits; the bundle '", manifest.name, "' has none"});
  }
  if (run.cut && (!manifest.exits || !manifest.exits->cut)) {
    return fail(ErrorCode::kInvalidArgument,
                {"the run was of a model that a server goes on from; the bundle '", manifest.name, "' has no cut"});
  }
  if (!run.options.stand_in.empty() && stand_in_of(manifest, run.options) == nullptr) {
    return fail(ErrorCode::kInvalidArgument, {"the variant '", run.options.stand_in,
                                              "' stood in for the server; the bundle '", manifest.name, "' has none"});
  }
  Player player(manifest, run, ended);
  log = log.substr(0, log.find_last_not_of("\r\n") + 1);  // npos + 1 is 0
  for (std::size_t number = run.first_line; !log.empty(); ++number) {
    const std::size_t end = std::min(log.find('\n'), log.size());
    std::string_view text = log.substr(0, end);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text == kLogCutOff) break;
    const auto line = read_line(text);
    const auto problem = line ? player.play(*line) : kUnreadable;
    if (problem) return fail(ErrorCode::kInvalidArgument, {"line ", number, " of the decision log ", *problem});
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  return {};
}

}  // namespace sluice::pipeline
