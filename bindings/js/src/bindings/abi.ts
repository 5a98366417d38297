// Generated from bindings/c/sluice.h by bindings/c/generate/abi.mjs; edit the header, not this file.
// Constants, record layouts (byte offsets) and functions of the C interface as WebAssembly shows them.

export const abi = {
  ABI_MAJOR: 1,
  ABI_MINOR: 1,
  MAX_RANK: 8,
  MAX_ENCODINGS: 8,
  ERROR_TEXT_BYTES: 500,
  RGBA8: 0,
  RGB8: 1,
  BGR8: 2,
  BGRA8: 3,
  GRAY8: 4,
  I420: 5,
  NV12: 6,
  BT601_LIMITED: 0,
  BT601_FULL: 1,
  BT709_LIMITED: 2,
  BT709_FULL: 3,
  NEWEST_WINS: 0,
  KEEP_ALL: 1,
  REMOTE: 0,
  REMOTE_ELSE_LOCAL: 1,
  LOCAL: 2,
  IDLE: 0,
  CONNECTING: 1,
  HANDSHAKING: 2,
  READY: 3,
  BACKING_OFF: 4,
  STOPPED: 5,
  ENCODING_TENSOR: 1,
  ENCODING_RGB8: 2,
  ENCODING_JPEG: 3,
  ENCODING_PNG: 4,
  ENCODING_WEBP: 5,
  SKIPPED: 0,
  REUSED: 1,
  EXITED: 2,
  SPLIT: 3,
  ANSWERED_REMOTE: 4,
  ANSWERED_LOCAL: 5,
  NO_EVENT: 0,
  ANSWERED: 1,
  FRAME_FAILED: 2,
  PAYLOAD_WANTED: 3,
  LOCAL_RUN_WANTED: 4,
  CONNECT_WANTED: 5,
  CLOSE_WANTED: 6,
  STATE_CHANGED: 7,
} as const;

export const records = {
  error: {
    size: 512,
    structSize: 0,
    status: 4,
    textLength: 8,
    text: 12,
  },
  bytes: {
    size: 16,
    data: 0,
    length: 8,
  },
  tensor: {
    size: 104,
    type: 0,
    rank: 4,
    dims: 8,
    bytes: 72,
    name: 88,
  },
  image: {
    size: 48,
    structSize: 0,
    format: 4,
    width: 8,
    height: 12,
    pixels: 16,
    strideBytes: 32,
    yuv: 40,
    reserved: 44,
  },
  memoryUse: {
    size: 24,
    structSize: 0,
    reserved: 4,
    heapBytes: 8,
    usedBytes: 16,
  },
  verdict: {
    size: 16,
    structSize: 0,
    skip: 4,
    score: 8,
    threshold: 12,
  },
  clientOptions: {
    size: 80,
    structSize: 0,
    queue: 4,
    place: 8,
    maxInFlight: 12,
    maxWaiting: 16,
    budgetMs: 20,
    handshakeTimeoutMs: 24,
    pingIntervalMs: 28,
    pongTimeoutMs: 32,
    backoffFirstMs: 36,
    backoffMaxMs: 40,
    reserved: 44,
    maxMessageBytes: 48,
    jitterSeed: 56,
    clientName: 64,
  },
  cost: {
    size: 80,
    gateUs: 0,
    encodeUs: 8,
    waitUs: 16,
    roundTripUs: 24,
    serverQueueUs: 32,
    serverDecodeUs: 40,
    serverComputeUs: 48,
    localComputeUs: 56,
    bytesUp: 64,
    bytesDown: 72,
  },
  event: {
    size: 184,
    structSize: 0,
    kind: 4,
    frame: 8,
    answerKind: 16,
    score: 20,
    threshold: 24,
    outputCount: 28,
    status: 32,
    state: 36,
    retryInMs: 40,
    closeCode: 44,
    text: 48,
    cost: 64,
    encodingCount: 144,
    encodings: 148,
    reserved: 180,
  },
  clientState: {
    size: 16,
    structSize: 0,
    connection: 4,
    inFlight: 8,
    waiting: 12,
  },
  modelOptions: {
    size: 40,
    structSize: 0,
    threads: 4,
    maxModelBytes: 8,
    maxTensorBytes: 16,
    maxTotalBytes: 24,
    maxNodes: 32,
    maxValues: 36,
  },
  modelInfo: {
    size: 56,
    structSize: 0,
    inputCount: 4,
    outputCount: 8,
    threads: 12,
    nodesRead: 16,
    nodesRun: 24,
    weightBytes: 32,
    activationBytes: 40,
    multiplyAdds: 48,
  },
} as const;

