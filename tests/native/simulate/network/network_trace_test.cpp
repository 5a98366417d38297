// The three forms of traces, and when bytes have been carried, by hand.
#include "native/simulate/network/network_trace.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/native/temporary_folder.hpp"

using sluice::ErrorCode;
using sluice::simulate::NetworkTrace;
using sluice::simulate::read_traces;

TEST_CASE("rates hold until the next line, and the trace is repeated") {
  const auto trace = NetworkTrace::parse("t", "0.0 8\n2.0\t0\n3.0 16\n");
  REQUIRE(trace.has_value());
  CHECK(trace->seconds() == doctest::Approx(4));
  CHECK(trace->mean_bytes_per_s() == doctest::Approx(1e6));  // 2 s of 1 MB/s, 1 s of nothing, 1 s of 2 MB/s
  CHECK(trace->carried_at(0, 500'000) == doctest::Approx(0.5));
  CHECK(trace->carried_at(1.5, 500'000) == doctest::Approx(2));
  CHECK(trace->carried_at(1.5, 1'500'000) == doctest::Approx(3.5));
  CHECK(trace->carried_at(2.2, 100'000) == doctest::Approx(3.05));
  CHECK(trace->carried_at(3.5, 1'500'000) == doctest::Approx(4.5));
  CHECK(trace->carried_at(8 + 1.5, 500'000) == doctest::Approx(10));
  CHECK(trace->carried_at(0, 40'000'000) == doctest::Approx(40));
  CHECK(trace->carried_at(2.5, 0) == doctest::Approx(2.5));
  CHECK(trace->carried_at(-3, 500'000) == doctest::Approx(0.5));
}

TEST_CASE("more bytes never arrive sooner, and a later start never overtakes") {
  const auto trace = NetworkTrace::parse("t", "0 3\n0.7 0.2\n1.9 0\n2.5 12\n4 1\n");
  REQUIRE(trace.has_value());
  double last = 0;
  for (double bytes = 0; bytes < 5e6; bytes += 7919) {
    const double at = trace->carried_at(1.3, bytes);
    CHECK(at >= last);
    last = at;
  }
  last = 0;
  for (double begin = 0; begin < 20; begin += 0.037) {
    const double at = trace->carried_at(begin, 200'000);
    CHECK(at >= begin);
    CHECK(at >= last - 1e-9);
    last = at;
  }
}

TEST_CASE("opportunities of mahimahi") {
  const auto trace = NetworkTrace::parse("m", "1\n1\n5\n1000\n");
  REQUIRE(trace.has_value());
  CHECK(trace->mean_bytes_per_s() * trace->seconds() == doctest::Approx(4 * 1504));
  CHECK(trace->carried_at(0.5, 1000) > 1);
}

TEST_CASE("a table with a column of bitrates, with gaps") {
  const auto trace =
      NetworkTrace::parse("g", "Timestamp,RSRP,DL_bitrate,UL_bitrate\na,-90,5000,80\nb,-,-,-\nc,-91,100,160\n");
  REQUIRE(trace.has_value());
  CHECK(trace->seconds() == 2);
  CHECK(trace->mean_bytes_per_s() == doctest::Approx(318'750));
}

TEST_CASE("what is no trace is refused, and the line named") {
  const auto bad = NetworkTrace::parse("t", "0 1\n1 x\n");
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().code == ErrorCode::kInvalidArgument);
  CHECK(bad.error().message.find("line 2") != std::string::npos);
  for (const char* text : {"", "\n\n", "0 0\n5 0\n", "3 1\n1 1\n", "0 -1\n", "0 nan\n", "5\n4\n", "a,b\n1,2\n",
                           "1e300\n", "0 1e308\n1e308 1\n"}) {
    CAPTURE(text);
    CHECK_FALSE(NetworkTrace::parse("t", text).has_value());
  }
  const double inf = std::numeric_limits<double>::infinity();
  CHECK_FALSE(NetworkTrace::create("t", {{1, inf}}).has_value());
  CHECK_FALSE(NetworkTrace::create("t", {{0, 1}}).has_value());
  CHECK_FALSE(NetworkTrace::create("t", {}).has_value());
}

TEST_CASE("a folder's traces, others counted; a few of them, evenly spread") {
  const sluice::test::TemporaryFolder folder;
  std::ofstream(folder.path() / "b") << "0 1\n";
  std::ofstream(folder.path() / "a") << "0 2\n";
  std::ofstream(folder.path() / "README") << "no trace";  // sorted before the others
  const auto read = read_traces(folder.path().string(), 10);
  REQUIRE(read.has_value());
  REQUIRE(read->traces.size() == 2);
  CHECK(read->traces[0].name() == "a");
  CHECK(read->skipped == 1);
  const auto two = read_traces(folder.path().string(), 2);  // README and a
  CHECK(two->traces.size() == 1);
  CHECK(two->traces[0].name() == "a");
  CHECK(read_traces((folder.path() / "README").string(), 1).error().code == ErrorCode::kInvalidArgument);
  CHECK_FALSE(read_traces((folder.path() / "none").string(), 1).has_value());
}
