// One run of `sluice run`: frames from a source through a gate, outcomes into a tally. Owns gate, source and writer for the
// run's time. One thread; the gate's I/O thread only reports connection changes to the console.
#pragma once

#include <atomic>
#include <unordered_map>

#include "native/cli/audit.hpp"
#include "native/cli/console.hpp"
#include "native/cli/decision_file.hpp"
#include "native/cli/result_writer.hpp"
#include "native/cli/run_options.hpp"
#include "native/cli/tally.hpp"
#include "native/client/picture_encoder.hpp"
#include "native/media/frame_source.hpp"

namespace sluice::cli {

class StreamRun {
 public:
  // `interrupted` is looked at between frames: set, the run ends early and orderly.
  StreamRun(const RunOptions& options, Console& console, const std::atomic<bool>& interrupted);

  // Opens everything and connects. An error means that no frame was looked at.
  Result<void> open();

  // Runs to the end of the source. An error means that it was given up; the tally tells what was done before.
  Result<void> run();

  const Tally& tally() const { return tally_; }
  pipeline::Manifest manifest() const { return gate_->manifest(); }

 private:
  Result<void> record_decisions(client::GateOptions& gate);
  Result<void> check_meant(const client::GateOptions& gate) const;
  Result<void> find_whether_server_is_needed(const client::GateOptions& gate);
  void tell_of_connection(const client::ConnectionStatus& status);
  Result<void> connect();
  Result<void> offer(const media::Frame& frame);
  void read_names();
  void check_names(std::size_t classes);
  void take(client::Outcome outcome);
  void sample(const input::ImageView& picture);
  void look_at_answered(const input::ImageView& picture, pipeline::Answer answer);
  void pace(const media::Frame& frame);
  Result<void> check_connection();  // an error when the run is to be given up for want of one
  bool goes_on();                   // neither given up nor interrupted
  void notice_lost_files();
  void finish_promise(bool goes_well);
  void show();

  const RunOptions options_;
  Console& console_;
  const std::atomic<bool>& interrupted_;
  Tally tally_;
  std::vector<std::string> class_names_;  // of a classifier, where its bundle names them
  std::unique_ptr<media::FrameSource> source_;
  std::unique_ptr<DecisionFile> decisions_;  // outlives the gate, which writes to it
  std::unique_ptr<client::Gate> gate_;
  std::optional<Audit> audit_;
  std::optional<ResultWriter> writer_;
  bool results_lost_ = false;  // was said already
  bool record_lost_ = false;
  std::atomic<bool> asks_ = true;  // the bundle has questions: without one there is no score
  bool samples_cut_ = false;       // frames go to a cut, where what is sent says nothing of a picture's size
  bool needs_server_ = true;       // otherwise every frame may be answered here
  bool was_ready_ = false;         // these two: of the connection, as the console was told
  bool without_server_ = false;
  std::optional<client::PictureEncoder> sampler_;
  std::unordered_map<pipeline::InputId, FrameOrigin> under_way_;
  std::optional<pipeline::Answer> by_gate_;  // the gate's latest answer
  std::chrono::steady_clock::time_point begin_;
  std::optional<std::chrono::steady_clock::time_point> unconnected_since_;
};

}  // namespace sluice::cli
