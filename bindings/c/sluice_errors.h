/* Generated from core/base/errors.json by cmake/generate/errors.mjs; edit the table, not this file. */
#ifndef SLUICE_ERRORS_H
#define SLUICE_ERRORS_H

#include <stdint.h>

/* 0 is success; every other status is one of these. */
typedef int32_t sluice_status;

enum {
  SLUICE_OK = 0,
  SLUICE_INVALID_ARGUMENT = 1, /* an argument is outside what the function accepts */
  SLUICE_SHAPE_MISMATCH = 2, /* a tensor has another shape than the model expects */
  SLUICE_TYPE_MISMATCH = 3, /* a tensor has another element type than the model expects */
  SLUICE_INVALID_IMAGE = 4, /* an image has impossible dimensions, an unknown format or too few bytes */
  SLUICE_DISPOSED = 5, /* the object was used after it was disposed */
  SLUICE_NOT_FOUND = 6, /* a named thing does not exist */
  SLUICE_MALFORMED_MEDIA = 7, /* a video or picture file is damaged, empty or of an unknown kind */
  SLUICE_INVALID_INPUT = 8, /* an input is of another kind than the bundle's, or has a wrong rate, length or number of channels, or a value that is no number */
  SLUICE_MALFORMED_MODEL = 20, /* the ONNX bytes are truncated, inconsistent or not ONNX */
  SLUICE_UNSUPPORTED_OPERATOR = 21, /* the model uses an operator, or a form of one, that the runner lacks */
  SLUICE_UNSUPPORTED_OPSET = 22, /* the model's opset or IR version is outside the supported range */
  SLUICE_UNSUPPORTED_TYPE = 23, /* the model uses an element type that the runner lacks */
  SLUICE_INVALID_GRAPH = 24, /* the graph has a cycle, an undefined value or inconsistent shapes */
  SLUICE_EXECUTION_FAILED = 25, /* an operator failed while running */
  SLUICE_MALFORMED_MANIFEST = 40, /* the manifest is not valid JSON or a field is missing, mistyped or out of range */
  SLUICE_BUNDLE_PART_MISSING = 41, /* a file that the manifest names is not there */
  SLUICE_BUNDLE_PART_CORRUPT = 42, /* a file's size or hash differs from the manifest */
  SLUICE_BUNDLE_VERSION_MISMATCH = 43, /* client and server hold different versions of the bundle */
  SLUICE_UNKNOWN_BUNDLE = 44, /* the server does not serve a bundle of this name */
  SLUICE_MALFORMED_MESSAGE = 60, /* a message cannot be decoded */
  SLUICE_PROTOCOL_VERSION_MISMATCH = 61, /* client and server share no protocol version */
  SLUICE_UNEXPECTED_MESSAGE = 62, /* a valid message arrived where the protocol does not allow it */
  SLUICE_DUPLICATE_REQUEST_ID = 63, /* a request used an id that is still in flight */
  SLUICE_UNSUPPORTED_ENCODING = 64, /* the payload's encoding is not one the server accepts */
  SLUICE_MALFORMED_PAYLOAD = 65, /* an image or tensor payload cannot be decoded */
  SLUICE_ABI_VERSION_MISMATCH = 66, /* the wasm module or library and its caller were built for different ABI versions */
  SLUICE_MESSAGE_TOO_LARGE = 80, /* a message exceeds the negotiated size */
  SLUICE_TOO_MANY_IN_FLIGHT = 81, /* the connection has as many requests in flight as the server allows */
  SLUICE_OVERLOADED = 82, /* the server's queue is full; the request was not accepted */
  SLUICE_OUT_OF_MEMORY = 83, /* an allocation would exceed the stated memory limit */
  SLUICE_MODEL_TOO_LARGE = 84, /* the model exceeds the limit on bytes, nodes or tensor elements */
  SLUICE_TOO_MANY_CONNECTIONS = 85, /* the server has as many connections as it allows */
  SLUICE_RATE_LIMITED = 86, /* a token's requests come faster than the server grants it */
  SLUICE_NOT_CONNECTED = 100, /* there is no connection to the server */
  SLUICE_CONNECTION_LOST = 101, /* the connection broke while the request was in flight */
  SLUICE_HANDSHAKE_REFUSED = 102, /* the server refused the connection or did not finish the handshake */
  SLUICE_FETCH_FAILED = 103, /* a file could not be fetched */
  SLUICE_UNAUTHENTICATED = 104, /* the server wants a token, and the one sent is missing, unknown or revoked */
  SLUICE_CANCELLED = 120, /* the caller cancelled the request */
  SLUICE_DEADLINE_EXPIRED = 121, /* the request's time budget ran out before an answer */
  SLUICE_SUPERSEDED = 122, /* a newer frame took the place of this one */
  SLUICE_SHUTTING_DOWN = 123, /* the server is draining */
  SLUICE_UNSUPPORTED_ENVIRONMENT = 140, /* the runtime lacks a feature that is needed */
  SLUICE_ENGINE_UNAVAILABLE = 141, /* the requested inference engine is not installed or cannot be loaded */
  SLUICE_IO_ERROR = 142, /* a file, device or socket could not be read or written */
  SLUICE_INVALID_CERTIFICATE = 143, /* a TLS certificate or its key cannot be used */
  SLUICE_INTERNAL = 160, /* an invariant of Sluice does not hold */
};

#endif
