#include <doctest/doctest.h>

#include <vector>

#include "core/wire/encoding.hpp"
#include "core/wire/utf8.hpp"

using namespace sluice::wire;

TEST_CASE("UTF-8 by the letter of RFC 3629") {
  for (const char* good : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
                           "gr\xC3\xBC\xC3\x9F"
                           "e"}) {
    CHECK(is_utf8(good));
  }
  for (const char* bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2 ", "\xE0\x9F\xBF", "\xE0\xA0", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "ok\xE2\x82"}) {
    CHECK_FALSE(is_utf8(bad));
  }
  CHECK(is_utf8(std::string_view("\0", 1)));
}

TEST_CASE("what is no UTF-8 is replaced byte by byte, and the rest stays") {
  CHECK(as_utf8("gr\xC3\xBCn") == "gr\xC3\xBCn");
  CHECK(as_utf8("a\xFF"
                "b\xC3") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
  CHECK(as_utf8("").empty());
  CHECK(is_utf8(as_utf8("\xED\xA0\x80\xF0\x9F")));
}

TEST_CASE("text is clipped between characters") {
  CHECK(clip_utf8("abc", 3) == "abc");
  CHECK(clip_utf8("abc", 2) == "ab");
  CHECK(clip_utf8("a\xC3\xBC", 2) == "a");
  CHECK(clip_utf8("\xF0\x9F\x99\x82x", 4) == "\xF0\x9F\x99\x82");
  CHECK(clip_utf8("\xF0\x9F\x99\x82x", 3).empty());
}

TEST_CASE("a peer's text is quoted without its control characters and not at length") {
  CHECK(quoted("faces") == "'faces'");
  CHECK(quoted("a\nb\x1B[31m\x7F") == "'a?b?[31m?'");
  CHECK(quoted(std::string(500, 'x')) == "'" + std::string(80, 'x') + "...'");
}

TEST_CASE("encodings have names in both directions") {
  for (const Encoding encoding :
       {Encoding::kTensor, Encoding::kRgb8, Encoding::kJpeg, Encoding::kPng, Encoding::kWebp}) {
    CHECK(is_known(encoding));
    CHECK(find_encoding(encoding_name(encoding)) == encoding);
  }
  CHECK_FALSE(is_known(static_cast<Encoding>(99)));
  CHECK_FALSE(find_encoding("unknown").has_value());
  CHECK_FALSE(find_encoding("gif").has_value());
  CHECK(encoding_list(std::vector{Encoding::kJpeg, Encoding::kTensor}) == "jpeg, tensor");
  CHECK(encoding_list({}) == "none");
}
