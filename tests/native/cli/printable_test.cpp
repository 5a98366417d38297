#include "native/cli/printable.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/model/onnx_writer.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/child_process.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using sluice::cli::printable;
using sluice::cli::printable_lines;
using sluice::test::run_program;

namespace {

const std::string kRedScreen =
    "\x1b[41m\x1b[2Jname\x07\x7f\xc2\x9b"
    "31m\nforged: all is well";

// Whether a terminal would take it as text alone.
bool harmless(const std::string& text) {
  return printable_lines(text) == text && text.find("\nforged") == std::string::npos;
}

std::string model_of(const std::string& op_type, const std::string& name) {
  model::OnnxWriter writer(name);
  writer.add_input(name, DataType::kFloat32, {1, 4});
  writer.add_output(name + "out", DataType::kFloat32, {1, 4});
  writer.add_node(op_type, {name}, {name + "out"});
  return writer.finish();
}

}  // namespace

TEST_CASE("control characters become question marks, other text stays") {
  CHECK(printable("plain, \xc3\xa9 and \xe2\x82\xac") == "plain, \xc3\xa9 and \xe2\x82\xac");
  CHECK(printable("\x1b[0m\r\t\n\x7f") == "?[0m????");
  CHECK(printable("\xc2\x9b"
                  "31m\xc2\xa0") == "?31m\xc2\xa0");
  CHECK(printable_lines("a\nb\x1b") == "a\nb?");
  CHECK(printable("\xc2") == "\xc2");
}

TEST_CASE("what turns the direction of writing or ends a line becomes a question mark, its neighbours stay") {
  for (const char* turning : {"\u061C", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u202B", "\u202C", "\u202D",
                              "\u202E", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    CAPTURE(turning);
    CHECK(printable(std::string("model") + turning + "xnno") == "model?xnno");
    CHECK(printable_lines(std::string("a\n") + turning) == "a\n?");
  }
  for (const char* plain :
       {"\u061B", "\u061D", "\u200D", "\u2010", "\u2027", "\u202F", "\u2065", "\u206A", "\xe2\x80", "\xe2", "\xd8"}) {
    CHECK(printable(plain) == plain);
  }
}

TEST_CASE("what a model or a bundle calls itself does not reach the terminal as a command or a line of its own") {
  const test::TemporaryFolder folder;
  for (const std::string op_type : {"Relu", kRedScreen.c_str()}) {
    const auto ended =
        run_program({SLUICE_PROGRAM, "inspect", folder.write("model.onnx", model_of(op_type, kRedScreen))});
    CHECK(ended.output.find("?[41m?[2Jname???31m?forged") != std::string::npos);
    CHECK_MESSAGE(harmless(ended.output), ended.output);
    CHECK_MESSAGE(harmless(ended.errors), ended.errors);
  }
  const std::string bundle = (folder.path() / "bright").string();
  test::write_bright_bundle(bundle);
  std::string manifest = test::read_file(folder.path() / "bright" / "manifest.json");
  manifest.insert(manifest.find('{') + 1, R"("a\u001b[31m\nforged": 1, )");
  const std::string description = R"("description": ")";
  if (manifest.find(description) == std::string::npos) {
    manifest.insert(manifest.find('{') + 1, description + R"(\u001b]0;title\u0007\u009b31m\nforged", )");
  } else {
    manifest.insert(manifest.find(description) + description.size(), R"(\u001b]0;title\u0007\u009b31m\nforged)");
  }
  folder.write("bright/manifest.json", manifest);
  const auto ended = run_program({SLUICE_PROGRAM, "inspect", bundle});
  CHECK_MESSAGE(ended.status == 0, ended.errors);
  CHECK(ended.output.find("?]0;title??31m?forged") != std::string::npos);
  CHECK(ended.output.find("'a?[31m?forged' is unknown") != std::string::npos);
  CHECK_MESSAGE(harmless(ended.output), ended.output);

  folder.write("bright/manifest.json", R"({"format": 2, "na\u001b[31m\nforged": 1})");
  const auto refused = run_program({SLUICE_PROGRAM, "inspect", bundle});
  CHECK(refused.status == 1);
  CHECK_MESSAGE(harmless(refused.errors), refused.errors);
}
