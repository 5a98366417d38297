// A program started by a test, with its standard output and error read by the test. Killed and reaped at the end.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sluice::test {

class ChildProcess {
 public:
  explicit ChildProcess(const std::vector<std::string>& command);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Reads until what was printed contains `text`; false when the program ended or the time is over before.
  bool wait_for(const std::string& text, std::chrono::seconds timeout);
  // Waits for the end; the exit status, or -1 when it had to be killed or died of a signal.
  int wait(std::chrono::seconds timeout);
  void signal(int number);
  void kill();  // at once, and reaps

  const std::string& output() const { return output_; }  // standard output so far
  const std::string& errors() const { return errors_; }

 private:
  bool read_some(std::chrono::milliseconds timeout);

  pid_t pid_ = -1;
  int output_pipe_ = -1;
  int error_pipe_ = -1;
  std::string output_;
  std::string errors_;
};

struct Ended {
  int status = -1;
  std::string output;
  std::string errors;
};

// Runs a program to its end.
Ended run_program(const std::vector<std::string>& command, std::chrono::seconds timeout = std::chrono::seconds(120));

// Whether `part` stands in what a program printed.
inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace sluice::test
