// What `sluice eval` says of a bundle's cut: exits between a device and a server beside the cut without exits, exits on the device alone, and
// the picture sent. Pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "native/eval/exits/cut_journeys.hpp"

namespace sluice::eval {

// At one of the bundle's points.
struct CutAtTarget {
  double target = 0;
  JourneyFigures figures;
};

struct CutReport {
  std::string tensor;  // at the cut
  double slowdown = 1;
  std::uint32_t jpeg_quality = 0;
  double model_macs = 0;
  std::vector<CutAtTarget> with_exits;      // by the cut's points
  std::vector<CutAtTarget> exits_alone;     // by the section's own
  JourneyFigures split_alone;               // the same cut and coding, no exit asked
  JourneyFigures picture;                   // as JPEG, the model on the server
  JourneyFigures rgb;                       // the same, its pixels
  bool lossless = false;                    // pictures are sent so, as the bundle wants it
  std::optional<std::size_t> chosen;        // of with_exits, the one that the target takes
  std::optional<std::size_t> alone_chosen;  // of exits_alone
  double device_ms = 0;                     // up to the cut and coding, no exit asked
  CutTimes times;
};

std::string cut_table(const CutReport& report);

// Flat keys, all with `cut_` before them (the table's "the cut without exits" is `split_alone_` in them): `cut_target` (of the point that the target takes), and for each system, with exits no word,
// `split_alone_`, `exits_alone_`, `picture_` (as JPEG) and `rgb_`: `share_device`, `share_server_exits`, `share_end`, `agreement`, `accuracy`, `bytes_sent_mean`,
// `bytes_sent_p50`, `bytes_sent_p95` (of the inputs that sent something), `bytes_mean`, `bytes_p50`, `bytes_p95` (of all), `device_macs` and
// `server_macs` over the model's, and `ms_2mbit_mean`, `_p50`, `_p95`, `ms_6mbit_...`. Without a value where no point takes the target.
void each_cut_key(const CutReport& report, const std::function<void(const std::string&, std::optional<double>)>& tell);

}  // namespace sluice::eval
