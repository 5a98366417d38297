#include "native/cli/promise_report.hpp"
#include "native/cli/promise_state_file.hpp"
#include "native/cli/stream_run.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "core/pipeline/chosen_points.hpp"
#include "core/split/device_half.hpp"
#include "native/bundle/class_names.hpp"
#include "native/cli/label.hpp"
#include "native/cli/printable.hpp"
#include "native/client/bundle_source.hpp"
#include "native/media/picture_folder.hpp"

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint32_t kWaitingFrames = 2;         // read ahead of those in flight: enough to fill a slot at once
constexpr std::uint32_t kPatientBudgetMs = 60'000;  // of a file's frames, which nobody waits for one by one
constexpr std::uint32_t kLiveBudgetMs = 2'000;
constexpr std::uint64_t kSampleEvery = 10;         // skipped frames, to learn what sending them would have cost
constexpr std::size_t kMessageOverheadBytes = 64;  // of a request around its picture, about

std::string seconds(std::uint32_t milliseconds) {
  const std::string tenths = std::to_string((milliseconds + 50) / 100);
  return tenths.size() < 2 ? "0." + tenths : tenths.substr(0, tenths.size() - 1) + "." + tenths.back();
}

// Writing an output must destroy neither what is read nor the other output.
Result<void> check_outputs(const RunOptions& options) {
  namespace fs = std::filesystem;
  std::error_code none;  // what is not there is not the same
  const fs::path input = options.input;
  for (const fs::path& output : {options.save_boxes, options.record, options.promise_state}) {
    if (output.empty() || !fs::exists(output, none)) continue;
    const bool in_folder = fs::equivalent(output.has_parent_path() ? output.parent_path() : ".", input, none);
    if (fs::equivalent(output, input, none) || (in_folder && media::is_picture_name(output))) {
      return fail(ErrorCode::kInvalidArgument, {"'", output.string(), "' is read by this run: write to another file"});
    }
  }
  const fs::path boxes = fs::weakly_canonical(options.save_boxes, none);
  if (!options.record.empty() && !boxes.empty() && boxes == fs::weakly_canonical(options.record, none)) {
    return fail(ErrorCode::kInvalidArgument,
                {"--save-boxes and --record both write '", boxes.string(), "': name two files"});
  }
  return {};
}

}  // namespace

StreamRun::StreamRun(const RunOptions& options, Console& console, const std::atomic<bool>& interrupted)
    : options_(options), console_(console), interrupted_(interrupted) {}

