// Audio and signal windows to tensors: both are channels x steps of numbers, shifted and scaled. See preprocessor.hpp.
#include <cmath>
#include <cstring>
#include <string>

#include "core/base/text.hpp"
#include "core/input/refusal.hpp"

namespace sluice::input {
namespace {

// Element `index` of float32 or int16 values at any address; int16 to -1..1.
float value_at(SampleFormat format, Bytes bytes, std::size_t index) {
  if (format == SampleFormat::kF32) {
    float value;
    std::memcpy(&value, bytes.data() + index * sizeof(value), sizeof(value));
    return value;
  }
  std::int16_t value;
  std::memcpy(&value, bytes.data() + index * sizeof(value), sizeof(value));
  return static_cast<float>(value) / 32768.0F;
}

Failure refuse_value(float value, std::size_t step, std::size_t channel) {
  return fail(ErrorCode::kInvalidInput,
              {"the value at step ", step, " of channel ", channel, " is ", value, ", which is not a finite number"});
}

Result<void> check_tensor(MutableTensorView tensor, const Shape& shape) {
  if (tensor.type == DataType::kFloat32 && tensor.shape == shape) return {};
  return fail(ErrorCode::kShapeMismatch, {"a ", type_name(tensor.type), " tensor of ", to_string(tensor.shape),
                                          " for a float32 input of ", to_string(shape)});
}

Result<void> check_numbers(std::string_view field, std::span<const float> numbers) {
  for (const float number : numbers) {
    if (!std::isfinite(number))
      return fail(ErrorCode::kInvalidArgument, {field, " holds ", number, ", which is not finite"});
  }
  return {};
}

class AudioPreprocessor final : public Preprocessor {
 public:
  explicit AudioPreprocessor(const AudioSpec& spec) : spec_(spec) {}

  DataType tensor_type() const override { return DataType::kFloat32; }
  Shape tensor_shape() const override { return {1, spec_.channels, spec_.samples}; }

  Result<Placement> run(const InputView& input, MutableTensorView tensor) override {
    const auto* audio = std::get_if<AudioView>(&input);
    if (audio == nullptr) return refuse_modality(Modality::kAudio, input);
    const InputExtent expected{Modality::kAudio, {spec_.samples, spec_.channels, spec_.rate_hz}};
    if (extent_of(input) != expected) {
      return fail(ErrorCode::kInvalidInput,
                  {"an ", to_string(extent_of(input)), "; the bundle takes ", to_string(expected)});
    }
    if (auto fits = check_tensor(tensor, tensor_shape()); !fits) return fail(fits.error());
    float* out = tensor.as<float>().data();
    for (std::size_t channel = 0; channel < spec_.channels; ++channel) {
      for (std::size_t step = 0; step < spec_.samples; ++step) {
        const float value = value_at(audio->format, audio->bytes, step * spec_.channels + channel);
        if (!std::isfinite(value)) return refuse_value(value, step, channel);
        *out++ = (value - spec_.mean) * spec_.scale;
      }
    }
    return Placement{};
  }

 private:
  AudioSpec spec_;
};

class SignalPreprocessor final : public Preprocessor {
 public:
  explicit SignalPreprocessor(const SignalSpec& spec) : spec_(spec) {}

  DataType tensor_type() const override { return DataType::kFloat32; }
  Shape tensor_shape() const override { return {1, spec_.channels, spec_.steps}; }

  Result<Placement> run(const InputView& input, MutableTensorView tensor) override {
    const auto* signal = std::get_if<SignalView>(&input);
    if (signal == nullptr) return refuse_modality(Modality::kSignal, input);
    const InputExtent expected{Modality::kSignal, {spec_.steps, spec_.channels, 0}};
    if (extent_of(input) != expected) {
      return fail(ErrorCode::kInvalidInput,
                  {"a ", to_string(extent_of(input)), "; the bundle takes ", to_string(expected)});
    }
    if (auto fits = check_tensor(tensor, tensor_shape()); !fits) return fail(fits.error());
    float* out = tensor.as<float>().data();
    for (std::size_t channel = 0; channel < spec_.channels; ++channel) {
      const float mean = spec_.mean.empty() ? 0 : spec_.mean[channel];
      const float scale = spec_.scale.empty() ? 1 : spec_.scale[channel];
      for (std::size_t step = 0; step < spec_.steps; ++step) {
        const float value = value_at(SampleFormat::kF32, signal->values, channel * spec_.steps + step);
        if (!std::isfinite(value)) return refuse_value(value, step, channel);
        *out++ = (value - mean) * scale;
      }
    }
    return Placement{};
  }

 private:
  SignalSpec spec_;
};

}  // namespace

Result<std::unique_ptr<Preprocessor>> make_audio_preprocessor(const InputSpec& spec) {
  const auto& audio = std::get<AudioSpec>(spec);
  if (audio.samples == 0 || audio.samples > kMaxAudioSamples || audio.channels == 0 ||
      audio.channels > kMaxAudioChannels || audio.rate_hz == 0 || audio.rate_hz > kMaxAudioRateHz) {
    return fail(ErrorCode::kInvalidArgument, {"an audio input of ", audio.samples, " samples x ", audio.channels,
                                              " channels at ", audio.rate_hz, " Hz"});
  }
  if (auto finite = check_numbers("mean and scale", std::array{audio.mean, audio.scale}); !finite)
    return fail(finite.error());
  return std::make_unique<AudioPreprocessor>(audio);
}

Result<std::unique_ptr<Preprocessor>> make_signal_preprocessor(const InputSpec& spec) {
  const auto& signal = std::get<SignalSpec>(spec);
  if (signal.steps == 0 || signal.steps > kMaxSignalSteps || signal.channels == 0 ||
      signal.channels > kMaxSignalChannels) {
    return fail(ErrorCode::kInvalidArgument,
                {"a signal input of ", signal.steps, " steps x ", signal.channels, " channels"});
  }
  for (const auto* numbers : {&signal.mean, &signal.scale}) {
    if (!numbers->empty() && numbers->size() != signal.channels) {
      return fail(ErrorCode::kInvalidArgument, {"mean and scale of a signal have one number for each of its ",
                                                signal.channels, " channels, not ", numbers->size()});
    }
    if (auto finite = check_numbers("mean or scale", *numbers); !finite) return fail(finite.error());
  }
  return std::make_unique<SignalPreprocessor>(signal);
}

}  // namespace sluice::input
