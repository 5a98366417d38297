// Autobahn's cases 6, UTF-8: text is no part of the protocol, but what is no UTF-8 is told apart from it (1007 instead of 1003), and
// that at the first byte that is wrong, not at the end of the message.
#include <doctest/doctest.h>

#include "tests/server/websocket_scene.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

struct Text {
  const char* number;
  std::vector<std::string> texts;
};

const std::string kGreek = "κόσμε";
const std::string kEdited = "edited";
const std::string kSurrogate = "\xed\xa0\x80";
const std::string kBeyond = "\xf4\x90\x80\x80";  // above U+10FFFF

// All bytes from `first` to `last`, each followed by a space.
std::string with_spaces(int first, int last) {
  std::string text;
  for (int byte = first; byte <= last; ++byte) text += {static_cast<char>(byte), ' '};
  return text;
}

const std::vector<Text>& valid() {
  static const std::vector<Text> all = {
      {"6.5", {kGreek, "Hello-µ@ßöäüàá-UTF-8!!"}},
      {"6.6.11", {kGreek}},
      {"6.7", {std::string(1, '\0'), "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"}},
      {"6.9", {"\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}},
      {"6.11.1-4", {"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf"}},
      {"6.22", {"\xef\xbf\xbe", "\xef\xbf\xbf", "\xf0\x9f\xbf\xbe", "\xf0\xaf\xbf\xbf", "\xf4\x8f\xbf\xbe"}},
      {"6.23", {"\xef\xbf\xb9", "\xef\xbf\xba", "\xef\xbf\xbd"}},
  };
  return all;
}

const std::vector<Text>& invalid() {
  static const std::vector<Text> all = {
      {"6.3", {kGreek + kSurrogate + kEdited}},
      {"6.6, cut within a character", {kGreek.substr(0, 1), kGreek.substr(0, 3), kGreek.substr(0, 9)}},
      {"6.8", {"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"}},
      {"6.10", {"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"}},
      {"6.11.5", {kBeyond}},
      {"6.12", {"\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf\x80\xbf"}},
      {"6.13",
       {with_spaces(0xc0, 0xdf), with_spaces(0xe0, 0xef), with_spaces(0xf0, 0xf7), with_spaces(0xf8, 0xfb),
        with_spaces(0xfc, 0xfd)}},
      {"6.14",
       {"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80", "\xdf", "\xef\xbf",
        "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf"}},
      {"6.15", {"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf"}},
      {"6.16", {"\xfe", "\xff", "\xfe\xfe\xff\xff"}},
      {"6.17", {"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"}},
      {"6.18", {"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"}},
      {"6.19", {"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"}},
      {"6.20",
       {kSurrogate, "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"}},
      {"6.21", {"\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xbf\xbf"}},
  };
  return all;
}

// Each text whole, and in fragments of one byte.
void check(WebSocketScene& scene, const std::vector<Text>& all, const std::string& closed) {
  for (const Text& one : all) {
    for (const std::string& text : one.texts) {
      scene.check({one.number, {{.opcode = kText, .payload = text}}, {closed}});
      scene.check({std::string(one.number) + ", byte by byte", fragments_of(kText, text, 1), {closed}});
    }
  }
}

}  // namespace

TEST_CASE("6: text that is UTF-8 is refused for being text, whole and in fragments that cut its characters") {
  WebSocketScene scene;
  const Frame empty{.opcode = kText};
  const Frame more{.opcode = kContinuation};
  scene.check({
      {"6.1.1", {empty}, {"close 1003"}},
      {"6.1.2", fragments(kText, "", {0, 0}), {"close 1003"}},
      {"6.1.3", fragments(kText, "middle frame payload", {0, 20}), {"close 1003"}},
      {"6.2.1", {{.opcode = kText, .payload = "Hello-µ@ßöäüàá-UTF-8!!"}}, {"close 1003"}},
      {"6.2.2", fragments(kText, "Hello-µ@ßöäüàá-UTF-8!!", {13}), {"close 1003"}},
      {"6.2.4", {{.opcode = kText, .payload = kGreek}}, {"close 1003"}, 1},
  });
  check(scene, valid(), "close 1003");
}

TEST_CASE("6: text that is no UTF-8 closes with 1007") {
  WebSocketScene scene;
  check(scene, invalid(), "close 1007");
}

TEST_CASE("6.4: the first byte that is wrong closes, although the message has not ended") {
  WebSocketScene scene;
  const auto begun = [](std::vector<std::string> parts) {  // with the last fragment left out
    std::vector<Frame> frames;
    for (std::string& part : parts) {
      frames.push_back({.opcode = frames.empty() ? kText : kContinuation, .payload = std::move(part), .last = false});
    }
    return frames;
  };
  const Frame whole{.opcode = kText, .payload = kGreek + kBeyond + kEdited};
  const std::string bytes = frame_bytes(whole);
  scene.check({
      {"6.4.1", begun({kGreek, kBeyond}), {"close 1007"}},
      {"6.4.2", begun({kGreek + kBeyond.substr(0, 1), kBeyond.substr(1, 1)}), {"close 1007"}},
  });
  // Within one frame.
  for (const std::size_t wrong : {2, 4}) {
    CAPTURE(wrong);
    FrameClient client(scene.port());
    WebSocketScene::greet(client);
    client.send(std::string_view(bytes).substr(0, bytes.size() - kEdited.size() - kBeyond.size() + wrong));
    CHECK(hear(client) == "close 1007");
    CHECK(hear(client) == "end");
  }
}
