// ONNX Runtime as the engine bench's peer: the shared library is loaded by path, so that the bench builds and runs without
// it. One model with one float32 input and output; one thread at a time. Failures are messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::bench {

class OnnxRuntimePeer {
 public:
  // kEngineUnavailable when the library cannot be loaded or is older than the headers; says both versions then.
  static Result<OnnxRuntimePeer> create(const std::string& library_path, const std::string& onnx, int threads);
  OnnxRuntimePeer(OnnxRuntimePeer&&) noexcept;
  OnnxRuntimePeer& operator=(OnnxRuntimePeer&&) noexcept;
  ~OnnxRuntimePeer();

  // Runs on `input` of the model's own shape; the result stays valid until the next run.
  Result<std::span<const float>> run(std::span<float> input);

 private:
  struct Impl;
  explicit OnnxRuntimePeer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::bench