/** In every module. */
export interface GateExports {
  sluice_abi_version(): number;
  sluice_allocate(bytes: number): number;
  sluice_free(bytes: number): void;
  sluice_memory(out: number, error: number): number;
  sluice_manifest_check(json: number, jsonLength: number, error: number): number;
  sluice_gate_create(manifest: number, manifestLength: number, filter: number, filterLength: number, out: number, error: number): number;
  sluice_gate_destroy(gate: number): void;
  sluice_gate_judge(gate: number, image: number, out: number, error: number): number;
  sluice_gate_set_accuracy_target(gate: number, target: number, outKept: number, error: number): number;
}

/** In the modules that hold the conversation with a server. */
export interface ClientExports extends GateExports {
  sluice_client_create(manifest: number, manifestLength: number, filter: number, filterLength: number, options: number, out: number, error: number): number;
  sluice_client_destroy(client: number): void;
  sluice_client_start(client: number, nowUs: bigint, error: number): number;
  sluice_client_stop(client: number, nowUs: bigint, error: number): number;
  sluice_client_offer(client: number, image: number, nowUs: bigint, outFrame: number, error: number): number;
  sluice_client_cancel(client: number, frame: bigint, nowUs: bigint, error: number): number;
  sluice_client_submit_payload(client: number, frame: bigint, encoding: number, payload: number, payloadLength: number, encodeUs: bigint, nowUs: bigint, error: number): number;
  sluice_client_fail_payload(client: number, frame: bigint, status: number, text: number, textLength: number, nowUs: bigint, error: number): number;
  sluice_client_submit_local(client: number, frame: bigint, outputs: number, outputCount: number, computeUs: bigint, nowUs: bigint, error: number): number;
  sluice_client_fail_local(client: number, frame: bigint, status: number, text: number, textLength: number, nowUs: bigint, error: number): number;
  sluice_client_connected(client: number, nowUs: bigint, error: number): number;
  sluice_client_receive(client: number, message: number, messageLength: number, nowUs: bigint, error: number): number;
  sluice_client_disconnected(client: number, status: number, text: number, textLength: number, nowUs: bigint, error: number): number;
  sluice_client_next_event(client: number, out: number, error: number): number;
  sluice_client_event_output(client: number, index: number, out: number, error: number): number;
  sluice_client_next_message(client: number, out: number, error: number): number;
  sluice_client_next_deadline(client: number, outUs: number, error: number): number;
  sluice_client_tick(client: number, nowUs: bigint, error: number): number;
  sluice_client_set_accuracy_target(client: number, target: number, outKept: number, error: number): number;
  sluice_client_get_state(client: number, out: number, error: number): number;
}

/** In the modules that run any model. */
export interface FullExports extends ClientExports {
  sluice_model_load(onnx: number, onnxLength: number, options: number, out: number, error: number): number;
  sluice_model_destroy(model: number): void;
  sluice_model_inspect(model: number, out: number, error: number): number;
  sluice_model_describe_input(model: number, index: number, out: number, error: number): number;
  sluice_model_describe_output(model: number, index: number, out: number, error: number): number;
  sluice_model_run(model: number, inputs: number, inputCount: number, error: number): number;
  sluice_model_output(model: number, index: number, out: number, error: number): number;
  sluice_model_io_create(manifest: number, manifestLength: number, out: number, error: number): number;
  sluice_model_io_destroy(io: number): void;
  sluice_model_io_prepare(io: number, image: number, out: number, error: number): number;
  sluice_model_io_decode(io: number, outputs: number, outputCount: number, outCount: number, error: number): number;
  sluice_model_io_result(io: number, index: number, out: number, error: number): number;
}
