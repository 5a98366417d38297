#include "core/base/text.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

using sluice::join_text;

TEST_CASE("parts of every kind are joined in their order") {
  const std::string name = "relu_1";
  CHECK(join_text({"node '", name, "' has ", 3, " inputs", '.'}) == "node 'relu_1' has 3 inputs.");
  CHECK(join_text({}).empty());
  std::string text = "a";
  sluice::append_text(text, {"b", std::string_view("c"), 1U});
  CHECK(text == "abc1");
}

TEST_CASE("whole numbers are exact at both ends of their range") {
  CHECK(join_text({std::numeric_limits<std::int64_t>::min(), ' ', std::numeric_limits<std::int64_t>::max(), ' ',
                   std::numeric_limits<std::uint64_t>::max()}) ==
        "-9223372036854775808 9223372036854775807 18446744073709551615");
  CHECK(join_text({std::int8_t{-5}, ' ', std::uint8_t{200}, ' ', 0}) == "-5 200 0");
}

TEST_CASE("real numbers are short and say what they are") {
  CHECK(join_text({0.25}) == "0.25");
  CHECK(join_text({0.9F}) == "0.9");
  CHECK(join_text({-12.0}) == "-12");
  CHECK(join_text({65536.0}) == "65536");
  CHECK(join_text({0.99999999999}) == "0.99999999999");
  CHECK(join_text({0.999999999999999}) == "1");
  CHECK(join_text({0.00012}) == "0.00012");
  CHECK(join_text({1e30}) == "1e30");
  CHECK(join_text({-2.5e-7}) == "-2.5e-7");
  CHECK(join_text({0.0}) == "0");
  CHECK(join_text({std::numeric_limits<double>::infinity()}) == "inf");
  CHECK(join_text({-std::numeric_limits<float>::infinity()}) == "-inf");
  CHECK(join_text({std::numeric_limits<double>::quiet_NaN()}).find("nan") != std::string::npos);
  CHECK(join_text({std::numeric_limits<double>::denorm_min()}).find("e-324") != std::string::npos);
}
