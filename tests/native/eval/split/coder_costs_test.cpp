// The same features by several coders, of a toy bundle whose own tables know nothing.
#include "native/eval/split/coder_costs.hpp"

#include <doctest/doctest.h>

#include "native/eval/split/split_measurement.hpp"
#include "tests/native/eval/split/plain_colours.hpp"
#include "tests/native/split_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::eval;

namespace {

void silent(std::size_t, std::size_t) {}

}  // namespace

TEST_CASE("coders are told apart on the same features, the bundle's own as it is sent") {
  const test::TemporaryFolder folder;
  test::write_split_bundle(folder.path() / "halves");
  const auto bundle = bundle::read_bundle(folder.path() / "halves");
  REQUIRE(bundle);
  const LabelledPictures pictures = test::plain_colours(120);
  const auto measured = measure_split(*bundle, pictures, {1}, 2, silent);
  REQUIRE(measured);
  const LabelledPictures learned_from = test::plain_colours(300);
  std::size_t last = 0;
  const auto coders =
      measure_coders(*bundle, &learned_from, pictures, measured->cuts, 2, [&](std::size_t done, std::size_t of) {
        CHECK(of == 90);  // 30 to learn from, 60 measured
        last = done;
      });
  REQUIRE_MESSAGE(coders.has_value(), (coders ? std::string() : describe(coders.error())));
  CHECK(last == 90);
  REQUIRE(coders->size() == 3);
  const CoderCost& shipped = (*coders)[0];
  const CoderCost& by_channel = (*coders)[1];
  const CoderCost& lzw = (*coders)[2];
  CHECK(shipped.coder == kShippedCoder);
  CHECK(by_channel.coder == kChannelTables);
  CHECK(lzw.coder == kLzwCoder);
  REQUIRE(measured->cuts == std::vector<std::uint32_t>{0, 1, 3});
  for (std::size_t cut = 0; cut < measured->cuts.size(); ++cut) {
    CAPTURE(cut);
    CHECK(shipped.bytes[cut] == doctest::Approx(measured->bytes(cut)));
  }
  // Five grey levels and a bright one: less than four bits a symbol, which is what tables that know nothing take. A picture is all one
  // colour, which LZW finds.
  CHECK(by_channel.bytes[2] < shipped.bytes[2]);
  CHECK(lzw.bytes[2] < by_channel.bytes[2]);
  CHECK(lzw.bytes[2] > 0);
  CHECK(shipped.section_bytes == 14 + 12 + 3 + 2 * 16);  // as the toy's unit holds it
  CHECK(by_channel.section_bytes > 0);
  CHECK(lzw.section_bytes == 0);
  const std::string table = coder_table(*coders, measured->cuts);
  CHECK(table.find("LZW") != std::string::npos);
  CHECK(table.find(kChannelTables) != std::string::npos);
}
