// sluice-server as a program: what it prints, how signals end it, and what keeps it from starting.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "server/bench/identity_model.hpp"
#include "tests/server/raw_socket.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    std::array<int, 2> output{};
    REQUIRE(pipe2(output.data(), O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDERR_FILENO);
    arguments.insert(arguments.begin(), SLUICE_SERVER_PROGRAM);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    REQUIRE(posix_spawn(&process_, SLUICE_SERVER_PROGRAM, &actions, nullptr, argv.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(output[1]);
    output_ = output[0];
  }
  ~Process() {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
    close(output_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Reads until `text` was printed; false when the output ended before.
  bool await(const std::string& text) {
    std::array<char, 1024> chunk{};
    while (printed_.find(text) == std::string::npos) {
      const auto got = read(output_, chunk.data(), chunk.size());
      if (got <= 0) return false;
      printed_.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return true;
  }

  // `before_port` stands behind the address in the line that says so.
  std::uint16_t await_port(const std::string& before_port = "  port=") {
    const std::string address = "http://127.0.0.1:";
    const bool listening = await(before_port);
    REQUIRE_MESSAGE(listening, printed_);
    const auto start = printed_.find(address) + address.size();
    return static_cast<std::uint16_t>(std::stoi(printed_.substr(start)));
  }

  void signal(int number) const { kill(process_, number); }

  int wait_for_exit() {
    await("\x01");  // to the end of the output
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  const std::string& printed() const { return printed_; }

 private:
  pid_t process_ = -1;
  int output_ = -1;
  std::string printed_;
};

struct Bundle {
  Bundle() { write_plain_bundle(folder.path(), "identity", server::identity_onnx(4), 4); }
  std::string path() const { return folder.path().string(); }
  TemporaryFolder folder;
};

const std::string kLibrary = SLUICE_DEPS_DIR "/onnxruntime/lib/libonnxruntime.so.1";

}  // namespace

TEST_CASE("it prints its limits and its address, and SIGTERM ends it with 0") {
  const Bundle bundle;
  Process process({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary});
  const auto port = process.await_port();
  CHECK(process.printed().find("max_message_bytes=8388608") != std::string::npos);
  CHECK(http_get(port, "/v2/health/ready").status == 200);
  WebSocketClient client;
  say_hello(client, port, "identity");
  process.signal(SIGTERM);
  REQUIRE(client.receive());  // goodbye
  CHECK(!client.receive());
  CHECK(client.close_code() == 1012);
  CHECK(process.wait_for_exit() == 0);
  CHECK(process.printed().find("Draining") != std::string::npos);
}

TEST_CASE("a second signal ends it at once") {
  const Bundle bundle;
  Process process({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary, "--pre-stop-delay-ms",
                   "60000", "--json-log"});
  process.await_port("\"port\":\"");
  process.signal(SIGINT);
  REQUIRE(process.await("\"event\":\"draining\""));
  process.signal(SIGINT);
  CHECK(process.wait_for_exit() == 130);
}

TEST_CASE("what keeps it from starting is said, with the code in words") {
  const Bundle bundle;
  const auto refused = [](std::vector<std::string> arguments, int status, const std::string& word) {
    Process process(std::move(arguments));
    CHECK(process.wait_for_exit() == status);
    CHECK_MESSAGE(process.printed().find(word) != std::string::npos, process.printed());
  };
  refused({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", "/nowhere/lib.so"}, 1,
          "engine_unavailable: ");
  refused({"--bundles", "/nowhere", "--port", "0", "--onnxruntime-library", kLibrary}, 1, "io_error: /nowhere");
  refused({"--bundles", bundle.path(), "--address", "0.0.0.0"}, 2, "--allow-remote");
  refused({"--bundles", bundle.path(), "--web-root", "/nowhere", "--port", "0", "--onnxruntime-library", kLibrary}, 1,
          "--web-root /nowhere");
  auto onnx = read_all(bundle.folder.path() / "identity/model.onnx");
  onnx.back() ^= 1;
  write_all(bundle.folder.path() / "identity/model.onnx", onnx);
  refused({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary}, 1, "bundle_part_corrupt: ");
}

TEST_CASE("a taken port is an error that names it") {
  const Bundle bundle;
  Process first({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary});
  const auto port = std::to_string(first.await_port());
  Process second({"--bundles", bundle.path(), "--port", port, "--onnxruntime-library", kLibrary});
  CHECK(second.wait_for_exit() == 1);
  CHECK(second.printed().find("port " + port) != std::string::npos);
}
