#include "core/base/json_depth.hpp"

#include <doctest/doctest.h>

namespace sluice {

TEST_CASE("nesting is counted outside strings") {
  CHECK(json_depth("") == 0);
  CHECK(json_depth("12") == 0);
  CHECK(json_depth(R"({"a":[1,[2]],"b":[]})") == 3);
  CHECK(json_depth(R"({"a":"[[[\"[[","b":1})") == 1);
  CHECK(json_depth(R"(["\\",[]])") == 2);
  CHECK(json_depth("]]]][") == 1);
}

}  // namespace sluice
