// bench_link_client: the native client under load for `./dev bench link`. Offers pictures at a steady rate for some seconds,
// every one needed (no filter), newest wins, and writes what became of each as one line of JSON: when it was offered and
// ended, when its request was handed to the socket, and the bytes. Times are microseconds since 1970, so that they can be
// laid beside the link's own record.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <thread>
#include <vector>

#include "native/client/gate.hpp"
#include "native/media/frame_source.hpp"

namespace {

using namespace sluice;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

struct Options {
  std::string bundle;
  std::string server;
  std::string pictures;
  double frames_per_s = 30;
  double seconds = 10;
};

struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::byte> rgb;
};

std::int64_t unix_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// All of the folder in memory: decoding must not take the time that is measured.
Result<std::vector<Picture>> read_pictures(const std::string& folder) {
  auto source = media::open_source(folder);
  if (!source) return fail(source.error());
  std::vector<Picture> pictures;
  for (;;) {
    const auto frame = (*source)->next();
    if (!frame) return fail(frame.error());
    if (!*frame) break;
    const input::ImageView& view = (*frame)->view;
    Picture picture{view.width, view.height, {}};
    const std::size_t row_bytes = std::size_t{view.width} * 3;
    for (std::uint32_t y = 0; y < view.height; ++y) {
      const auto* row =
          reinterpret_cast<const std::byte*>(view.planes[0].data) + std::size_t{y} * view.planes[0].stride_bytes;
      picture.rgb.insert(picture.rgb.end(), row, row + row_bytes);
    }
    pictures.push_back(std::move(picture));
  }
  if (pictures.empty()) return fail(ErrorCode::kNotFound, "no picture in '" + folder + "'");
  return pictures;
}

class Run {
 public:
  explicit Run(client::Gate& gate) : gate_(gate) {}

  Result<void> offer_all(const std::vector<Picture>& pictures, const Options& options) {
    const auto begin = SteadyClock::now();
    const auto count = static_cast<std::size_t>(options.frames_per_s * options.seconds);
    for (std::size_t i = 0; i < count; ++i) {
      const auto due = begin + std::chrono::duration_cast<SteadyClock::duration>(
                                   std::chrono::duration<double>(static_cast<double>(i) / options.frames_per_s));
      while (SteadyClock::now() < due) {
        take(std::chrono::ceil<std::chrono::milliseconds>(due - SteadyClock::now()));
      }
      const Picture& picture = pictures[i % pictures.size()];
      const auto view = input::make_image(input::PixelFormat::kRgb8, picture.width, picture.height, picture.rgb);
      if (!view) return fail(view.error());
      const std::int64_t offered_us = unix_us();
      const auto frame = gate_.submit(*view);
      if (!frame) return fail(frame.error());
      offered_.emplace(*frame, offered_us);
      take(0ms);
    }
    while (!offered_.empty()) take(100ms);  // each ends by its deadline
    return {};
  }

 private:
  // Prints the next outcome, if one comes in time, and all others that are there.
  void take(std::chrono::milliseconds patience) {
    for (auto outcome = gate_.next_outcome(patience); outcome; outcome = gate_.next_outcome(0ms)) print(*outcome);
  }

  void print(const client::Outcome& outcome) {
    const auto* answer = std::get_if<pipeline::Answer>(&outcome);
    const auto* failed = std::get_if<pipeline::Failed>(&outcome);
    const auto found = offered_.find(answer != nullptr ? answer->input : failed->input);
    if (found == offered_.end()) return;
    const pipeline::Cost& cost = answer != nullptr ? answer->cost : failed->cost;
    const std::string_view how = answer != nullptr ? kind_name(answer->kind) : error_name(failed->error.code);
    std::printf(R"({"offered_us":%lld,"ended_us":%lld,"how":"%s","handed_us":%lld,"bytes_up":%llu})"
                "\n",
                static_cast<long long>(found->second), static_cast<long long>(unix_us()), std::string(how).c_str(),
                static_cast<long long>(found->second + (cost.gate + cost.encode + cost.wait).count()),
                static_cast<unsigned long long>(cost.bytes_up));
    offered_.erase(found);
  }

  client::Gate& gate_;
  std::map<pipeline::InputId, std::int64_t> offered_;  // when, of those that have not ended
};

Result<void> offer_pictures(const Options& options) {
  const auto pictures = read_pictures(options.pictures);
  if (!pictures) return fail(pictures.error());
  client::GateOptions gate_options;
  gate_options.server = options.server;
  gate_options.ask_filter = false;
  const auto gate = client::Gate::open(options.bundle, std::move(gate_options));
  if (!gate) return fail(gate.error());
  const auto status = (*gate)->wait_for_connection(10s);
  if (status.state != pipeline::ConnectionState::kReady) {
    return fail(status.why.value_or(Error{ErrorCode::kNotConnected, "no connection within 10 s"}));
  }
  return Run(**gate).offer_all(*pictures, options);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Offers pictures to a server through the native client and says what became of each");
  Options options;
  app.add_option("--bundle", options.bundle, "The bundle's folder")->required();
  app.add_option("--server", options.server, "ws://127.0.0.1:PORT")->required();
  app.add_option("--pictures", options.pictures, "A folder of pictures, offered in turn")->required();
  app.add_option("--frames-per-s", options.frames_per_s)->check(CLI::Range(0.1, 1000.0))->capture_default_str();
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.1, 3600.0))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const auto done = offer_pictures(options);
  if (done) return 0;
  std::fprintf(stderr, "bench_link_client: %s\n", describe(done.error()).c_str());
  return 1;
}
