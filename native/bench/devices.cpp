// bench_devices: what sharing answers among a server's clients saves. Ten devices watch one scene: a recording, each some frames
// behind the one before it and through another window of the picture. They play in step, against a server that runs already
// (devices.mjs starts it), once with their answers private and then with them shared; the full model also runs here on every frame of
// every device, so that each answer can be told right or wrong. Ends with one line of flat JSON.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "core/output/agreement.hpp"
#include "core/pipeline/full_model.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/client/gate.hpp"
#include "native/media/frame_source.hpp"

namespace {

using namespace sluice;
using std::chrono::milliseconds;

constexpr std::size_t kDevices = 10;
constexpr std::size_t kFramesBehind = 3;  // of the frames that are played

struct Settings {
  std::string server;
  std::string bundle;
  std::string recording;
  std::size_t frames = 70;  // of each device
  float crop = 0.02F;       // of each side, in all
  std::size_t every = 10;   // frames of the recording for one that is played
};

// A frame that outlives its source's next one.
struct KeptFrame {
  input::ImageView view;
  std::vector<std::uint8_t> pixels;
};

KeptFrame keep(const input::ImageView& view) {
  KeptFrame kept{view, {}};
  const std::size_t chroma_rows = (view.height + 1) / 2;
  const bool planar = view.format == input::PixelFormat::kI420 || view.format == input::PixelFormat::kNv12;
  const std::array<std::size_t, 3> rows = {view.height, planar ? chroma_rows : 0,
                                           view.format == input::PixelFormat::kI420 ? chroma_rows : 0};
  std::array<std::size_t, 3> begin{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    begin[i] = kept.pixels.size();
    if (rows[i] == 0) continue;
    const auto* data = view.planes[i].data;
    kept.pixels.insert(kept.pixels.end(), data, data + rows[i] * view.planes[i].stride_bytes);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] != 0) kept.view.planes[i].data = kept.pixels.data() + begin[i];
  }
  return kept;
}

// The window of a device: the picture without its crop, from another corner of it for each.
input::ImageView window_of(const KeptFrame& frame, std::size_t device, float crop) {
  input::ImageView view = frame.view;
  const auto even = [](float value) { return static_cast<std::uint32_t>(value) / 2 * 2; };
  const float x = static_cast<float>(device % 4) / 3;
  const float y = static_cast<float>(device / 4) / 2;
  const std::uint32_t left = even(crop * x * static_cast<float>(view.width));
  const std::uint32_t top = even(crop * y * static_cast<float>(view.height));
  view.width = even((1 - crop) * static_cast<float>(view.width));
  view.height = even((1 - crop) * static_cast<float>(view.height));
  const auto move = [&](std::size_t plane, std::size_t rows, std::size_t bytes) {
    auto& one = view.planes[plane];
    one.data += rows * one.stride_bytes + bytes;
  };
  switch (view.format) {
    case input::PixelFormat::kI420:
      move(0, top, left);
      move(1, top / 2, left / 2);
      move(2, top / 2, left / 2);
      break;
    case input::PixelFormat::kNv12:
      move(0, top, left);
      move(1, top / 2, left);
      break;
    default: move(0, top, std::size_t{left} * 3); break;  // pictures come as packed RGB
  }
  return view;
}

Result<std::vector<KeptFrame>> read_frames(const Settings& settings) {
  auto source = media::open_source(settings.recording);
  if (!source) return fail(source.error());
  const std::size_t wanted = settings.frames + kDevices * kFramesBehind;
  std::vector<KeptFrame> frames;
  for (std::size_t i = 0; frames.size() < wanted; ++i) {
    const auto frame = (*source)->next();
    if (!frame) return fail(frame.error());
    if (!*frame) break;
    if (i % settings.every == 0) frames.push_back(keep((*frame)->view));
  }
  if (frames.size() < wanted) {
    return fail(ErrorCode::kInvalidArgument, {settings.recording, " has ", frames.size(), " frames to play; ", wanted,
                                              " are needed, so take fewer --frames or a smaller --every"});
  }
  return frames;
}

using Outputs = std::vector<output::OutputTensor>;

// The full model's answer for each frame of each device.
Result<std::vector<std::vector<Outputs>>> ask_model(const bundle::Bundle& bundle, const Settings& settings,
                                                    const std::vector<KeptFrame>& frames) {
  auto model = pipeline::load_full_model(bundle.manifest, bundle.part(bundle.manifest.model.part), run::full_loading());
  if (!model) return fail(model.error());
  std::vector<std::vector<Outputs>> truth(kDevices);
  for (std::size_t device = 0; device < kDevices; ++device) {
    std::fprintf(stderr, "\rthe full model on every frame: device %zu of %zu", device + 1, kDevices);
    for (std::size_t i = 0; i < settings.frames; ++i) {
      auto outputs = model->run(window_of(frames[i + (kDevices - device) * kFramesBehind], device, settings.crop));
      if (!outputs) return fail(outputs.error());
      truth[device].push_back(*std::move(outputs));
    }
  }
  std::fprintf(stderr, "\n");
  return truth;
}

