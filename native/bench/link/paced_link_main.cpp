// paced_link: one PacedLink as a program, for benches that drive a page. Says "listening PORT", carries until its standard
// input ends, then prints what it carried as one line of JSON and ends.
#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <functional>

#include "native/bench/link/paced_link.hpp"

namespace {

namespace net = boost::asio;

void print(const sluice::bench::PacedLink& link) {
  std::printf(R"({"down_bytes":%llu,"up":[)", static_cast<unsigned long long>(link.carried_down()));
  const char* comma = "";
  for (const auto& [unix_us, bytes] : link.carried_up()) {
    std::printf("%s[%lld,%llu]", comma, static_cast<long long>(unix_us), static_cast<unsigned long long>(bytes));
    comma = ",";
  }
  std::printf("]}\n");
}

int run(const sluice::bench::LinkOptions& options) {
  net::io_context context(1);
  const sluice::bench::PacedLink link(context, options);
  std::printf("listening %u\n", static_cast<unsigned>(link.port()));
  std::fflush(stdout);
  net::posix::stream_descriptor input(context, ::dup(STDIN_FILENO));
  std::array<char, 64> ignored;
  std::function<void()> wait = [&] {
    input.async_read_some(net::buffer(ignored), [&](const boost::system::error_code& ended, std::size_t) {
      if (ended) return context.stop();
      wait();
    });
  };
  wait();
  context.run();
  print(link);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A TCP proxy on 127.0.0.1 that carries bytes as a thin link would");
  sluice::bench::LinkOptions options;
  std::uint64_t delay_ms = 0;
  app.add_option("--to-port", options.to_port, "Where the connections go, on 127.0.0.1")->required();
  app.add_option("--up-bytes-per-s", options.up_bytes_per_s)->required()->check(CLI::PositiveNumber);
  app.add_option("--down-bytes-per-s", options.down_bytes_per_s)->required()->check(CLI::PositiveNumber);
  app.add_option("--delay-ms", delay_ms, "One way")->required()->check(CLI::Range(0, 10'000));
  CLI11_PARSE(app, argc, argv);
  options.delay = std::chrono::milliseconds(delay_ms);
  try {
    return run(options);
  } catch (const boost::system::system_error& failed) {
    std::fprintf(stderr, "paced_link: %s\n", failed.what());
    return 1;
  }
}