Result<void> StreamRun::open() {
  auto source = media::open_source(options_.input, {.keep_jpegs = options_.place_forms});
  if (!source) return fail(source.error());
  source_ = std::move(*source);
  if (auto safe = check_outputs(options_); !safe) return safe;
  read_names();
  auto sampler = client::PictureEncoder::create(options_.jpeg_quality);
  if (!sampler) return fail(sampler.error());
  sampler_ = std::move(*sampler);

  client::GateOptions gate = run_here(options_);
  gate.server = options_.server;
  gate.token = options_.token;
  gate.ca_file = options_.ca_file;
  gate.accuracy_target = options_.target;
  gate.jpeg_quality = options_.jpeg_quality;
  const auto live = source_->live() ? pipeline::QueuePolicy::kNewestWins : pipeline::QueuePolicy::kKeepAll;
  gate.pipeline.queue = options_.policy.value_or(live);
  gate.pipeline.place_forms = options_.place_forms;
  gate.pipeline.duplicate = options_.duplicate;
  gate.pipeline.choose = options_.choose;
  gate.pipeline.live_promise = options_.live_promise;
  gate.pipeline.weights = options_.weights;
  gate.pipeline.kept_in_time = options_.kept_in_time;
  tally_.weights = options_.weights;
  gate.pipeline.stand_in = options_.stand_in;
  gate.pipeline.private_answers = options_.private_answers;
  gate.pipeline.stale_answer_ms = options_.stale_answer_ms;
  gate.pipeline.exits_mean_cost = options_.exits_mean_cost;
  gate.pipeline.least_agreement = options_.least_agreement;
  gate.pipeline.max_in_flight = options_.max_in_flight;
  gate.pipeline.max_waiting = kWaitingFrames;
  const bool keeps_all = gate.pipeline.queue == pipeline::QueuePolicy::kKeepAll;
  gate.pipeline.budget_ms = options_.budget_ms.value_or(keeps_all ? kPatientBudgetMs : kLiveBudgetMs);
  if (auto meant = check_meant(gate); !meant) return meant;
  if (auto known = find_whether_server_is_needed(gate); !known) return known;
  if (!options_.save_boxes.empty()) {
    auto writer = ResultWriter::create(options_.save_boxes, class_names_);
    if (!writer) return fail(writer.error());
    writer_ = std::move(*writer);
  }
  gate.on_connection = [this](const client::ConnectionStatus& status) { tell_of_connection(status); };
  if (!options_.promise_state.empty()) {
    auto state = read_promise_state(options_);
    if (!state) return fail(state.error());
    gate.promise_state = *std::move(state);
  }
  if (options_.live_promise) {
    gate.on_promise = [this](const pipeline::PromiseStanding& standing) { console_.message(promise_change(standing)); };
  }
  gate.on_renewed = [this](const pipeline::Manifest& manifest) {
    asks_ = !manifest.questions.empty();
    console_.message("the server has version '" + manifest.version + "' of '" + manifest.name + "': read from " +
                     options_.bundle + " and gone on with" +
                     (options_.record.empty() ? "" : "; the record of decisions ends here"));
  };
  if (!options_.record.empty()) {
    if (auto recording = record_decisions(gate); !recording) return recording;
  }
  auto opened = client::Gate::open(options_.bundle, std::move(gate));
  if (!opened) return fail(opened.error());
  gate_ = std::move(*opened);
  tally_.model_multiply_adds = gate_->model_multiply_adds();
  asks_ = !gate_->manifest().questions.empty();
  samples_cut_ = client::runs_to_cut(gate_->manifest(), run_here(options_));
  if (auto connected = connect(); !connected) return connected;
  if (options_.audit) {
    auto audit = Audit::open(options_.bundle, options_);
    if (!audit) return fail(audit.error());
    audit_.emplace(std::move(*audit));
  }
  return {};
}

Result<void> StreamRun::record_decisions(client::GateOptions& gate) {
  const client::BundleSource source(options_.bundle, {options_.server, options_.token, options_.ca_file});
  const auto manifest = source.manifest();
  if (!manifest) return fail(manifest.error());
  gate.pipeline.client_name = "sluice-run";  // its length is part of what a replay must repeat
  auto contents = contents_of(*manifest);
  if (!contents) return fail(contents.error());
  RecordedRun run{manifest->name, manifest->version, {}, gate.pipeline};
  run.sha256 = *std::move(contents);
  run.exits = client::runs_exits(*manifest, gate);
  run.cut = client::runs_to_cut(*manifest, gate);
  if (client::runs_device_half(*manifest, gate)) {
    const auto device = source.read([](const pipeline::Manifest& of) { return std::vector{of.split->device}; });
    if (!device) return fail(device.error());
    const auto unit = split::read_unit(device->part(manifest->split->device));
    if (!unit) return fail(unit.error());
    run.halves = unit->coded_channels();
  }
  for (const pipeline::AskedQuestion& question : manifest->questions) run.questions.emplace_back(question.row->kind);
  auto file = DecisionFile::create(options_.record, run);
  if (!file) return fail(file.error());
  decisions_ = std::move(*file);
  gate.decisions = decisions_.get();
  return {};
}

