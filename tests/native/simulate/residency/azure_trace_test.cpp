#include "native/simulate/residency/azure_trace.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::simulate;
using sluice::test::TemporaryFolder;

namespace {

AzureOptions everything() {
  AzureOptions options;
  options.popular_quantile = 1;
  return options;
}

std::vector<std::uint32_t> models_of(const RequestTrace& trace) {
  std::vector<std::uint32_t> models;
  for (const auto& request : trace.requests) models.push_back(request.model);
  return models;
}

}  // namespace

TEST_CASE("a minute's invocations stand evenly in it, in a random order") {
  const TemporaryFolder folder;
  const auto file = folder.write("day.csv",
                                 "HashFunction,HashOwner,HashApp,1_minute,2_minute\n"
                                 "a,o,p,0,2\n"
                                 "b,o,p,1,2.0\r\n");
  const auto trace = read_azure_trace(file, everything());
  REQUIRE(trace);
  CHECK(trace->models == 2);
  REQUIRE(trace->requests.size() == 5);
  CHECK(trace->requests[0].at == Instant{});
  CHECK(trace->requests[0].model == 1);
  for (int i = 0; i < 4; ++i) CHECK(trace->requests[1 + i].at == Instant(std::chrono::seconds(60 + 15 * i)));
  const auto again = read_azure_trace(file, everything());
  CHECK(models_of(*again) == models_of(*trace));
}

TEST_CASE("a folder is days in the order of names; functions keep their number, other files and triggers don't count") {
  const TemporaryFolder folder;
  folder.write("d2.csv",
               "HashOwner,HashApp,HashFunction,Trigger,1,2\no,p,b,http,0,2\no,p,t,timer,9,9\no,p,a,http,1,0\n");
  folder.write("d1.csv", "HashOwner,HashApp,HashFunction,Trigger,1,2\no,p,a,http,1,0\n");
  folder.write("memory.csv", "HashOwner,SampleCount\no,1\n");
  const auto trace = read_azure_trace(folder.path(), everything());
  REQUIRE(trace);
  CHECK(trace->models == 2);
  CHECK(models_of(*trace) == std::vector<std::uint32_t>{0, 0, 1, 1});
  CHECK(trace->requests[1].at == Instant(std::chrono::hours(24)));
}

TEST_CASE("functions called once or more than the quantile are left out, halves share nothing, and a share is kept") {
  const TemporaryFolder folder;
  std::string text = "HashFunction,1\n";
  for (int i = 1; i <= 20; ++i) text += "f" + std::to_string(i) + "," + std::to_string(i) + "\n";
  const auto file = folder.write("day.csv", text);
  AzureOptions options;
  CHECK(read_azure_trace(file, options)->models == 18);  // without 1 and 20
  options.part = TracePart::kEven;
  const auto even = read_azure_trace(file, options);
  options.part = TracePart::kOdd;
  const auto odd = read_azure_trace(file, options);
  CHECK(even->models == 9);
  CHECK(odd->models == 9);
  CHECK(even->requests.size() + odd->requests.size() == 209 - 20);
  options = everything();
  options.keep_share = 0.5;
  const auto kept = read_azure_trace(file, options)->requests.size();
  CHECK(kept > 60);
  CHECK(kept < 150);
}

TEST_CASE("damaged files are refused with file and line") {
  const TemporaryFolder folder;
  const auto refused = [&](const char* text, const char* expected) {
    const auto trace = read_azure_trace(folder.write("bad.csv", text), everything());
    REQUIRE_FALSE(trace);
    CHECK(trace.error().code == ErrorCode::kMalformedMedia);
    CHECK_MESSAGE(trace.error().message.find(expected) != std::string::npos, trace.error().message);
  };
  refused("", "names no HashFunction");
  refused("HashOwner,1,2\na,1,2\n", "names no HashFunction");
  refused("HashFunction,memory\na,1\n", "names no HashFunction");
  refused("HashFunction,1,2\na,1\n", "line 2 has 2 fields, its head 3");
  refused("HashFunction,1,2\na,1,2\n\nb,-1,2\n", "line 4 has '-1' in column 2");
  refused("HashFunction,1\na,99999999999\n", "line 2");
  refused("HashFunction,1\na,nan\n", "'nan'");
  refused("HashFunction,1\na,1\n", "leaves no requests");
  CHECK(read_azure_trace(folder.path() / "missing.csv", everything()).error().code == ErrorCode::kIoError);
  const TemporaryFolder empty;
  CHECK(read_azure_trace(empty.path(), everything()).error().code == ErrorCode::kIoError);
}
