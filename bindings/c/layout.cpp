// The layouts that callers in other languages rely on, and the numbers that the C interface shares with the core, checked by
// every compiler of the library.
#include <cstddef>

#include "bindings/c/sluice.h"
#include "core/base/error_code.hpp"
#include "core/input/input.hpp"
#include "core/pipeline/answer.hpp"
#include "core/pipeline/client.hpp"
#include "core/pipeline/placement_record.hpp"
#include "core/tensor/shape.hpp"
#include "core/wire/messages.hpp"

#include "bindings/c/layout_asserts.inc"

namespace sluice {
static_assert(SLUICE_MAX_RANK == Shape::kMaxRank);
static_assert(SLUICE_NV12 == static_cast<int>(input::PixelFormat::kNv12));
static_assert(SLUICE_BT709_FULL == static_cast<int>(input::YuvColours::kBt709Full));
static_assert(SLUICE_KEEP_ALL == static_cast<int>(pipeline::QueuePolicy::kKeepAll));
static_assert(SLUICE_LOCAL == static_cast<int>(pipeline::ModelPlace::kLocal));
static_assert(SLUICE_STOPPED == static_cast<int>(pipeline::ConnectionState::kStopped));
static_assert(SLUICE_ANSWERED_LOCAL == static_cast<int>(pipeline::AnswerKind::kLocal));
static_assert(SLUICE_FORM_HERE == static_cast<int>(pipeline::Form::kHere));
static_assert(SLUICE_FORM_HERE + 1 == pipeline::kForms);
static_assert(SLUICE_CHOICE_FILE == static_cast<int>(adapt::AnswerKind::kSendFile));
static_assert(SLUICE_CHOICE_FILE + 1 == adapt::kAnswerKinds);
static_assert(SLUICE_DUPLICATE_WON == static_cast<int>(pipeline::Duplicate::kWon));
static_assert(SLUICE_ENCODING_WEBP == static_cast<int>(wire::Encoding::kWebp));
static_assert(SLUICE_ENCODING_UTF8 == static_cast<int>(wire::Encoding::kUtf8));
static_assert(SLUICE_MAX_ENCODINGS == pipeline::EncodingList::kMost);
static_assert(SLUICE_S16 == static_cast<int>(input::SampleFormat::kS16));
static_assert(SLUICE_TENSOR == static_cast<int>(input::Modality::kTensor));
static_assert(SLUICE_TENSOR + 1 == static_cast<int>(input::kModalities));
static_assert(SLUICE_INTERNAL == static_cast<int>(ErrorCode::kInternal));
}  // namespace sluice
