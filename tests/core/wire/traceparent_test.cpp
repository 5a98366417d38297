// W3C Trace Context's `traceparent`: what is one, and what is not.
#include <doctest/doctest.h>

#include "core/wire/messages.hpp"
#include "core/wire/traceparent.hpp"

using namespace sluice::wire;

namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00f067aa0ba902b7";

}  // namespace

TEST_CASE("a traceparent names trace and parent, and says whether it is sampled") {
  const std::string sampled = "00-" + kTrace + "-" + kParent + "-01";
  CHECK(sampled.size() == kTraceparentBytes);
  const auto context = read_traceparent(sampled);
  REQUIRE(context);
  CHECK(context->trace_id == kTrace);
  CHECK(context->parent_id == kParent);
  CHECK(context->sampled);
  CHECK_FALSE(read_traceparent("00-" + kTrace + "-" + kParent + "-00")->sampled);
  CHECK_FALSE(read_traceparent("00-" + kTrace + "-" + kParent + "-fe")->sampled);
  CHECK(read_traceparent("00-" + kTrace + "-" + kParent + "-ff")->sampled);
}

TEST_CASE("a later version is read as far as it is known") {
  const std::string later = "cc-" + kTrace + "-" + kParent + "-01";
  CHECK(read_traceparent(later));
  CHECK(read_traceparent(later + "-what-the-future-brings"));
  CHECK_FALSE(read_traceparent(later + "what-the-future-brings"));
}

TEST_CASE("what is none is not read") {
  const std::string good = "00-" + kTrace + "-" + kParent + "-01";
  std::vector<std::string> bad = {"",
                                  "00",
                                  good.substr(1),
                                  good + "-",
                                  good + "0",
                                  "ff" + good.substr(2),
                                  "00-" + std::string(32, '0') + "-" + kParent + "-01",
                                  "00-" + kTrace + "-" + std::string(16, '0') + "-01",
                                  std::string(100, '-'),
                                  std::string(55, '\0')};
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char other : {'A', 'g', ' ', '\0', '\x80'}) {
      bad.push_back(good);
      bad.back()[i] = other;
    }
    bad.push_back(good.substr(0, i));
  }
  for (const std::string& text : bad) CHECK_MESSAGE(!read_traceparent(text), text);
}
