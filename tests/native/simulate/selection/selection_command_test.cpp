// The command without a command line: what it prints, its last line, and traces that are none.
#include "native/simulate/selection/selection_command.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "tests/native/temporary_folder.hpp"

using namespace sluice::simulate;

namespace {

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::string printed(const SelectionSimulation& simulation) {
  const std::unique_ptr<std::FILE, Closer> out(std::tmpfile());
  const std::unique_ptr<std::FILE, Closer> log(std::tmpfile());
  REQUIRE(run_selection_simulation(simulation, out.get(), log.get()).has_value());
  std::rewind(out.get());
  std::string text;
  for (int c = std::fgetc(out.get()); c != EOF; c = std::fgetc(out.get())) text += static_cast<char>(c);
  return text;
}

}  // namespace

TEST_CASE("published figures, the front, and a line of JSON; a trace is one more condition") {
  const sluice::test::TemporaryFolder folder;
  std::ofstream(folder.path() / "steady") << "0 8\n60 8\n";
  SelectionSimulation simulation;
  simulation.requests = 300;
  simulation.slas_ms = {250};
  simulation.loads_per_s = {20};
  simulation.json = true;
  const std::string without = printed(simulation);
  CHECK(without.find("mdinference, SLA 250 ms") != std::string::npos);
  CHECK(without.find("\"conditions\":15,") != std::string::npos);
  simulation.traces = {folder.path().string()};
  simulation.all = true;
  const std::string with = printed(simulation);
  CHECK(with.find("\"conditions\":16,") != std::string::npos);
  CHECK(with.find("steady, SLA 250 ms, trace") != std::string::npos);
  CHECK(with.find("jellyfish") != std::string::npos);
}

TEST_CASE("a trace that is none ends the run before it begins") {
  const sluice::test::TemporaryFolder folder;
  std::ofstream(folder.path() / "none") << "nothing\n";
  SelectionSimulation simulation;
  simulation.traces = {(folder.path() / "none").string()};
  CHECK_FALSE(run_selection_simulation(simulation, stdout, stderr).has_value());
}