// Options that would do nothing, or other than what is meant, with this bundle and source.
Result<void> StreamRun::check_meant(const client::GateOptions& gate) const {
  if (options_.stale_answer_ms == 0 && options_.exits_mean_cost == 0 && options_.exits) return {};
  const auto manifest =
      client::BundleSource(options_.bundle, {options_.server, options_.token, options_.ca_file}).manifest();
  if (!manifest) return fail(manifest.error());
  if (!options_.exits && !manifest->exits) {
    return fail(ErrorCode::kInvalidArgument, {"--no-exits is of a model with early exits; '", manifest->name,
                                              "' has none, and runs whole without it"});
  }
  const bool runs_exits = client::runs_exits(*manifest, gate);
  if (options_.exits_mean_cost > 0 && !runs_exits && client::runs_to_cut(*manifest, gate)) {
    return fail(ErrorCode::kInvalidArgument,
                "--exits-mean-cost is of a model that runs on this machine to its end, not of one with a cut, behind "
                "which a server goes on: name --place local, or leave it out");
  }
  if (options_.exits_mean_cost > 0 && !runs_exits) {
    return fail(
        ErrorCode::kInvalidArgument,
        "--exits-mean-cost is of a model with early exits that runs on this machine (--place local), and none does");
  }
  if (options_.stale_answer_ms == 0) return {};
  if (!client::runs_device_half(*manifest, gate)) {
    return fail(ErrorCode::kInvalidArgument,
                "--stale-answer-ms is of a model in two halves with a server, and no half runs here");
  }
  // Of a file that is read as fast as it goes a second of the run is many seconds of the film, and pictures are of no one scene.
  if (!source_->live() && (!options_.realtime || std::filesystem::is_directory(options_.input))) {
    return fail(ErrorCode::kInvalidArgument,
                "--stale-answer-ms is of a camera, or of a video at its own pace: give --realtime with the file");
  }
  return {};
}

// None is where the full model may run here, and where the guess of a model in two halves keeps the target alone.
Result<void> StreamRun::find_whether_server_is_needed(const client::GateOptions& gate) {
  needs_server_ = options_.place == pipeline::ModelPlace::kRemote;
  if (!needs_server_ || !gate.split) return {};
  const auto manifest =
      client::BundleSource(options_.bundle, {options_.server, options_.token, options_.ca_file}).manifest();
  if (!manifest) return fail(manifest.error());
  if (!client::runs_device_half(*manifest, gate)) return {};
  const auto point = pipeline::chosen_split_point(*manifest, options_.target.value_or(manifest->default_target));
  needs_server_ = !point || point->channels > 0;
  return {};
}

// Where a server is needed it is connect() that says why there is none at first, and nothing is tried again.
void StreamRun::tell_of_connection(const client::ConnectionStatus& status) {
  if (status.state == pipeline::ConnectionState::kReady) {
    if (was_ready_ || without_server_) console_.message(was_ready_ ? "connected again" : "connected");
    was_ready_ = true;
    without_server_ = false;
  } else if (!status.why) {
    return;
  } else if (status.state == pipeline::ConnectionState::kStopped && !needs_server_) {
    console_.message(describe(*status.why) + "; every frame is answered here from now on");
  } else if (status.state == pipeline::ConnectionState::kBackingOff && !needs_server_) {
    if (!std::exchange(without_server_, true))
      console_.message(describe(*status.why) + "; until a server is there every frame is answered here");
  } else if (status.state == pipeline::ConnectionState::kBackingOff && was_ready_) {
    console_.message(describe(*status.why) + "; trying again in " + seconds(status.retry_in_ms) + " s, for " +
                     seconds(options_.give_up_ms) + " s in all (--give-up-ms)");
  }
}

Result<void> StreamRun::connect() {
  if (!needs_server_ && !options_.place_forms) return {};
  // Frames that are placed should have a choice from the first one on; they do without.
  const auto status = gate_->wait_for_connection(std::chrono::milliseconds(options_.connect_timeout_ms));
  if (!needs_server_) return {};
  if (status.state == pipeline::ConnectionState::kReady) return {};
  if (status.why) return fail(*status.why);
  return fail(ErrorCode::kNotConnected, "no answer from " + options_.server + " within " +
                                            seconds(options_.connect_timeout_ms) +
                                            " s, which --connect-timeout-ms gives the first connection");
}

