// Uses what a stranger to this repository sees of sluice::client: a bundle that is not there is an error, not a crash.
#include <cstdio>

#include "native/client/gate.hpp"

int main() {
  const auto gate = sluice::client::Gate::open("no-such-bundle", {.server = "ws://127.0.0.1:1"});
  if (gate) return 1;
  std::printf("%s\n", sluice::describe(gate.error()).c_str());
  return gate.error().message.empty() ? 1 : 0;
}
