#include "tests/native/child_process.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace sluice::test {
namespace {

using Clock = std::chrono::steady_clock;

void drain(int& pipe, std::string& text) {
  std::array<char, 4096> buffer;
  const ssize_t got = ::read(pipe, buffer.data(), buffer.size());
  if (got > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
    return;
  }
  ::close(pipe);
  pipe = -1;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command) {
  std::array<int, 2> output{};
  std::array<int, 2> error{};
  REQUIRE(::pipe2(output.data(), O_CLOEXEC) == 0);
  REQUIRE(::pipe2(error.data(), O_CLOEXEC) == 0);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    ::dup2(output[1], STDOUT_FILENO);
    ::dup2(error[1], STDERR_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(output[1]);
  ::close(error[1]);
  output_pipe_ = output[0];
  error_pipe_ = error[0];
}

ChildProcess::~ChildProcess() {
  kill();
  if (output_pipe_ >= 0) ::close(output_pipe_);
  if (error_pipe_ >= 0) ::close(error_pipe_);
}

bool ChildProcess::read_some(std::chrono::milliseconds timeout) {
  std::array<pollfd, 2> polled{{{output_pipe_, POLLIN, 0}, {error_pipe_, POLLIN, 0}}};
  if (output_pipe_ < 0 && error_pipe_ < 0) return false;
  if (::poll(polled.data(), polled.size(), static_cast<int>(timeout.count())) > 0) {
    if (polled[0].revents != 0) drain(output_pipe_, output_);
    if (polled[1].revents != 0) drain(error_pipe_, errors_);
  }
  return true;
}

bool ChildProcess::wait_for(const std::string& text, std::chrono::seconds timeout) {
  const auto end = Clock::now() + timeout;
  for (;;) {
    if ((output_ + errors_).find(text) != std::string::npos) return true;
    if (Clock::now() >= end || !read_some(std::chrono::milliseconds(100))) return false;
  }
}

int ChildProcess::wait(std::chrono::seconds timeout) {
  const auto end = Clock::now() + timeout;
  while (Clock::now() < end && read_some(std::chrono::milliseconds(100))) {
  }
  while (pid_ > 0 && Clock::now() < end) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    ::usleep(10'000);
  }
  kill();
  return -1;
}

void ChildProcess::signal(int number) {
  if (pid_ > 0) ::kill(pid_, number);
}

void ChildProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

Ended run_program(const std::vector<std::string>& command, std::chrono::seconds timeout) {
  ChildProcess process(command);
  const int status = process.wait(timeout);
  return {status, process.output(), process.errors()};
}

}  // namespace sluice::test
