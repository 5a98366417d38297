// Generated from core/base/errors.json by cmake/generate/errors.mjs; edit the table, not this file.

export type ErrorCategory = 'argument' | 'model' | 'bundle' | 'protocol' | 'limit' | 'transport' | 'lifecycle' | 'environment' | 'internal';

export interface ErrorInfo {
  readonly status: number;
  readonly category: ErrorCategory;
  readonly meaning: string;
  readonly hint: string;
}

export const errorTable = {
  invalid_argument: {
    status: 1,
    category: 'argument',
    meaning: 'an argument is outside what the function accepts',
    hint: 'correct the named argument',
  },
  shape_mismatch: {
    status: 2,
    category: 'argument',
    meaning: 'a tensor has another shape than the model expects',
    hint: 'pass the shape that the message names',
  },
  type_mismatch: {
    status: 3,
    category: 'argument',
    meaning: 'a tensor has another element type than the model expects',
    hint: 'pass the element type that the message names',
  },
  invalid_image: {
    status: 4,
    category: 'argument',
    meaning: 'an image has impossible dimensions, an unknown format or too few bytes',
    hint: 'check width, height, stride and pixel format',
  },
  disposed: {
    status: 5,
    category: 'argument',
    meaning: 'the object was used after it was disposed',
    hint: 'open a new one; an object cannot be revived',
  },
  not_found: {
    status: 6,
    category: 'argument',
    meaning: 'a named thing does not exist',
    hint: 'check the name',
  },
  malformed_media: {
    status: 7,
    category: 'argument',
    meaning: 'a video or picture file is damaged, empty or of an unknown kind',
    hint: 'check that a player opens it',
  },
  invalid_input: {
    status: 8,
    category: 'argument',
    meaning: 'an input is of another kind than the bundle\'s, or has a wrong rate, length or number of channels, or a value that is no number',
    hint: 'pass what the bundle\'s manifest describes; the message names both',
  },
  malformed_model: {
    status: 20,
    category: 'model',
    meaning: 'the ONNX bytes are truncated, inconsistent or not ONNX',
    hint: 'export the model again or check the download',
  },
  unsupported_operator: {
    status: 21,
    category: 'model',
    meaning: 'the model uses an operator, or a form of one, that the runner lacks',
    hint: 'replace the named node by the nearest supported operator, or run the model on the server',
  },
  unsupported_opset: {
    status: 22,
    category: 'model',
    meaning: 'the model\'s opset or IR version is outside the supported range',
    hint: 'convert the model to a supported opset',
  },
  unsupported_type: {
    status: 23,
    category: 'model',
    meaning: 'the model uses an element type that the runner lacks',
    hint: 'export the model in float32 or QDQ int8',
  },
  invalid_graph: {
    status: 24,
    category: 'model',
    meaning: 'the graph has a cycle, an undefined value or inconsistent shapes',
    hint: 'check the named node',
  },
  execution_failed: {
    status: 25,
    category: 'model',
    meaning: 'an operator failed while running',
    hint: 'check the named node and the input values',
  },
  malformed_manifest: {
    status: 40,
    category: 'bundle',
    meaning: 'the manifest is not valid JSON or a field is missing, mistyped or out of range',
    hint: 'correct the named field',
  },
  bundle_part_missing: {
    status: 41,
    category: 'bundle',
    meaning: 'a file that the manifest names is not there',
    hint: 'fetch the bundle again; in the source tree ./dev build puts it together in build/bundles',
  },
  bundle_part_corrupt: {
    status: 42,
    category: 'bundle',
    meaning: 'a file\'s size or hash differs from the manifest',
    hint: 'fetch the bundle again',
  },
  bundle_version_mismatch: {
    status: 43,
    category: 'bundle',
    meaning: 'client and server hold different versions of the bundle',
    hint: 'give both sides the same version of the bundle; the message names both',
  },
  unknown_bundle: {
    status: 44,
    category: 'bundle',
    meaning: 'the server does not serve a bundle of this name',
    hint: 'use one of the names in the message or add the bundle to the server',
  },
  malformed_message: {
    status: 60,
    category: 'protocol',
    meaning: 'a message cannot be decoded',
    hint: 'both ends must speak the same protocol; check for a proxy that alters messages',
  },
  protocol_version_mismatch: {
    status: 61,
    category: 'protocol',
    meaning: 'client and server share no protocol version',
    hint: 'update the older side; the message names both versions',
  },
  unexpected_message: {
    status: 62,
    category: 'protocol',
    meaning: 'a valid message arrived where the protocol does not allow it',
    hint: 'report it with the decision log; one side has a defect',
  },
  duplicate_request_id: {
    status: 63,
    category: 'protocol',
    meaning: 'a request used an id that is still in flight',
    hint: 'use increasing ids',
  },
  unsupported_encoding: {
    status: 64,
    category: 'protocol',
    meaning: 'the payload\'s encoding is not one the server accepts',
    hint: 'use an encoding that the handshake lists',
  },
  malformed_payload: {
    status: 65,
    category: 'protocol',
    meaning: 'an image or tensor payload cannot be decoded',
    hint: 'check the encoder; the request alone failed',
  },
  abi_version_mismatch: {
    status: 66,
    category: 'protocol',
    meaning: 'the wasm module or library and its caller were built for different ABI versions',
    hint: 'install matching versions; the message names both',
  },
  message_too_large: {
    status: 80,
    category: 'limit',
    meaning: 'a message exceeds the negotiated size',
    hint: 'send smaller frames or raise the server\'s max_message_bytes',
  },
  too_many_in_flight: {
    status: 81,
    category: 'limit',
    meaning: 'the connection has as many requests in flight as the server allows',
    hint: 'wait for answers or raise max_in_flight_per_connection',
  },
  overloaded: {
    status: 82,
    category: 'limit',
    meaning: 'the server\'s queue is full; the request was not accepted',
    hint: 'retry after the stated time',
  },
  out_of_memory: {
    status: 83,
    category: 'limit',
    meaning: 'an allocation would exceed the stated memory limit',
    hint: 'use a smaller input or raise the named limit',
  },
  model_too_large: {
    status: 84,
    category: 'limit',
    meaning: 'the model exceeds the limit on bytes, nodes or tensor elements',
    hint: 'raise the named limit if the model is trusted',
  },
  too_many_connections: {
    status: 85,
    category: 'limit',
    meaning: 'the server has as many connections as it allows',
    hint: 'retry later or raise max_connections',
  },
  rate_limited: {
    status: 86,
    category: 'limit',
    meaning: 'a token\'s requests come faster than the server grants it',
    hint: 'retry after the stated time, or have the rate raised in the server\'s token file',
  },
  not_connected: {
    status: 100,
    category: 'transport',
    meaning: 'there is no connection to the server',
    hint: 'check the URL, that the server runs, and for a page that it allows its origin; the client reconnects by itself',
  },
  connection_lost: {
    status: 101,
    category: 'transport',
    meaning: 'the connection broke while the request was in flight',
    hint: 'submit the frame again if it still matters',
  },
  handshake_refused: {
    status: 102,
    category: 'transport',
    meaning: 'the server refused the connection or did not finish the handshake',
    hint: 'check origin, path and subprotocol',
  },
  fetch_failed: {
    status: 103,
    category: 'transport',
    meaning: 'a file could not be fetched',
    hint: 'check what the message says: the URL, whether its host answers and with what, its certificate (--ca, NODE_EXTRA_CA_CERTS), for another origin its permission',
  },
  unauthenticated: {
    status: 104,
    category: 'transport',
    meaning: 'the server wants a token, and the one sent is missing, unknown or revoked',
    hint: 'send a token that the server\'s token file lists (sluice run: --token-file; open(): token)',
  },
  cancelled: {
    status: 120,
    category: 'lifecycle',
    meaning: 'the caller cancelled the request',
    hint: 'nothing to do',
  },
  deadline_expired: {
    status: 121,
    category: 'lifecycle',
    meaning: 'the request\'s time budget ran out before an answer',
    hint: 'allow more time or a faster model',
  },
  superseded: {
    status: 122,
    category: 'lifecycle',
    meaning: 'a newer frame took the place of this one',
    hint: 'nothing to do for live video; to have every frame answered, give open() the policy \'keep-all\' (sluice run: --policy keep-all)',
  },
  shutting_down: {
    status: 123,
    category: 'lifecycle',
    meaning: 'the server is draining',
    hint: 'reconnect after the stated time',
  },
  unsupported_environment: {
    status: 140,
    category: 'environment',
    meaning: 'the runtime lacks a feature that is needed',
    hint: 'see the message for the feature and the fallback',
  },
  engine_unavailable: {
    status: 141,
    category: 'environment',
    meaning: 'the requested inference engine is not installed or cannot be loaded',
    hint: 'install it or choose another engine; the message names the path tried',
  },
  io_error: {
    status: 142,
    category: 'environment',
    meaning: 'a file, device or socket could not be read or written',
    hint: 'check the path and the permission in the message',
  },
  invalid_certificate: {
    status: 143,
    category: 'environment',
    meaning: 'a TLS certificate or its key cannot be used',
    hint: 'name a PEM certificate chain and the unencrypted key that belongs to it; the message names the file',
  },
  internal: {
    status: 160,
    category: 'internal',
    meaning: 'an invariant of Sluice does not hold',
    hint: 'report it with the message',
  },
} as const satisfies Record<string, ErrorInfo>;

export type ErrorCode = keyof typeof errorTable;
