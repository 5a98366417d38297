// The real sluice-server as a child of a test, on a port of its own, with the engine that needs no library.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/native/child_process.hpp"

namespace sluice::test {

class ServerProgram {
 public:
  // Starts it with the bundles in `folder` and waits until it listens. Port 0: any free one.
  explicit ServerProgram(const std::string& folder, int port = 0, const std::vector<std::string>& more = {})
      : process_(command(folder, port, more)) {
    const bool listens = process_.wait_for("port=", std::chrono::seconds(60));
    const std::string text = process_.output() + process_.errors();
    REQUIRE_MESSAGE(listens, text);
    port_ = std::stoi(text.substr(text.find("port=") + 5));
  }

  int port() const { return port_; }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_); }
  void kill() { process_.kill(); }
  ChildProcess& process() { return process_; }

 private:
  static std::vector<std::string> command(const std::string& folder, int port, const std::vector<std::string>& more) {
    std::vector<std::string> all = {SLUICE_SERVER_PROGRAM, "--bundles", folder,   "--port",
                                    std::to_string(port),  "--engine",  "xnnpack"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  ChildProcess process_;
  int port_ = 0;
};

}  // namespace sluice::test
