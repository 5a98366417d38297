// bench_split_stale: whether an answer of the remote half that came too late for its own frame helps the guesses about the next ones, on
// video. Crops of each frame go through the device half, the remote half (all channels, and few) and the full model, whose answer is
// what is right; then stale_fusion.hpp. Shares and thresholds come from the other videos, so each should be of a camera of its own.
//   bench_split_stale --bundle bundles/cifar10-split --video A.mp4 B.mp4 ... [--frames 300] [--tiles 12] [--channels 6]
// Ends with one line of flat JSON: what the learned share brings over the guess, by place, channels and age.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "native/arguments/checks.hpp"
#include "native/bench/split/stale_fusion.hpp"
#include "native/bench/split/video_crops.hpp"
#include "native/eval/append_format.hpp"
#include "native/eval/progress_line.hpp"
#include "native/eval/split/split_runner.hpp"
#include "native/media/frame_source.hpp"

namespace {

using namespace sluice;
using namespace sluice::bench;

// Streams by what they are crops of, and moments of two numbers of channels beside each other.
enum Place : std::uint8_t { kMiddle, kTiles };
enum Sent : std::uint8_t { kFew, kAll };
using Streams = std::array<std::array<std::vector<Stream>, 2>, 2>;  // by Place and Sent

// What one picture gives, with few of the channels and with all.
Result<std::array<Moment, 2>> measure(eval::SplitRunner& runner, const eval::RgbImage& crop, std::size_t few) {
  eval::LabelledPictures like;
  like.width = crop.width;
  like.height = crop.height;
  const auto full = runner.full(crop.pixels, like);
  if (!full) return fail(full.error());
  const auto device = runner.device(crop.pixels, like);
  if (!device) return fail(device.error());
  Moment moment;
  moment.guess = device->guess;
  moment.full = *full;
  for (std::size_t i = 0; i < crop.pixels.size(); i += 3) {  // BT.601
    moment.luma.push_back(static_cast<std::uint8_t>(
        (77 * crop.pixels[i] + 150 * crop.pixels[i + 1] + 29 * crop.pixels[i + 2] + 128) >> 8));
  }
  std::array<Moment, 2> both{moment, moment};
  const std::array<std::size_t, 2> channels{few, device->ends.size()};
  for (std::size_t sent = 0; sent < both.size(); ++sent) {
    const auto bytes = static_cast<std::size_t>(device->ends[channels[sent] - 1]);
    const auto remote = runner.remote(*device, bytes);
    if (!remote) return fail(remote.error());
    both[sent].remote = remote->logits;
    both[sent].share = runner.share(*remote);
    both[sent].combined = runner.combine(*device, *remote);
  }
  return both;
}

Result<void> read_video(eval::SplitRunner& runner, const std::string& video, std::size_t clip,
                        const CropOptions& options, std::size_t few, Streams& streams) {
  std::array<std::size_t, 2> before{streams[kMiddle][kFew].size(), streams[kTiles][kFew].size()};
  const std::string name = std::filesystem::path(video).filename().string();
  eval::ProgressLine progress(stderr, name.c_str());
  const auto read = visit_crops(video, options, [&](std::uint64_t frame, const std::vector<eval::RgbImage>& crops) {
    progress(frame, options.frames);
    for (std::size_t i = 0; i < crops.size(); ++i) {
      auto moments = measure(runner, crops[i], few);
      if (!moments) return Result<void>(fail(moments.error()));
      const Place place = i == 0 ? kMiddle : kTiles;
      const std::size_t stream = before[place] + (i == 0 ? 0 : i - 1);
      for (std::size_t sent = 0; sent < 2; ++sent) {
        auto& those = streams[place][sent];
        if (stream == those.size()) those.push_back({clip, {}});
        those[stream].moments.push_back(std::move((*moments)[sent]));
      }
    }
    return Result<void>();
  });
  if (!read) return fail(read.error());
  return {};
}

struct Table {
  const char* title;
  const char* key;  // in the JSON
  Place place;
  bool only_changing;
};
constexpr std::array<Table, 3> kTables = {{{"the middle of the frame", "middle", kMiddle, false},
                                           {"tiles", "tiles", kTiles, false},
                                           {"tiles whose answer changes within the clip", "changing", kTiles, true}}};

void print_table(const Table& table, const std::vector<Stream>& streams, std::size_t channels, std::string& json) {
  std::printf("\n%s, %zu channels\n  %5s  %8s  %9s  %9s  %9s  %9s  %9s  %11s  %11s  %6s\n", table.title, channels,
              "age", "frames", "guess", "stale", "learned", "fused", "fresh", "if guess is", "if luma is", "share");
  for (const std::uint32_t age : kAges) {
    const StaleCounts counts = count_stale(streams, age, table.only_changing);
    if (counts.frames == 0) continue;
    const auto percent = [&](std::uint64_t right) {
      return 100 * static_cast<double>(right) / static_cast<double>(counts.frames);
    };
    std::printf("  %5u  %8llu  %7.2f %%  %7.2f %%  %7.2f %%  %7.2f %%  %7.2f %%  %9.2f %%  %9.2f %%  %6.2f\n", age,
                static_cast<unsigned long long>(counts.frames), percent(counts.guess), percent(counts.stale),
                percent(counts.learned), percent(counts.fused), percent(counts.fresh), percent(counts.fused_like[0]),
                percent(counts.fused_like[1]), counts.share);
    eval::append_format(json, "%s\"%s_%zu_age_%u_gain\": %.4f", json.empty() ? "{" : ", ", table.key, channels, age,
                        (percent(counts.learned) - percent(counts.guess)) / 100);
  }
}

Result<void> bench_videos(const std::string& folder, const std::vector<std::string>& videos, CropOptions options,
                          std::optional<std::uint32_t> asked) {
  const auto bundle = bundle::read_bundle(folder);
  if (!bundle) return fail(bundle.error());
  auto runner = eval::SplitRunner::create(*bundle);
  if (!runner) return fail(runner.error());
  std::size_t few = asked.value_or(0);
  for (const pipeline::SplitPoint& point : bundle->manifest.split->points) {
    if (few == 0) few = point.channels;
  }
  if (few == 0 || few > runner->channels()) {
    return fail(ErrorCode::kInvalidArgument, {"--channels ", few, "; the bundle codes 1 to ", runner->channels()});
  }
  if (const auto* image = std::get_if<input::ImageSpec>(&bundle->manifest.model.input)) options.side = image->width;
  Streams streams;
  for (std::size_t clip = 0; clip < videos.size(); ++clip) {
    if (auto read = read_video(*runner, videos[clip], clip, options, few, streams); !read) {
      return fail(read.error().code, {videos[clip], ": ", read.error().message});
    }
  }
  std::string json;
  for (const Table& table : kTables) {
    print_table(table, streams[table.place][kFew], few, json);
    print_table(table, streams[table.place][kAll], runner->channels(), json);
  }
  std::printf("\n%s}\n", json.empty() ? "{" : json.c_str());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What an old answer of the remote half is worth to later guesses, on video", "bench_split_stale");
  std::string bundle;
  std::vector<std::string> videos;
  CropOptions options;
  std::optional<std::uint32_t> channels;
  app.add_option("--bundle", bundle, "folder of a bundle in two halves")->required();
  app.add_option("--video", videos, "two at least, each of another camera")->required()->expected(2, 100);
  app.add_option("--frames", options.frames, "of each video at most, from its first")
      ->check(arguments::whole_number(2, 1'000'000))
      ->capture_default_str();
  app.add_option("--tiles", options.tiles, "of 64 pixels, at most, spread over the frame")
      ->check(arguments::whole_number(0, 1000))
      ->capture_default_str();
  app.add_option("--channels", channels, "what counts as few; default: the least that a point of the bundle sends")
      ->check(arguments::whole_number(1, 256));
  CLI11_PARSE(app, argc, argv);
  media::silence_libav();
  if (const auto ran = bench_videos(bundle, videos, options, channels); !ran) {
    std::fprintf(stderr, "bench_split_stale: %s\n", describe(ran.error()).c_str());
    return 1;
  }
  return 0;
}