Result<void> StreamRun::run() {
  begin_ = SteadyClock::now();
  Result<void> ended;
  while (!interrupted_ && (options_.max_frames == 0 || tally_.frames < options_.max_frames)) {
    auto frame = source_->next();
    if (frame && !*frame) break;
    ++tally_.frames;
    if (!frame) {
      ++tally_.damaged;
      console_.message(describe(frame.error()));
      continue;
    }
    pace(**frame);
    ended = offer(**frame);
    if (!ended) {
      --tally_.frames;  // it was read, and never offered
      break;
    }
    show();
    if (ended = check_connection(); !ended) break;
  }
  // What is still under way ends by its budget at the latest.
  while (!under_way_.empty() && ended && !interrupted_) {
    if (auto outcome = gate_->next_outcome(100ms)) take(std::move(*outcome));
    ended = check_connection();
    show();
  }
  if (audit_) audit_->finish(tally_, [&] { return ended && goes_on(); });
  if (options_.live_promise) finish_promise(ended.has_value());
  const std::string promise_state = gate_->save_promise();
  gate_->close();
  while (auto outcome = gate_->next_outcome(0ms)) take(std::move(*outcome));
  tally_.elapsed_s = std::chrono::duration<double>(SteadyClock::now() - begin_).count();
  console_.clear();
  if (ended && writer_) ended = writer_->state();
  if (ended && decisions_) ended = decisions_->state();
  if (ended && !options_.promise_state.empty()) ended = write_promise_state(options_.promise_state, promise_state);
  return ended;
}

// Audits that are under way end by their own budget; what they find belongs to the summary.
void StreamRun::finish_promise(bool goes_well) {
  const auto until = SteadyClock::now() + std::chrono::milliseconds(pipeline::ClientOptions().audit_budget_ms);
  for (;;) {
    tally_.promise = gate_->promise();
    const bool waits = tally_.promise && tally_.promise->report.pending != 0;
    if (!waits || !goes_well || interrupted_ || SteadyClock::now() >= until) return;
    std::this_thread::sleep_for(10ms);
  }
}

// Submits one frame, waiting for room where the policy keeps all, and takes what has come meanwhile.
Result<void> StreamRun::offer(const media::Frame& frame) {
  for (;;) {
    client::InputOptions about;
    about.jpeg = frame.jpeg;
    const auto id = gate_->submit(frame.view, std::move(about));
    if (id) {
      under_way_.emplace(*id, FrameOrigin{frame.index, frame.time, frame.name});
      by_gate_.reset();
      while (auto outcome = gate_->next_outcome(0ms)) take(std::move(*outcome));
      // The questions answer within submit(), so the frame's pixels are still there to be looked at.
      if (by_gate_ && by_gate_->input == *id) look_at_answered(frame.view, *std::move(by_gate_));
      if (samples_cut_ && (tally_.frames - 1) % kSampleEvery == 0) sample(frame.view);
      return {};
    }
    if (id.error().code == ErrorCode::kInvalidImage) {
      ++tally_.damaged;
      console_.message(describe(id.error()));
      return {};
    }
    if (id.error().code != ErrorCode::kTooManyInFlight) return fail(id.error());
    if (auto outcome = gate_->next_outcome(100ms)) take(std::move(*outcome));
    show();
    if (interrupted_) {
      --tally_.frames;  // it was read, and never offered
      return {};
    }
    if (auto connected = check_connection(); !connected) return connected;
  }
}

// They are for people: without them answers go by their numbers. What keeps a manifest from being read is said by who opens the bundle.
void StreamRun::read_names() {
  const client::BundleSource source(options_.bundle, {options_.server, options_.token, options_.ca_file});
  const auto manifest = source.manifest_text();
  if (!manifest) return;
  auto names = bundle::class_names_in(*manifest, source.place() + "/manifest.json");
  if (names) class_names_ = *std::move(names);
  else console_.message("classes go by their numbers: " + printable(describe(names.error())));
}

void StreamRun::check_names(std::size_t classes) {
  if (class_names_.empty() || class_names_.size() == classes) return;
  console_.message(join_text({"classes go by their numbers: x_classes names ", class_names_.size(),
                              "; the bundle's model answers with ", classes, " logits"}));
  class_names_.clear();
}

