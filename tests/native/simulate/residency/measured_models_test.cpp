#include "native/simulate/residency/measured_models.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::simulate;
using sluice::test::TemporaryFolder;

TEST_CASE("the profile has the published means and medians") {
  const auto models = keras_models();
  REQUIRE(models.size() == 26);
  std::vector<double> loads;
  double load_sum = 0;
  double run_sum = 0;
  for (const auto& model : models) {
    loads.push_back(model.load_s);
    load_sum += model.load_s;
    run_sum += model.run_s;
  }
  std::sort(loads.begin(), loads.end());
  CHECK(load_sum / 26 == doctest::Approx(8.06).epsilon(0.001));
  CHECK((loads[12] + loads[13]) / 2 == doctest::Approx(7.19).epsilon(0.001));
  CHECK(run_sum / 26 == doctest::Approx(0.663).epsilon(0.001));
}

TEST_CASE("draws are the same for a seed, and of the models given") {
  const auto draw = draw_models(keras_models(), 500, 3);
  const auto again = draw_models(keras_models(), 500, 3);
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < draw.size(); ++i) {
    CHECK(draw[i].profile.bytes == again[i].profile.bytes);
    bytes += draw[i].profile.bytes;
  }
  CHECK(total_bytes(draw) == bytes);
  CHECK(total_bytes(draw_models(keras_models(), 500, 4)) != bytes);
}

TEST_CASE("a profile of one's own is read, and one that makes no sense refused with its line") {
  const TemporaryFolder folder;
  const auto models =
      read_models(folder.write("mine.csv", "name,load_s,run_s,bytes\nsmall,0.5,0.01,1000\nlarge,2,1e-1,5000\n"));
  REQUIRE(models);
  REQUIRE(models->size() == 2);
  CHECK((*models)[1].name == "large");
  CHECK((*models)[1].run_s == 0.1);
  CHECK((*models)[1].bytes == 5000);
  for (const char* line :
       {"a,1,1", "a,nan,1,5", "a,inf,1,5", "a,-1,1,5", "a,1,1,0", "a,1,1,-5", "a,1,1,5,6", ",1,1,5", "", "a,1,x,5"}) {
    CAPTURE(line);
    const auto bad = read_models(folder.write("bad.csv", std::string("name,load_s,run_s,bytes\n") + line + "\n"));
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == ErrorCode::kMalformedMedia);
    CHECK(bad.error().message.find("line 2") != std::string::npos);
  }
  CHECK(read_models(folder.write("bad.csv", "name,bytes\n")).error().code == ErrorCode::kMalformedMedia);
  CHECK(read_models(folder.write("bad.csv", "name,load_s,run_s,bytes\n")).error().code == ErrorCode::kMalformedMedia);
  CHECK(read_models(folder.path() / "missing").error().code == ErrorCode::kIoError);
}
