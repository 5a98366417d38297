#include "native/eval/split/split_report.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cmath>

#include "core/filter/binomial.hpp"
#include "native/eval/append_format.hpp"
#include "native/eval/split/split_latency.hpp"

namespace sluice::eval {
namespace {

double percent(double share) { return 100 * share; }

// Where in the cuts the number of channels is.
std::optional<std::size_t> find_cut(const SplitMeasurement& measured, std::uint32_t channels) {
  const auto found = std::ranges::find(measured.cuts, channels);
  if (found == measured.cuts.end()) return std::nullopt;
  return static_cast<std::size_t>(found - measured.cuts.begin());
}

const pipeline::SplitPoint* point_for(const SplitSubject& subject) {
  const auto found = std::ranges::find_if(subject.points, [&](const pipeline::SplitPoint& one) {
    return one.target >= static_cast<float>(subject.target);
  });
  return found == subject.points.end() ? nullptr : &*found;
}

// Of whole payloads.
std::optional<double> bytes_of(const SplitSubject& subject, const char* coder) {
  const auto found = std::ranges::find(subject.coders, coder, &CoderCost::coder);
  return found == subject.coders.end() ? std::nullopt : found->bytes.back();
}

}  // namespace

std::optional<double> codec_bytes_at(const CodecCurve& curve, double accuracy) {
  std::vector<CodecPoint> points = curve.points;
  std::ranges::sort(points, {}, &CodecPoint::bytes);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].accuracy < accuracy) continue;
    if (i == 0 || points[i].accuracy <= points[i - 1].accuracy) return points[i].bytes;
    const double along = (accuracy - points[i - 1].accuracy) / (points[i].accuracy - points[i - 1].accuracy);
    return points[i - 1].bytes + std::max(along, 0.0) * (points[i].bytes - points[i - 1].bytes);
  }
  return std::nullopt;
}

std::optional<BestCodec> best_codec_at(const std::vector<CodecCurve>& curves, double accuracy) {
  std::optional<BestCodec> best;
  for (const CodecCurve& curve : curves) {
    const auto bytes = codec_bytes_at(curve, accuracy);
    if (bytes && (!best || *bytes < best->bytes)) best = BestCodec{curve.codec, *bytes};
  }
  return best;
}

namespace {

// The halves by the number of channels, as a codec by its quality.
CodecCurve own_curve(const SplitMeasurement& measured) {
  CodecCurve curve{"halves", {}};
  for (std::size_t cut = 0; cut < measured.cuts.size(); ++cut) {
    curve.points.push_back({static_cast<int>(measured.cuts[cut]), measured.bytes(cut), measured.accuracy(cut)});
  }
  return curve;
}

double best_accuracy(const CodecCurve& curve) {
  double best = 0;
  for (const CodecPoint& point : curve.points) best = std::max(best, point.accuracy);
  return best;
}

// At the highest accuracy that both reach.
struct Comparison {
  double accuracy = 0;
  double own_bytes = 0;
  double other_bytes = 0;
};
std::optional<Comparison> compare_at_best(const SplitMeasurement& measured, const CodecCurve& other) {
  const CodecCurve own = own_curve(measured);
  const double accuracy = std::min(best_accuracy(own), best_accuracy(other));
  const auto own_bytes = codec_bytes_at(own, accuracy);
  const auto other_bytes = codec_bytes_at(other, accuracy);
  if (!own_bytes || !other_bytes || *other_bytes <= 0) return std::nullopt;
  return Comparison{accuracy, *own_bytes, *other_bytes};
}

std::string deepcod_table(const CodecCurve& curve, const SplitMeasurement& measured) {
  std::string text;
  append_format(text, "\n  %-8s  %9s  %9s\n", "DeepCOD", "bytes", "accuracy");
  for (const CodecPoint& point : curve.points) {
    append_format(text, "  %8d  %9.1f  %7.2f %%\n", point.quality, point.bytes, percent(point.accuracy));
  }
  if (const auto both = compare_at_best(measured, curve)) {
    append_format(text, "  at %.2f %%, the most that both reach: %.1f bytes, of which ours (%.1f) are %.1f %%\n",
                  percent(both->accuracy), both->other_bytes, both->own_bytes,
                  percent(both->own_bytes / both->other_bytes));
  }
  return text;
}

}  // namespace

