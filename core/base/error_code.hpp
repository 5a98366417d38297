// Generated from core/base/errors.json by cmake/generate/errors.mjs; edit the table, not this file.
#pragma once

#include <cstdint>

namespace sluice {

enum class ErrorCode : std::uint16_t {
  kInvalidArgument = 1,  // an argument is outside what the function accepts
  kShapeMismatch = 2,  // a tensor has another shape than the model expects
  kTypeMismatch = 3,  // a tensor has another element type than the model expects
  kInvalidImage = 4,  // an image has impossible dimensions, an unknown format or too few bytes
  kDisposed = 5,  // the object was used after it was disposed
  kNotFound = 6,  // a named thing does not exist
  kMalformedMedia = 7,  // a video or picture file is damaged, empty or of an unknown kind
  kInvalidInput = 8,  // an input is of another kind than the bundle's, or has a wrong rate, length or number of channels, or a value that is no number
  kMalformedModel = 20,  // the ONNX bytes are truncated, inconsistent or not ONNX
  kUnsupportedOperator = 21,  // the model uses an operator, or a form of one, that the runner lacks
  kUnsupportedOpset = 22,  // the model's opset or IR version is outside the supported range
  kUnsupportedType = 23,  // the model uses an element type that the runner lacks
  kInvalidGraph = 24,  // the graph has a cycle, an undefined value or inconsistent shapes
  kExecutionFailed = 25,  // an operator failed while running
  kMalformedManifest = 40,  // the manifest is not valid JSON or a field is missing, mistyped or out of range
  kBundlePartMissing = 41,  // a file that the manifest names is not there
  kBundlePartCorrupt = 42,  // a file's size or hash differs from the manifest
  kBundleVersionMismatch = 43,  // client and server hold different versions of the bundle
  kUnknownBundle = 44,  // the server does not serve a bundle of this name
  kMalformedMessage = 60,  // a message cannot be decoded
  kProtocolVersionMismatch = 61,  // client and server share no protocol version
  kUnexpectedMessage = 62,  // a valid message arrived where the protocol does not allow it
  kDuplicateRequestId = 63,  // a request used an id that is still in flight
  kUnsupportedEncoding = 64,  // the payload's encoding is not one the server accepts
  kMalformedPayload = 65,  // an image or tensor payload cannot be decoded
  kAbiVersionMismatch = 66,  // the wasm module or library and its caller were built for different ABI versions
  kMessageTooLarge = 80,  // a message exceeds the negotiated size
  kTooManyInFlight = 81,  // the connection has as many requests in flight as the server allows
  kOverloaded = 82,  // the server's queue is full; the request was not accepted
  kOutOfMemory = 83,  // an allocation would exceed the stated memory limit
  kModelTooLarge = 84,  // the model exceeds the limit on bytes, nodes or tensor elements
  kTooManyConnections = 85,  // the server has as many connections as it allows
  kRateLimited = 86,  // a token's requests come faster than the server grants it
  kNotConnected = 100,  // there is no connection to the server
  kConnectionLost = 101,  // the connection broke while the request was in flight
  kHandshakeRefused = 102,  // the server refused the connection or did not finish the handshake
  kFetchFailed = 103,  // a file could not be fetched
  kUnauthenticated = 104,  // the server wants a token, and the one sent is missing, unknown or revoked
  kCancelled = 120,  // the caller cancelled the request
  kDeadlineExpired = 121,  // the request's time budget ran out before an answer
  kSuperseded = 122,  // a newer frame took the place of this one
  kShuttingDown = 123,  // the server is draining
  kUnsupportedEnvironment = 140,  // the runtime lacks a feature that is needed
  kEngineUnavailable = 141,  // the requested inference engine is not installed or cannot be loaded
  kIoError = 142,  // a file, device or socket could not be read or written
  kInvalidCertificate = 143,  // a TLS certificate or its key cannot be used
  kInternal = 160,  // an invariant of Sluice does not hold
};

enum class ErrorCategory : std::uint8_t {
  kArgument,  // the caller passed something unusable
  kModel,  // an ONNX model cannot be used
  kBundle,  // a bundle cannot be used
  kProtocol,  // the two ends do not understand each other
  kLimit,  // a stated limit was reached
  kTransport,  // the connection is not there
  kLifecycle,  // the work was given up on purpose
  kEnvironment,  // the machine, the page or the build lacks something
  kInternal,  // a defect of Sluice
};

}  // namespace sluice
