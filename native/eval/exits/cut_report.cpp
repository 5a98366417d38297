#include "native/eval/exits/cut_report.hpp"

#include <cmath>

#include "native/eval/append_format.hpp"

namespace sluice::eval {
namespace {

constexpr const char* kWithExits = "exits and cut";
constexpr const char* kSplitAlone = "the cut without exits";
constexpr const char* kExitsAlone = "exits on the device";
constexpr const char* kPicture = "picture sent as JPEG";
constexpr const char* kRgb = "picture sent as RGB";

// Calls row(system, target or nothing, figures) for each line of a table.
template <typename Row>
void each_row(const CutReport& report, Row row) {
  for (const CutAtTarget& one : report.with_exits) row(kWithExits, std::optional(one.target), one.figures);
  row(kSplitAlone, std::optional<double>(), report.split_alone);
  for (const CutAtTarget& one : report.exits_alone) row(kExitsAlone, std::optional(one.target), one.figures);
  row(kPicture, std::optional<double>(), report.picture);
  row(kRgb, std::optional<double>(), report.rgb);
}

void append_name(std::string& text, const char* system, const std::optional<double>& target) {
  append_format(text, "  %-21s ", system);
  target ? append_format(text, "%6.4g", *target) : append_format(text, "%6s", "-");
}

void append_answers(std::string& text, const CutReport& report) {
  text +=
      "  system                target   here  exit there    end  as model    right   bytes sent: mean   p50   p95   of "
      "all";
  text += "   multiply-adds: here  there\n";
  each_row(report, [&](const char* system, const std::optional<double>& target, const JourneyFigures& one) {
    append_name(text, system, target);
    append_format(text, "  %5.1f %%   %5.1f %%  %5.1f %%  %6.2f %%  %6.2f %%", 100 * one.device_exits,
                  100 * one.server_exits, 100 * one.at_end, 100 * one.agreement, 100 * one.accuracy);
    append_format(text, "  %16.0f %5.0f %5.0f  %7.1f", one.bytes_sent.mean, one.bytes_sent.p50, one.bytes_sent.p95,
                  one.bytes.mean);
    append_format(text, "  %17.1f %%  %3.1f %%\n", 100 * one.device_macs / report.model_macs,
                  100 * one.server_macs / report.model_macs);
  });
}

void append_latencies(std::string& text, const CutReport& report) {
  append_format(
      text,
      "\n  Milliseconds to an answer: the device's part as measured here (one thread, natively, medians of turns) "
      "times %g, "
      "the "
      "bytes over the link and\n  %g ms for the way there and back where any are sent, the server's part as "
      "measured here. Measured here: %.3f ms up to the\n  cut without exits, coding included, %.3f of that coding, "
      "%.3f decoding, %.3f JPEG and %.3f back, %.3f the\n  whole model.\n\n",
      report.slowdown, kCutRoundTripMs, report.device_ms, report.times.code_ms, report.times.decode_ms,
      report.times.jpeg_ms, report.times.picture_ms, report.times.whole_ms);
  text += "  system                target";
  for (const double link : kCutLinksMbitPerS) append_format(text, "  %g Mbit/s: mean     p50     p95", link);
  text += '\n';
  each_row(report, [&](const char* system, const std::optional<double>& target, const JourneyFigures& one) {
    append_name(text, system, target);
    for (const Spread& ms : one.latency_ms) append_format(text, "  %14.2f %7.2f %7.2f", ms.mean, ms.p50, ms.p95);
    text += '\n';
  });
}

// Whether the cut is worth having, at the point that the target takes.
void append_verdict(std::string& text, const CutReport& report) {
  if (!report.chosen) {
    text +=
        report.lossless
            ? "\n  No point of the cut promises the target: pictures are sent whole, and the model's own answers come\n"
            : "\n  No point of the cut promises the target: pictures are sent whole, as JPEG, to which no target "
              "applies\n";
    return;
  }
  const CutAtTarget& ours = report.with_exits[*report.chosen];
  const JourneyFigures& sent = report.lossless ? report.rgb : report.picture;
  text += '\n';
  for (std::size_t link = 0; link < kCutLinksMbitPerS.size(); ++link) {
    const double less = sent.latency_ms[link].mean - ours.figures.latency_ms[link].mean;
    append_format(text, "  Against the picture sent, exits and cut at %g are %.2f ms %s at %g Mbit/s, in the mean\n",
                  ours.target, std::abs(less), less > 0 ? "faster" : "slower", kCutLinksMbitPerS[link]);
  }
  const double bytes = ours.figures.bytes.mean;
  append_format(text, "  and send %.0f bytes an input, where pictures are %.0f (%s%u)\n", bytes, sent.bytes.mean,
                report.lossless ? "RGB; as JPEG, quality " : "JPEG, quality ", report.jpeg_quality);
}

using TellKey = std::function<void(const std::string&, std::optional<double>)>;

void tell_spread(const std::string& prefix, const JourneyFigures* of, const Spread& spread, const TellKey& tell) {
  const auto value = [&](double one) { return of != nullptr ? std::optional(one) : std::nullopt; };
  tell(prefix + "_mean", value(spread.mean));
  tell(prefix + "_p50", value(spread.p50));
  tell(prefix + "_p95", value(spread.p95));
}

void tell_system(const std::string& prefix, const JourneyFigures* of, double model_macs, const TellKey& tell) {
  const JourneyFigures figures = of != nullptr ? *of : JourneyFigures();
  const auto value = [&](double one) { return of != nullptr ? std::optional(one) : std::nullopt; };
  tell(prefix + "share_device", value(figures.device_exits));
  tell(prefix + "share_server_exits", value(figures.server_exits));
  tell(prefix + "share_end", value(figures.at_end));
  tell(prefix + "agreement", value(figures.agreement));
  tell(prefix + "accuracy", value(figures.accuracy));
  tell_spread(prefix + "bytes_sent", of, figures.bytes_sent, tell);
  tell_spread(prefix + "bytes", of, figures.bytes, tell);
  tell(prefix + "device_macs", value(figures.device_macs / model_macs));
  tell(prefix + "server_macs", value(figures.server_macs / model_macs));
  for (std::size_t link = 0; link < kCutLinksMbitPerS.size(); ++link) {
    std::string name;
    append_format(name, "ms_%gmbit", kCutLinksMbitPerS[link]);
    tell_spread(prefix + name, of, figures.latency_ms[link], tell);
  }
}

const JourneyFigures* figures_at(const std::vector<CutAtTarget>& all, const std::optional<std::size_t>& chosen) {
  return chosen ? &all[*chosen].figures : nullptr;
}

}  // namespace

std::string cut_table(const CutReport& report) {
  std::string text = "\nCut at '" + report.tensor +
                     "': a device runs to there, the tensor goes on coded, a server has the rest with its exits\n\n";
  append_answers(text, report);
  append_latencies(text, report);
  append_verdict(text, report);
  return text;
}

void each_cut_key(const CutReport& report, const TellKey& tell) {
  tell("cut_target", report.chosen ? std::optional(report.with_exits[*report.chosen].target) : std::nullopt);
  tell_system("cut_", figures_at(report.with_exits, report.chosen), report.model_macs, tell);
  tell_system("cut_split_alone_", &report.split_alone, report.model_macs, tell);
  tell_system("cut_exits_alone_", figures_at(report.exits_alone, report.alone_chosen), report.model_macs, tell);
  tell_system("cut_picture_", &report.picture, report.model_macs, tell);
  tell_system("cut_rgb_", &report.rgb, report.model_macs, tell);
}

}  // namespace sluice::eval