std::string split_table(const SplitMeasurement& measured, const SplitSubject& subject) {
  std::string text;
  append_format(text, "%s on %s, %zu pictures\n\n", subject.bundle.c_str(), subject.data.c_str(),
                measured.pictures.size());
  append_format(text, "  %8s  %9s  %9s  %s\n", "channels", "bytes", "accuracy", "agreement with the full model (95 %)");
  for (std::size_t cut = 0; cut < measured.cuts.size(); ++cut) {
    const auto count = measured.pictures.size();
    const auto agreed = static_cast<std::uint64_t>(std::llround(measured.agreement(cut) * static_cast<double>(count)));
    const auto interval = filter::clopper_pearson(agreed, count, 0.95);
    append_format(text, "  %8u  %9.1f  %7.2f %%  %.2f %% (%.2f to %.2f)%s\n", measured.cuts[cut], measured.bytes(cut),
                  percent(measured.accuracy(cut)), percent(measured.agreement(cut)), percent(interval.low),
                  percent(interval.high), measured.cuts[cut] == 0 ? "  the guess alone" : "");
  }
  append_format(text, "  broken off at half of the bytes: %.2f %%\n", percent(measured.accuracy_at_half()));
  append_format(text, "  full model: %.2f %%\n\n", percent(measured.full_accuracy()));
  if (const auto* point = point_for(subject)) {
    const auto cut = find_cut(measured, point->channels);
    append_format(text, "At a target of %g: %u channels, %.1f bytes, agreement kept %.2f %%\n", subject.target,
                  point->channels, cut ? measured.bytes(*cut) : 0, cut ? percent(measured.agreement(*cut)) : 0);
  } else {
    append_format(text, "No number of channels promises a target of %g: pictures go to the full model\n",
                  subject.target);
  }
  append_format(
      text, "Device half: %llu multiply-adds (%llu to the features), %u bytes of scratch memory, %zu bytes of unit\n",
      static_cast<unsigned long long>(subject.costs.multiply_adds),
      static_cast<unsigned long long>(subject.costs.multiply_adds_to_features), subject.costs.arena_bytes,
      subject.unit_bytes);
  if (subject.deepcod) text += deepcod_table(*subject.deepcod, measured);
  if (!subject.coders.empty()) text += coder_table(subject.coders, measured.cuts);
  text += promise_table(subject.promises);
  if (subject.codecs.empty()) return text;
  append_format(text, "\n  %-6s  %7s  %9s  %9s\n", "codec", "quality", "bytes", "accuracy");
  for (const CodecCurve& curve : subject.codecs) {
    for (const CodecPoint& point : curve.points) {
      append_format(text, "  %-6s  %7d  %9.1f  %7.2f %%\n", curve.codec.c_str(), point.quality, point.bytes,
                    percent(point.accuracy));
    }
  }
  if (const auto best = best_codec_at(subject.codecs, measured.accuracy(measured.cuts.size() - 1))) {
    append_format(text, "  for the accuracy of all channels: %s, %.1f bytes\n", best->codec.c_str(), best->bytes);
  } else {
    text += "  no codec keeps the accuracy of all channels\n";
  }
  return text;
}

namespace {

// All channels, and the codec that needs fewest bytes to be right as often.
template <typename Number>
void put_latencies(Number number, const SplitMeasurement& measured, const SplitSubject& subject,
                   const std::optional<BestCodec>& best) {
  SystemPoint halves;
  halves.bytes = measured.bytes(measured.cuts.size() - 1);
  halves.device_macs = static_cast<double>(subject.costs.multiply_adds);
  halves.server_ms = measured.remote_ms;
  SystemPoint codec;
  codec.bytes = best ? best->bytes : 0;
  for (std::size_t link = 0; link < kLinksKbitPerS.size(); ++link) {
    const std::string rate = std::to_string(std::lround(kLinksKbitPerS[link]));
    const double codec_ms = latency_of(codec, measured.full_ms).total_ms[link];
    number("latency_ms_" + rate, latency_of(halves, measured.full_ms).total_ms[link]);
    number("codec_latency_ms_" + rate, best ? std::optional(codec_ms) : std::nullopt);
  }
}

}  // namespace

std::string split_json(const SplitMeasurement& measured, const SplitSubject& subject) {
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> json(out);
  json.SetMaxDecimalPlaces(5);
  const auto number = [&](const std::string& key, std::optional<double> value) {
    json.Key(key.c_str());
    value ? json.Double(*value) : json.Null();
  };
  const auto integer = [&](const char* key, std::uint64_t value) {
    json.Key(key);
    json.Uint64(value);
  };
  const std::size_t all = measured.cuts.size() - 1;
  const auto best = best_codec_at(subject.codecs, measured.accuracy(all));
  const auto* point = point_for(subject);
  const auto cut = point != nullptr ? find_cut(measured, point->channels) : std::nullopt;
  json.StartObject();
  number("accuracy", measured.accuracy(all));
  number("full_accuracy", measured.full_accuracy());
  number("local_accuracy", measured.accuracy(0));
  number("bytes_mean", measured.bytes(all));
  const auto deepcod = subject.deepcod ? compare_at_best(measured, *subject.deepcod) : std::nullopt;
  number("bytes_over_deepcod", deepcod ? std::optional(deepcod->own_bytes / deepcod->other_bytes) : std::nullopt);
  number("deepcod_accuracy", deepcod ? std::optional(deepcod->accuracy) : std::nullopt);
  number("bytes_table_per_channel", bytes_of(subject, kChannelTables));
  number("bytes_lzw", bytes_of(subject, kLzwCoder));
  number("bytes_over_best_codec", best ? std::optional(measured.bytes(all) / best->bytes) : std::nullopt);
  json.Key("best_codec");
  best ? json.String(best->codec.c_str()) : json.Null();
  number("accuracy_at_half_bytes", measured.accuracy_at_half());
  number("agreement", measured.agreement(all));
  number("target", subject.target);
  number("target_channels", point != nullptr ? std::optional<double>(point->channels) : std::nullopt);
  number("target_bytes", cut ? std::optional(measured.bytes(*cut)) : std::nullopt);
  number("target_agreement", cut ? std::optional(measured.agreement(*cut)) : std::nullopt);
  number("promise_kept_share", kept_share_of(subject.promises));
  for (const PromiseAtTarget& one : subject.promises) {
    const std::string percent_asked = std::to_string(std::lround(100 * one.target));
    number("promise_kept_share_" + percent_asked, one.kept_share());
    number("promise_bytes_" + percent_asked, one.promised > 0 ? std::optional(one.bytes) : std::nullopt);
  }
  put_latencies(number, measured, subject, best);
  integer("local_macs", subject.costs.multiply_adds);
  integer("local_peak_bytes", subject.costs.arena_bytes);
  integer("local_code_bytes", subject.unit_bytes);
  number("skewness", subject.facts.skewness);
  number("disorder_share", subject.facts.disorder_share);
  integer("samples", measured.pictures.size());
  number("device_ms", measured.device_ms);
  number("remote_ms", measured.remote_ms);
  number("full_ms", measured.full_ms);
  json.EndObject();
  return out.GetString();
}

}  // namespace sluice::eval