struct Figures {
  std::size_t frames = 0;
  std::size_t by_gate = 0;  // skipped and reused on the device
  std::size_t shared = 0;
  std::size_t runs = 0;
  std::size_t wrong_by_gate = 0;
  std::size_t wrong_shared = 0;
};

Result<Figures> play(const Settings& settings, const std::vector<KeptFrame>& frames,
                     const std::vector<std::vector<Outputs>>& truth, bool private_answers) {
  std::vector<std::unique_ptr<client::Gate>> gates;
  for (std::size_t device = 0; device < kDevices; ++device) {
    client::GateOptions options;
    options.server = settings.server;
    options.pipeline.queue = pipeline::QueuePolicy::kKeepAll;
    options.pipeline.budget_ms = 60'000;
    options.pipeline.private_answers = private_answers;
    auto gate = client::Gate::open(settings.bundle, std::move(options));
    if (!gate) return fail(gate.error());
    (*gate)->wait_for_connection(milliseconds(10'000));
    gates.push_back(*std::move(gate));
  }
  const auto agreement = output::Agreement::make(gates.front()->manifest().agree_when);
  if (!agreement) return fail(agreement.error());
  Figures figures;
  for (std::size_t i = 0; i < settings.frames; ++i) {
    for (std::size_t device = 0; device < kDevices; ++device) {
      auto outcome =
          gates[device]->infer(window_of(frames[i + (kDevices - device) * kFramesBehind], device, settings.crop)).get();
      if (const auto* failed = std::get_if<pipeline::Failed>(&outcome)) return fail(failed->error);
      const auto& answer = std::get<pipeline::Answer>(outcome);
      const auto right = agreement->agrees(answer.outputs, truth[device][i]);
      if (!right) return fail(right.error());
      ++figures.frames;
      const bool shared = answer.kind == pipeline::AnswerKind::kReused && answer.cost.bytes_up != 0;
      if (answer.kind == pipeline::AnswerKind::kRemote) {
        ++figures.runs;
      } else if (shared) {
        ++figures.shared;
        figures.wrong_shared += *right ? 0 : 1;
      } else {
        ++figures.by_gate;
        figures.wrong_by_gate += *right ? 0 : 1;
      }
    }
  }
  return figures;
}

void print(const char* name, const Figures& one) {
  const auto percent = [&](std::size_t part) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(one.frames);
  };
  std::printf("%-10s %8zu %11.1f %% %9.1f %% %9.1f %% %13.2f %% %12.2f %%\n", name, one.frames, percent(one.by_gate),
              percent(one.shared), percent(one.runs), percent(one.wrong_by_gate), percent(one.wrong_shared));
}

Result<void> measure(const Settings& settings) {
  const auto bundle = bundle::read_bundle(settings.bundle);
  if (!bundle) return fail(bundle.error());
  const auto frames = read_frames(settings);
  if (!frames) return fail(frames.error());
  const auto truth = ask_model(*bundle, settings, *frames);
  if (!truth) return fail(truth.error());
  std::map<std::string, Figures> figures;
  for (const bool private_answers : {true, false}) {
    const auto played = play(settings, *frames, *truth, private_answers);
    if (!played) return fail(played.error());
    figures[private_answers ? "private" : "shared"] = *played;
  }
  std::printf("%-10s %8s %13s %11s %11s %15s %14s\n", "answers", "frames", "by the gate", "shared", "run",
              "wrong by gate", "wrong shared");
  for (const auto& [name, one] : figures) print(name.c_str(), one);
  const Figures& alone = figures["private"];
  const Figures& together = figures["shared"];
  const auto share = [](std::size_t part, std::size_t of) {
    return of == 0 ? 0 : static_cast<double>(part) / static_cast<double>(of);
  };
  std::printf(
      "\n{\"devices\":%zu,\"frames\":%zu,\"runs_private\":%zu,\"runs_shared\":%zu,\"runs_saved\":%.3f,"
      "\"shared_rate\":%.4f,\"false_shared_rate\":%.4f,\"agreement_private\":%.4f,\"agreement_shared\":%.4f}\n",
      kDevices, together.frames, alone.runs, together.runs, 1 - share(together.runs, alone.runs),
      share(together.shared, together.frames), share(together.wrong_shared, together.frames),
      1 - share(alone.wrong_by_gate + alone.wrong_shared, alone.frames),
      1 - share(together.wrong_by_gate + together.wrong_shared, together.frames));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Ten devices that watch one scene, with their answers private and shared", "bench_devices");
  Settings settings;
  app.add_option("server", settings.server, "ws:// address of a server that serves the bundle")->required();
  app.add_option("bundle", settings.bundle, "bundle whose reuse question shares its answers")->required();
  app.add_option("recording", settings.recording, "video that they watch")->required();
  app.add_option("--frames", settings.frames, "frames that each device sees")->capture_default_str();
  app.add_option("--crop", settings.crop, "share of each side by which their windows differ")
      ->check(CLI::Range(0.0, 0.5))
      ->capture_default_str();
  app.add_option("--every", settings.every, "play every so many frames of the recording")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  media::silence_libav();
  if (auto ok = measure(settings); !ok) {
    std::fprintf(stderr, "bench_devices: %s\n", describe(ok.error()).c_str());
    return 1;
  }
  return 0;
}
