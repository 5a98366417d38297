#include "native/cli/run_command.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>
#include <limits>

#include "native/arguments/checks.hpp"
#include "native/cli/bundle_search.hpp"
#include "native/cli/run_report.hpp"
#include "native/cli/stream_run.hpp"
#include "native/cli/token.hpp"
#include "native/client/bundle_source.hpp"
#include "native/client/server_address.hpp"

namespace sluice::cli {
namespace {

std::atomic<bool> interrupted{false};  // the only way from a signal handler into the program
static_assert(std::atomic<bool>::is_always_lock_free);

// The first signal ends the run with its summary, a second one the program.
void on_signal(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

constexpr double kMostWeight = 1e6;
constexpr std::uint64_t kMostMilliseconds = 86'400'000;  // a day

constexpr const char* kRunExamples =
    "Examples:\n"
    "  A video through the faces bundle and a server on this machine:\n"
    "    sluice run --bundle faces --server ws://127.0.0.1:8080 talk.mp4\n"
    "  A camera; a frame that comes while another waits takes its place:\n"
    "    sluice run --bundle faces --policy newest-wins /dev/video0\n"
    "  Everything on this machine, boxes into a file, one JSON object a frame:\n"
    "    sluice run --bundle faces --place local --save-boxes boxes.jsonl pictures/\n"
    "  What the gate costs in accuracy: the full model also sees the frames that were skipped:\n"
    "    sluice run --bundle faces --audit --json street.avi | tail -n 1\n"
    "Fields of a line of --save-answers; lines come in the order in which frames end:\n"
    "  frame     number in the input, from 0 on\n"
    "  time_ms   in the input; file: of a folder, the picture's name\n"
    "  kind      skipped, reused, exited, split, remote, local, or failed\n"
    "  score     of the question that was asked last; null: none was, or there was nothing to compare with\n"
    "  boxes     of detections: x0, y0, x1, y1 in the picture's pixels, score, landmarks\n"
    "  label     of a classifier: the class's number; class: its name, where the bundle has names\n"
    "  channels  of a model in two halves: how many the answer follows from; 0: this device's guess\n"
    "  stale_ms  of such a guess, where the server's answer about an earlier frame was put to it: by how much older "
    "that frame is\n"
    "  exit      of early exits: which one answered, from 1 on (the answer's own output `exit` counts from 0)\n"
    "  variant   of the model, where one answered in its place (--least-agreement, --stand-in)\n"
    "  unsure    true where nothing better came in time, and no target is held\n"
    "  chosen    of placed frames (--place choice, auto, remote-auto): the answer that was chosen, skip, reuse, exit, "
    "split, "
    "small,\n"
    "            whole, file, or here; form: what was sent for it, whole, file, shrunk, features, stages, or here "
    "(nothing)\n"
    "  predicted_ms, took_ms, bytes  from when that was decided; considered: of each answer there was its kind, form, "
    "setting (which\n"
    "            exit, how many channels), ms, bytes and in_time (in what was left of the budget then), and with "
    "--place "
    "choice its\n"
    "            cost, error (how likely it is not the model's) and whether the promise allowed it\n"
    "  predicted_cost, cost, price_per_error  with --place choice; asked: how often it was chosen anew, behind exits "
    "for example\n"
    "  duplicate with --place auto, of frames on the server: skipped, begun, or won, where it answered\n"
    "  error, message  of failed ones";

// What --place comes to. A variant that stands in takes the place of the model here.
Result<void> take_place(RunOptions& options) {
  using pipeline::ModelPlace;
  const PlaceChoice choice = options.place_choice;
  options.duplicate = choice == PlaceChoice::kAuto;
  options.choose = choice == PlaceChoice::kChoice;
  options.place_forms = options.duplicate || options.choose || choice == PlaceChoice::kRemoteAuto;
  if (!options.stand_in.empty() && !options.duplicate) {
    return fail(ErrorCode::kInvalidArgument, {"--stand-in ", options.stand_in, " is of --place auto"});
  }
  if (options.choose && options.audit) {
    return fail(ErrorCode::kInvalidArgument,
                "--audit looks at what the gate answers as a frame comes in, and --place choice may answer later: run "
                "the frames with --place local as well, and compare what --save-answers wrote of both");
  }
  switch (choice) {
    case PlaceChoice::kRemote:
    case PlaceChoice::kRemoteAuto: options.place = ModelPlace::kRemote; break;
    case PlaceChoice::kLocal: options.place = ModelPlace::kLocal; break;
    case PlaceChoice::kChoice:
    case PlaceChoice::kRemoteElseLocal: options.place = ModelPlace::kRemoteElseLocal; break;
    case PlaceChoice::kAuto:
      options.place = options.stand_in.empty() ? ModelPlace::kRemoteElseLocal : ModelPlace::kRemote;
  }
  return {};
}

}  // namespace

void RunCommand::declare(CLI::App& app) {
  app.add_option("input", options_.input, "Video file, picture, folder of pictures, or camera (/dev/video0)")
      ->required()
      ->type_name("INPUT");
  app.add_option("-b,--bundle", options_.bundle,
                 "Bundle: a folder, a name looked for in $SLUICE_BUNDLES, beside the program, ./bundles, or an address "
                 "such as http://127.0.0.1:8080/bundles/faces; read again when the server has another version of it")
      ->required()
      ->type_name("DIR|NAME|URL");
  server_ = app.add_option("-s,--server", options_.server,
                           "Where the full model runs: ws:// or, with TLS, wss://. Default: the server at the "
                           "bundle's address, else ws://127.0.0.1:8080")
                ->type_name("URL");
  app.add_option("--token-file", options_.token_file,
                 "File with the token that the server wants. Default: $SLUICE_TOKEN itself")
      ->type_name("FILE");
  app.add_option("--ca", options_.ca_file, "PEM certificates to trust for wss:// beside the system's")
      ->type_name("FILE");
  app.add_option(
         "--place", options_.place_choice,
         "Where frames run that matter: remote, local, remote-else-local (here while there is no connection), "
         "remote-auto (on the server; whole, shrunk to what the model takes, or a JPEG file as it is: whatever is "
         "expected to be answered first), auto (so, or here, and here as well where the server may be late), or choice "
         "(the cheapest of all answers there are, by --weigh-...: none, an earlier one, an early exit's, features for "
         "the server's half, a small or whole picture or its file sent, the model here; within --budget-ms, and the "
         "target in the mean)")
      ->transform(arguments::one_of({{"remote", static_cast<int>(PlaceChoice::kRemote)},
                                     {"local", static_cast<int>(PlaceChoice::kLocal)},
                                     {"remote-else-local", static_cast<int>(PlaceChoice::kRemoteElseLocal)},
                                     {"remote-auto", static_cast<int>(PlaceChoice::kRemoteAuto)},
                                     {"auto", static_cast<int>(PlaceChoice::kAuto)},
                                     {"choice", static_cast<int>(PlaceChoice::kChoice)}}))
      ->default_str("remote")
      ->type_name("PLACE");
  app.add_option("--stand-in", options_.stand_in,
                 "With --place auto: the variant of the bundle's model that runs here in place of the model; its "
                 "answers are taken only when a frame's time is up, and marked unsure")
      ->type_name("VARIANT");
  app.add_option("--weigh-device-ms", options_.weights.per_device_cost,
                 "What a millisecond of work on this machine costs, against a kilobyte sent and a millisecond of the "
                 "server: --place choice takes what costs least, and --json tells what a frame cost")
      ->capture_default_str()
      ->check(arguments::number_from(0, kMostWeight))
      ->type_name("COST");
  app.add_option("--weigh-kilobyte", options_.weights.per_kilobyte, "What a kilobyte sent costs")
      ->capture_default_str()
      ->check(arguments::number_from(0, kMostWeight))
      ->type_name("COST");
  app.add_option("--weigh-server-ms", options_.weights.per_server_ms, "What a millisecond of the server's work costs")
      ->capture_default_str()
      ->check(arguments::number_from(0, kMostWeight))
      ->type_name("COST");
  in_time_ = app.add_option("--in-time", options_.kept_in_time,
                            "With --place choice: the share of frames that are to be answered within --budget-ms")
                 ->capture_default_str()
                 ->check(arguments::number_from(0, 1))
                 ->type_name("SHARE");
  app.add_option("--policy", options_.policy,
                 "When frames come faster than answers: newest-wins (drop older ones) or keep-all (wait). "
                 "Default: keep-all for files, newest-wins for cameras")
      ->transform(arguments::one_of({{"newest-wins", static_cast<int>(pipeline::QueuePolicy::kNewestWins)},
                                     {"keep-all", static_cast<int>(pipeline::QueuePolicy::kKeepAll)}}))
      ->type_name("POLICY");
  app.add_option("--target", options_.target,
                 "Agreement with the full model to keep, above 0 and at most 1. Default: the bundle's")
      ->check(arguments::number_above(0, 1))
      ->type_name("SHARE");
  app.add_option(
         "--promise", options_.live_promise,
         "How the target is kept: by the bundle's calibrated thresholds, safe for every stream and often far below "
         "what this one allows (calibrated), or by thresholds that are learned on this stream from what the full "
         "model says of the frames that go to it, and of a few percent of the others, which are audited (live); "
         "the summary says how it stands")
      ->transform(arguments::one_of({{"calibrated", 0}, {"live", 1}}))
      ->default_str("calibrated")
      ->type_name("HOW");
  app.add_option(
         "--state", options_.promise_state,
         "With --promise live: the file to go on from, where it is there, and in which the run leaves what it has "
         "learned and spent; of one version of one bundle")
      ->type_name("FILE");
  app.add_flag("--realtime", options_.realtime, "Read a file at its own pace in place of as fast as possible");
  app.add_option("--max-frames", options_.max_frames, "Stop after so many frames; 0: all")
      ->capture_default_str()
      ->check(arguments::whole_number(0, std::numeric_limits<std::int64_t>::max()))
      ->type_name("N");
  app.add_flag("--private-answers", options_.private_answers,
               "Where the bundle shares answers among a server's clients: neither take theirs nor give ours");
  app.add_flag(
      "!--no-split", options_.split,
      "Where the bundle's model comes in two halves, or has a cut between its early exits: send pictures all the "
      "same, and run no part of it here");
  app.add_option(
         "--stale-answer-ms", options_.stale_answer_ms,
         "Of a model in two halves, on cameras and on video at its own pace (--realtime): no frame waits for the "
         "link, and the remote half's answer about a frame so much older, at most, is put to its guess; 0: don't. "
         "A frame is answered by its guess when --budget-ms is over: name one that is shorter than the round trip")
      ->capture_default_str()
      ->check(arguments::whole_number(0, 60'000))
      ->type_name("MS");
  app.add_flag("!--no-exits", options_.exits,
               "Where the bundle's model has early exits: where it runs on this machine, run it whole all the same; "
               "with a server and a cut between the exits, send pictures");
  app.add_option(
         "--exits-mean-cost", options_.exits_mean_cost,
         "Of a model with early exits that runs here, not up to a cut: the mean cost that frames come to, within some "
         "hundred, of the whole model's. What the target leaves is spent on agreement; where the target takes more it "
         "is kept. The first frame runs whole. Default: frames leave as early as the target allows")
      ->check(arguments::number_above(0, 1))
      ->type_name("SHARE");
  app.add_option("--least-agreement", options_.least_agreement,
                 "Where the model would be late, a server may answer with a variant of it that agrees with it on this "
                 "share of inputs. "
                 "Default: only the model itself answers")
      ->check(arguments::number_above(0, 1))
      ->type_name("SHARE");
  app.add_flag("--audit", options_.audit,
               "Run the full model on skipped and reused frames too and report the agreement");
  app.add_option("--save-boxes,--save-answers", options_.save_boxes,
                 "Write one JSON object for each frame: boxes, or a classifier's class (fields: below)")
      ->type_name("FILE");
  app.add_option("--record", options_.record, "Write all that was decided, for `sluice replay`")->type_name("FILE");
  app.add_flag("--json", options_.json, "End with one line of flat JSON");
  app.add_flag("-q,--quiet", options_.quiet, "No progress bar");
  app.add_option("--jpeg-quality", options_.jpeg_quality, "Of the pictures sent, 1 to 100")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 100))
      ->type_name("N");
  app.add_option("--max-in-flight", options_.max_in_flight, "Frames at the server at once")
      ->capture_default_str()
      ->check(arguments::whole_number(1, 64))
      ->type_name("N");
  app.add_option(
         "--budget-ms", options_.budget_ms,
         "Time for each frame, from reading to its answer. Default: 60000 for --policy keep-all, 2000 for newest-wins")
      ->check(arguments::whole_number(1, 600'000))
      ->type_name("MS");
  app.add_option(
         "--connect-timeout-ms", options_.connect_timeout_ms,
         "How long the first connection may take; without one no frame is read, unless every frame may be answered "
         "here (--place; or a target that the guess of a model in two halves keeps)")
      ->capture_default_str()
      ->check(arguments::whole_number(0, kMostMilliseconds))
      ->type_name("MS");
  app.add_option("--give-up-ms", options_.give_up_ms,
                 "End a run that lost its connection, after so long without another")
      ->capture_default_str()
      ->check(arguments::whole_number(0, kMostMilliseconds))
      ->type_name("MS");
  app.footer(kRunExamples);
}

int RunCommand::run() {
  if (auto placed = take_place(options_); !placed) return complain(placed.error());
  if (in_time_->count() != 0 && !options_.choose) {
    return complain({ErrorCode::kInvalidArgument, "--in-time is of --place choice"});
  }
  if (client::is_bundle_address(options_.bundle)) {
    if (server_->count() == 0) options_.server = client::server_of(options_.bundle);
  } else {
    const auto folder = find_bundle(options_.bundle);
    if (!folder) return complain(folder.error());
    options_.bundle = folder->string();
  }
  auto token = find_token(options_.token_file);
  if (!token) return complain(token.error());
  options_.token = *std::move(token);

  Console console(!options_.quiet);
  StreamRun stream(options_, console, interrupted);
  if (auto opened = stream.open(); !opened) return complain(opened.error());
  // Until here, where a bundle may be fetched and a server waited for, there is nothing to sum up: a signal just ends it.
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  const auto ended = stream.run();
  const Tally& tally = stream.tally();
  std::fputs(run_table(tally, stream.manifest(), options_).c_str(), stdout);
  if (options_.json) std::printf("%s\n", run_json(tally, stream.manifest(), options_).c_str());
  if (std::fflush(stdout) != 0)
    return complain({ErrorCode::kIoError, "the summary could not be written to standard output; is the disk full?"});
  if (!ended) return complain(ended.error());
  return tally.failures() == 0 && tally.damaged == 0 && tally.audit_failed == 0 ? kDone : kFailed;
}

}  // namespace sluice::cli
