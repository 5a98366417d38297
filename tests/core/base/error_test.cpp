#include "core/base/error.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>

#include "core/base/bytes.hpp"
#include "core/base/checked.hpp"

using namespace sluice;

TEST_CASE("every row of the error table is reachable by its number and is complete") {
  std::set<std::string_view> names;
  for (const ErrorInfo& info : error_table()) {
    CAPTURE(info.name);
    CHECK(find_error(static_cast<std::uint32_t>(info.code)) == &info);
    CHECK(error_name(info.code) == info.name);
    CHECK_FALSE(info.meaning.empty());
    CHECK_FALSE(info.hint.empty());
    CHECK(names.insert(info.name).second);
  }
  CHECK(names.size() > 30);
}

TEST_CASE("numbers outside the table are unknown, not a crash") {
  CHECK(find_error(0) == nullptr);
  CHECK(find_error(0xffffffffU) == nullptr);
  CHECK(error_name(static_cast<ErrorCode>(9999)) == "unknown_error");
}

TEST_CASE("describe names the code before the message") {
  CHECK(describe({ErrorCode::kShapeMismatch, "got [1]"}) == "shape_mismatch: got [1]");
}

TEST_CASE("size arithmetic reports what would wrap") {
  constexpr std::size_t max = static_cast<std::size_t>(-1);
  CHECK(checked_mul(max, 1) == max);
  CHECK_FALSE(checked_mul(max / 2 + 1, 2).has_value());
  CHECK(checked_mul(0, max) == 0);
  CHECK_FALSE(checked_add(max, 1).has_value());
}

TEST_CASE("little-endian loads stop at the end of the bytes") {
  const std::array<std::byte, 5> bytes{std::byte{1}, std::byte{2}, std::byte{0}, std::byte{0}, std::byte{9}};
  CHECK(load_le<std::uint32_t>(bytes, 0) == 513U);
  CHECK(load_le<std::uint32_t>(bytes, 1) == 0x09000002U);
  CHECK_FALSE(load_le<std::uint32_t>(bytes, 2).has_value());
  CHECK_FALSE(load_le<std::uint8_t>(bytes, static_cast<std::size_t>(-1)).has_value());
}
