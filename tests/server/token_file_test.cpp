// How tokens are written down, and how a request brings one.
#include "server/security/token_file.hpp"

#include <doctest/doctest.h>

#include "server/security/presented_token.hpp"

using namespace sluice;
using namespace sluice::server;

namespace {

const std::string kOne(64, 'a');
const std::string kOther(64, 'b');

// A file of these lines, the last of which ends as well.
auto parse(const std::string& text, const std::string& file) { return parse_token_file(text + "\n", file); }

std::string complaint(const std::string& text) {
  const auto lines = parse(text, "tokens");
  REQUIRE_FALSE(lines);
  CHECK(lines.error().code == ErrorCode::kInvalidArgument);
  return lines.error().message;
}

}  // namespace

TEST_CASE("a file whose last line has no end is taken for one that was cut off") {
  const std::string whole = "a " + kOne + " rate=20 burst=30\nb " + kOther + "\n";
  REQUIRE(parse_token_file(whole, "tokens"));
  for (std::size_t size = 1; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(parse_token_file(whole.substr(0, size), "tokens").has_value() == (whole[size - 1] == '\n'));
  }
}

TEST_CASE("a token that stands where a name should be is not shown") {
  for (const std::string& text : {kOne, kOne + " " + kOther}) {
    const std::string message = complaint(text);
    CHECK(message.find(kOne) == std::string::npos);
    CHECK(message.find("64 hexadecimal digits") != std::string::npos);
  }
}

TEST_CASE("a token file says who may do how much") {
  const auto lines = parse("# cameras\n\n  camera-1 \t " + kOne + "  rate=20 share=2.5 # at the door\r\n" + "phone_2 " +
                               std::string(64, 'B') + " burst=3 rate=0.5",
                           "tokens");
  REQUIRE(lines);
  REQUIRE(lines->size() == 2);
  const auto& camera = lines->front();
  CHECK(camera.name == "camera-1");
  CHECK(camera.sha256 == kOne);
  CHECK(camera.requests_per_second == 20);
  CHECK(camera.burst == 20);
  CHECK(camera.share == 2.5);
  const auto& phone = lines->back();
  CHECK(phone.sha256 == kOther);
  CHECK(phone.requests_per_second == 0.5);
  CHECK(phone.burst == 3);
  CHECK(phone.share == 1);
  const auto unlimited = parse("a " + kOne, "tokens");
  REQUIRE(unlimited);
  CHECK(unlimited->front().requests_per_second == 0);
  const auto slow = parse("a " + kOne + " rate=0.1", "tokens");
  REQUIRE(slow);
  CHECK(slow->front().burst == 1);
}

TEST_CASE("what is wrong with a token file is said with its line, and a token that stands there is not repeated") {
  CHECK(complaint("").find("tokens: no token") == 0);
  CHECK(complaint("# nobody\n").find("tokens: no token") == 0);
  const auto leaked = complaint("ok " + kOne + "\n# and\ncamera-1 correct-horse-battery\n");
  CHECK(leaked.find("tokens:3: behind the name 'camera-1'") == 0);
  CHECK(leaked.find("correct-horse") == std::string::npos);
  CHECK(complaint("camera-1").find("tokens:1: ") == 0);
  CHECK(complaint("a " + kOne.substr(1)).find("64 hexadecimal digits") != std::string::npos);
  CHECK(complaint("cam/era " + kOne).find("tokens:1: a name has") == 0);
  CHECK(complaint(std::string(65, 'n') + " " + kOne).find("a name has") != std::string::npos);
  CHECK(complaint("a " + kOne + "\na " + kOther).find("tokens:2: the name 'a'") == 0);
  CHECK(complaint("a " + kOne + "\nb " + kOne).find("'b' has the token of 'a'") != std::string::npos);
  for (const char* word : {"rate=", "rate=0", "rate=-1", "rate=fast", "rate=nan", "rate=inf", "rate=1e9", "share=0",
                           "share=1001", "limit=3", "7"}) {
    CHECK_MESSAGE(complaint("a " + kOne + " " + word).find("'" + std::string(word) + "'") != std::string::npos, word);
  }
  CHECK(complaint("a " + kOne + " burst=5").find("without rate=N") != std::string::npos);
  CHECK(complaint("a " + kOne + " rate=1 burst=0.5").find("burst must be") != std::string::npos);
}

TEST_CASE("a request brings its token in a header or in a subprotocol") {
  const auto token = [](const char* authorization, const char* subprotocols) {
    const auto found = presented_token(authorization, subprotocols);
    REQUIRE(found);
    return found->value_or("none");
  };
  CHECK(token("", "") == "none");
  CHECK(token("", "sluice.v1") == "none");
  CHECK(token("Bearer abc", "") == "abc");
  CHECK(token("bearer   abc ", "sluice.v1") == "abc");
  CHECK(token("", "sluice.v1, sluice.bearer.YWJj") == "abc");
  CHECK(token("", "sluice.bearer.YWI,sluice.v1") == "ab");
  CHECK(token("", "sluice.bearer._-8") == "\xff\xef");
  CHECK(token("Bearer abc", "sluice.bearer.eHl6") == "abc");
  for (const auto& [authorization, subprotocols] : {std::pair("Basic YTpi", ""),
                                                    {"Bearer", ""},
                                                    {"Bearer ", ""},
                                                    {"abc", ""},
                                                    {"", "sluice.bearer."},
                                                    {"", "sluice.bearer.YWJj="},
                                                    {"", "sluice.bearer.Y"},
                                                    {"", "sluice.bearer.a+b/"}}) {
    const auto found = presented_token(authorization, subprotocols);
    CAPTURE(authorization);
    CAPTURE(subprotocols);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::kUnauthenticated);
    CHECK(found.error().message.find("YTpi") == std::string::npos);
  }
}
