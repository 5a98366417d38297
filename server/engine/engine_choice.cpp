#include "server/engine/engine_choice.hpp"

#include "server/engine/onnxruntime_engine.hpp"
#include "server/engine/onnxruntime_library.hpp"
#include "server/engine/xnnpack_engine.hpp"

namespace sluice::server {

Result<std::unique_ptr<Engine>> choose_engine(const std::string& name, const std::string& library,
                                              int intra_op_threads) {
  if (name == "xnnpack") return make_xnnpack_engine();
  if (name == "onnxruntime") {
    const auto paths = library.empty() ? default_onnxruntime_paths() : std::vector<std::string>{library};
    return make_onnxruntime_engine(paths, {.intra_op_threads = intra_op_threads});
  }
  return fail(ErrorCode::kInvalidArgument, "--engine '" + name + "' is not known; use onnxruntime or xnnpack");
}

}  // namespace sluice::server
