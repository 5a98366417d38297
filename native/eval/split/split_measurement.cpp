#include "native/eval/split/split_measurement.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "native/eval/split/split_runner.hpp"
#include "native/media/still_codec.hpp"

namespace sluice::eval {
namespace {

template <typename Counts>
double share(const std::vector<SplitRecord>& pictures, Counts counts) {
  if (pictures.empty()) return 0;
  return static_cast<double>(std::ranges::count_if(pictures, counts)) / static_cast<double>(pictures.size());
}

// Milliseconds of one picture's ways through the parts.
struct Times {
  double device = 0;
  double remote = 0;
  double full = 0;
};

class Stopwatch {
 public:
  double ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

Result<void> measure_picture(SplitRunner& runner, const LabelledPictures& pictures, std::size_t index,
                             const std::vector<std::uint32_t>& cuts, SplitRecord& record, Times& times) {
  const auto rgb = pictures.picture(index);
  record.label = pictures.labels[index];
  const Stopwatch full_watch;
  const auto full = runner.full(rgb, pictures);
  times.full = full_watch.ms();
  if (!full) return fail(full.error());
  record.full = *full;
  const Stopwatch device_watch;
  const auto device = runner.device(rgb, pictures);
  times.device = device_watch.ms();
  if (!device) return fail(device.error());
  for (const std::uint32_t cut : cuts) {
    if (cut > device->ends.size()) {
      return fail(ErrorCode::kMalformedModel,
                  {"a payload of the device half has ", device->ends.size(), " channels; ", cut, " are asked for"});
    }
    const std::uint32_t bytes = cut == 0 ? 0 : static_cast<std::uint32_t>(device->ends[cut - 1]);
    const Stopwatch remote_watch;
    const auto combined = runner.combined(*device, bytes);
    times.remote = remote_watch.ms();  // the last cut's stays: all channels
    if (!combined) return fail(combined.error());
    record.bytes.push_back(bytes);
    record.combined.push_back(*combined);
  }
  const auto half = runner.combined(*device, device->payload.size() / 2);
  if (!half) return fail(half.error());
  record.at_half = *half;
  return {};
}

// Other work on the machine only adds to it.
double least_of(const std::vector<Times>& all, double Times::* which) {
  return all.empty() ? 0 : (*std::ranges::min_element(all, {}, which)).*which;
}

}  // namespace

double SplitMeasurement::full_accuracy() const {
  return share(pictures, [](const SplitRecord& one) { return one.full == one.label; });
}
double SplitMeasurement::accuracy(std::size_t cut) const {
  return share(pictures, [&](const SplitRecord& one) { return one.combined[cut] == one.label; });
}
double SplitMeasurement::accuracy_at_half() const {
  return share(pictures, [](const SplitRecord& one) { return one.at_half == one.label; });
}
double SplitMeasurement::agreement(std::size_t cut) const {
  return share(pictures, [&](const SplitRecord& one) { return one.combined[cut] == one.full; });
}
double SplitMeasurement::bytes(std::size_t cut) const {
  double sum = 0;
  for (const SplitRecord& one : pictures) sum += one.bytes[cut];
  return pictures.empty() ? 0 : sum / static_cast<double>(pictures.size());
}

Result<SplitMeasurement> measure_split(const bundle::Bundle& bundle, const LabelledPictures& pictures,
                                       std::vector<std::uint32_t> cuts, std::uint32_t every,
                                       const SplitProgress& progress) {
  auto runners = SplitRunner::create_for_all_cores(bundle);
  if (!runners) return fail(runners.error());
  const auto all = static_cast<std::uint32_t>(runners->front().channels());
  cuts.insert(cuts.end(), {0, all});
  for (std::uint32_t& cut : cuts) cut = std::min(cut, all);
  std::ranges::sort(cuts);
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());

  SplitMeasurement measured;
  measured.cuts = std::move(cuts);
  measured.pictures.resize(pictures.count_of_every(every));
  std::vector<Times> times(measured.pictures.size());
  auto done = in_parallel(*runners, measured.pictures.size(), progress, [&](SplitRunner& runner, std::size_t i) {
    return measure_picture(runner, pictures, i * every, measured.cuts, measured.pictures[i], times[i]);
  });
  if (!done) return fail(done.error());
  measured.device_ms = least_of(times, &Times::device);
  measured.remote_ms = least_of(times, &Times::remote);
  measured.full_ms = least_of(times, &Times::full);
  return measured;
}

Result<std::vector<CodecCurve>> measure_codecs(const bundle::Bundle& bundle, const LabelledPictures& pictures,
                                               std::uint32_t every, const SplitProgress& progress) {
  using media::StillFormat;
  struct Setting {
    StillFormat format;
    std::vector<int> qualities;
  };
  // From where a picture of this size is hardly known to where it is as good as the original.
  const std::vector<Setting> settings = {{StillFormat::kJpeg, {50, 75, 90, 95}},
                                         {StillFormat::kWebp, {25, 50, 75, 90, 95}},
                                         {StillFormat::kJxl, {40, 60, 75, 90}},
                                         {StillFormat::kPng, {100}}};
  auto runners = SplitRunner::create_for_all_cores(bundle);
  if (!runners) return fail(runners.error());
  const std::size_t count = pictures.count_of_every(every);
  std::size_t rounds = 0;
  for (const Setting& setting : settings) rounds += setting.qualities.size();
  std::size_t round = 0;
  std::vector<CodecCurve> curves;
  for (const Setting& setting : settings) {
    CodecCurve curve{std::string(media::still_format_name(setting.format)), {}};
    if (!media::StillCodec::create(setting.format, pictures.width, pictures.height)) continue;  // this machine has none
    for (const int quality : setting.qualities) {
      std::vector<std::size_t> bytes(count);
      std::vector<std::uint8_t> right(count);
      const auto measured = in_parallel(
          *runners, count, [&](std::size_t done, std::size_t) { progress(round * count + done, rounds * count); },
          [&](SplitRunner& runner, std::size_t i) -> Result<void> {
            auto codec = media::StillCodec::create(setting.format, pictures.width, pictures.height);
            if (!codec) return fail(codec.error());
            const auto file = codec->encode(pictures.picture(i * every), quality);
            if (!file) return fail(file.error());
            const auto back = codec->decode(*file);
            if (!back) return fail(back.error());
            const auto full = runner.full(*back, pictures);
            if (!full) return fail(full.error());
            bytes[i] = file->size();
            right[i] = *full == pictures.labels[i * every] ? 1 : 0;
            return {};
          });
      if (!measured) return fail(measured.error());
      const auto mean = [&](const auto& values) {
        return static_cast<double>(std::accumulate(values.begin(), values.end(), std::size_t{0})) /
               static_cast<double>(std::max<std::size_t>(count, 1));
      };
      curve.points.push_back({quality, mean(bytes), mean(right)});
      ++round;
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

}  // namespace sluice::eval
