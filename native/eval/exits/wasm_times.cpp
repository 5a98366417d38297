#include "native/eval/exits/wasm_times.hpp"

#include <fcntl.h>
#include <rapidjson/document.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "native/bundle/bundle_folder.hpp"

extern char** environ;

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNode = "node";

// A folder of its own under the system's, gone at the end.
class ScratchFolder {
 public:
  ScratchFolder() : path_(fs::temp_directory_path() / "sluice-exits-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~ScratchFolder() {
    std::error_code unknown;
    if (!path_.empty()) fs::remove_all(path_, unknown);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Runs a command to its end with its standard output in a file; the error's number where it can't be started.
struct Ended {
  int error = 0;
  int status = -1;
};
Ended run_into(const std::vector<std::string>& command, const std::string& file) {
  std::vector<char*> pointers;
  for (const std::string& argument : command) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  Ended ended;
  ended.error = ::posix_spawnp(&child, pointers[0], &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (ended.error != 0) return ended;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ended;
}

}  // namespace

Result<std::optional<ExitTimes>> time_exits_in_wasm(const fs::path& program, const fs::path& folder,
                                                    const LabelledPictures& pictures, std::FILE* log) {
  std::error_code unknown;
  if (!fs::exists(program, unknown)) {
    if (log != nullptr) {
      std::fprintf(log, "%s is not there, so nothing is timed in WebAssembly: ./dev bench exits builds it\n",
                   program.c_str());
    }
    return std::nullopt;
  }
  const ScratchFolder scratch;
  if (scratch.path().empty()) return fail(ErrorCode::kIoError, "no folder for temporary files can be made");
  const std::string sheet = scratch.path() + "/pictures.rgb";
  std::ofstream file(sheet, std::ios::binary);
  file.write(reinterpret_cast<const char*>(pictures.pixels.data()),
             static_cast<std::streamsize>(pictures.pixels.size()));
  if (!file.flush()) return fail(ErrorCode::kIoError, {sheet, " cannot be written"});
  const std::string printed = scratch.path() + "/times.json";
  const Ended ended = run_into({kNode, program.string(), fs::absolute(folder).string(), sheet,
                                std::to_string(pictures.width), std::to_string(pictures.height)},
                               printed);
  if (ended.error == ENOENT) {
    if (log != nullptr) std::fprintf(log, "Node.js is not there, so nothing is timed in WebAssembly\n");
    return std::nullopt;
  }
  if (ended.error != 0) return fail(ErrorCode::kExecutionFailed, {kNode, ": ", std::strerror(ended.error)});
  if (ended.status != 0) {
    return fail(ErrorCode::kExecutionFailed, {program.string(), " ended with status ", ended.status});
  }
  const auto text = bundle::read_file(printed);
  if (!text) return fail(text.error());
  const auto times = parse_times(*text);
  if (!times) return fail(times.error());
  return std::optional(*times);
}

Result<ExitTimes> parse_times(const std::string& text) {
  rapidjson::Document json;
  json.Parse(text);
  const auto refused = [&] { return fail(ErrorCode::kExecutionFailed, {"no times of exits: '", text, "'"}); };
  if (json.HasParseError() || !json.IsObject()) return refused();
  const auto whole = json.FindMember("whole_ms");
  const auto points = json.FindMember("points_ms");
  if (whole == json.MemberEnd() || !whole->value.IsNumber() || points == json.MemberEnd() || !points->value.IsArray())
    return refused();
  ExitTimes times;
  times.whole_ms = whole->value.GetDouble();
  for (const auto& one : points->value.GetArray()) {
    if (!one.IsNumber()) return refused();
    times.points_ms.push_back(one.GetDouble());
  }
  return times;
}

}  // namespace sluice::eval