void StreamRun::take(client::Outcome outcome) {
  pipeline::InputId frame = 0;
  auto* answer = std::get_if<pipeline::Answer>(&outcome);
  if (answer != nullptr) {
    frame = answer->input;
    tally_.add(*answer);
    if (!asks_) answer->score = pipeline::kNoScore;
    if (const auto label = label_of(*answer)) {
      check_names(classes_of(*answer));
      ++tally_.labels[printable(class_text(*label, class_names_))];
    }
  } else {
    const auto& failed = std::get<pipeline::Failed>(outcome);
    frame = failed.input;
    tally_.add(failed);
  }
  const auto origin = under_way_.find(frame);
  if (origin == under_way_.end()) return;
  if (writer_) writer_->write(origin->second, outcome);
  under_way_.erase(origin);
  const bool by_gate =
      answer != nullptr && (answer->kind == pipeline::AnswerKind::kSkipped ||
                            (answer->kind == pipeline::AnswerKind::kReused && answer->cost.bytes_up == 0));
  if (by_gate) by_gate_ = std::move(*answer);
}

void StreamRun::look_at_answered(const input::ImageView& picture, pipeline::Answer answer) {
  if (audit_) audit_->submit(picture, std::move(answer.outputs), tally_, [this] { return goes_on(); });
  const std::uint64_t before = tally_.skipped + tally_.reused - 1;
  if (options_.place == pipeline::ModelPlace::kLocal || samples_cut_ || before % kSampleEvery != 0) return;
  sample(picture);
}

// What sending it would have cost.
void StreamRun::sample(const input::ImageView& picture) {
  constexpr std::array jpeg{wire::Encoding::kJpeg};
  if (const auto payload = sampler_->encode(picture, jpeg)) {
    ++tally_.sampled;
    tally_.sampled_bytes += payload->bytes.size() + kMessageOverheadBytes;
  }
}

void StreamRun::pace(const media::Frame& frame) {
  if (!options_.realtime || source_->live()) return;
  const auto due = begin_ + frame.time;
  // Outcomes are taken as they come, and an interruption is seen soon.
  while (!interrupted_ && SteadyClock::now() < due) {
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(due - SteadyClock::now());
    if (auto outcome = gate_->next_outcome(std::min(rest, std::chrono::milliseconds(50)))) {
      take(std::move(*outcome));
    } else if (rest < 1ms) {
      std::this_thread::sleep_until(due);
    }
  }
}

Result<void> StreamRun::check_connection() {
  if (!needs_server_) return {};
  const auto status = gate_->connection();
  if (status.state == pipeline::ConnectionState::kReady) {
    unconnected_since_.reset();
    return {};
  }
  if (status.state != pipeline::ConnectionState::kStopped) {
    if (!unconnected_since_) unconnected_since_ = SteadyClock::now();
    if (SteadyClock::now() - *unconnected_since_ <= std::chrono::milliseconds(options_.give_up_ms)) return {};
  } else if (status.why) {
    return fail(*status.why);
  }
  return fail(ErrorCode::kNotConnected, "given up: no connection to " + options_.server + " for " +
                                            seconds(options_.give_up_ms) + " s, which --give-up-ms allows");
}

bool StreamRun::goes_on() { return !interrupted_ && check_connection().has_value(); }

// Says so when a file takes no more; the run goes on without it and fails at its end.
void StreamRun::notice_lost_files() {
  const auto look = [&](const auto& file, bool& noticed) {
    if (!file || noticed) return;
    const auto state = file->state();
    if (state) return;
    noticed = true;
    console_.message(describe(state.error()) + "; the run goes on without it");
  };
  look(writer_, results_lost_);
  look(decisions_, record_lost_);
}

void StreamRun::show() {
  notice_lost_files();
  const std::uint64_t done = tally_.answered() + tally_.superseded + tally_.failures() + tally_.damaged;
  std::optional<std::uint64_t> total = source_->frame_count();
  if (options_.max_frames != 0) total = std::min(total.value_or(options_.max_frames), options_.max_frames);
  std::string note = std::to_string(tally_.skipped) + " skipped, ";
  if (tally_.reused != 0) note += std::to_string(tally_.reused) + " reused, ";
  note += std::to_string(tally_.run()) + " run";
  if (tally_.failures() != 0) note += ", " + std::to_string(tally_.failures()) + " failed";
  console_.progress(done, total, note);
}

}  // namespace sluice::cli
