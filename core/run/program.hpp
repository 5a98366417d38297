// A bundle's full model as one composition: preprocess, run, decode. The same on the server, natively and in a page; where the
// engine runs elsewhere (ONNX Runtime Web in a page), prepare() and decode() are the two halves around it.
// Owns its parts. One thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/output/decoder.hpp"
#include "core/run/network.hpp"

namespace sluice::run {

class Program {
 public:
  // `stage` may be null where the engine runs elsewhere; run() then fails with kEngineUnavailable.
  // kShapeMismatch and kTypeMismatch when the stage does not take exactly one input as the spec makes it; those and kNotFound when
  // it says that its outputs are none that the decoder can read.
  static Result<Program> make(std::unique_ptr<Stage> stage, const input::InputSpec& input,
                              const output::OutputSpec& output, std::span<const input::PreprocessorRow> preprocessors);
  static Result<Program> load(Bytes onnx, const input::InputSpec& input, const output::OutputSpec& output,
                              const Loading& loading);

  // The model's input tensor for an input; valid until the next call.
  Result<TensorView> prepare(const input::InputView& input);
  // The result of the model's raw outputs, for the input that was prepared last.
  Result<std::vector<output::OutputTensor>> decode(std::span<const output::ModelOutput> outputs);

  Result<std::vector<output::OutputTensor>> run(const input::InputView& input);

  // The stage's outputs of the last run, undecoded and decoded.
  Result<void> run_stage(std::span<const TensorView> inputs);
  Result<std::vector<output::OutputTensor>> raw_outputs() const;
  Result<std::vector<output::OutputTensor>> decode_stage();

  // What decode() maps results to; for inputs that were prepared elsewhere (a tensor from the wire).
  const output::Source& source() const { return source_; }
  void set_source(const output::Source& source) { source_ = source; }

  const input::InputSpec& input_spec() const { return spec_; }
  DataType tensor_type() const { return preprocessor_->tensor_type(); }
  Shape tensor_shape() const { return preprocessor_->tensor_shape(); }
  Stage* stage() { return stage_.get(); }

 private:
  Program(std::unique_ptr<Stage> stage, std::unique_ptr<input::Preprocessor> preprocessor,
          std::unique_ptr<output::Decoder> decoder, const input::InputSpec& spec, Tensor input);

  std::unique_ptr<Stage> stage_;
  std::unique_ptr<input::Preprocessor> preprocessor_;
  std::unique_ptr<output::Decoder> decoder_;
  input::InputSpec spec_;
  Tensor input_;
  output::Source source_;
  std::vector<output::ModelOutput> outputs_;
};

}  // namespace sluice::run
