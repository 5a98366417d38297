// Generated from bindings/c/sluice.h by bindings/c/generate/abi.mjs; edit the header, not this file.
// Constants, record layouts (byte offsets) and functions of the C interface as WebAssembly shows them.

export const abi = {
  ABI_MAJOR: 3,
  ABI_MINOR: 4,
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
  F32: 0,
  S16: 1,
  IMAGE: 0,
  CLIP: 1,
  AUDIO: 2,
  SIGNAL: 3,
  TEXT: 4,
  TENSOR: 5,
  USED_BY_QUESTIONS: 1,
  USED_BY_MODEL: 2,
  USED_BY_DEVICE_HALF: 4,
  USED_BY_EXITS: 8,
  USED_BY_CUT: 16,
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
  ENCODING_F32: 16,
  ENCODING_S16: 17,
  ENCODING_UTF8: 18,
  SKIPPED: 0,
  REUSED: 1,
  EXITED: 2,
  SPLIT: 3,
  ANSWERED_REMOTE: 4,
  ANSWERED_LOCAL: 5,
  NO_EVENT: 0,
  ANSWERED: 1,
  INPUT_FAILED: 2,
  RUN_WANTED: 3,
  CONNECT_WANTED: 4,
  CLOSE_WANTED: 5,
  STATE_CHANGED: 6,
  AUDIT_ENDED: 7,
  PROMISE_CHANGED: 8,
  AUDIT_RIGHT: 0,
  AUDIT_WRONG: 1,
  AUDIT_FAILED: 2,
  ENCODE: 0,
  RUN_STAGE: 1,
  FORM_WHOLE: 0,
  FORM_FILE: 1,
  FORM_SHRUNK: 2,
  FORM_FEATURES: 3,
  FORM_STAGES: 4,
  FORM_HERE: 5,
  DUPLICATE_NONE: 0,
  DUPLICATE_SKIPPED: 1,
  DUPLICATE_BEGUN: 2,
  DUPLICATE_WON: 3,
  CHOICE_SKIP: 0,
  CHOICE_REUSE: 1,
  CHOICE_EXIT: 2,
  CHOICE_SPLIT: 3,
  CHOICE_SMALL: 4,
  CHOICE_WHOLE: 5,
  CHOICE_HERE: 6,
  CHOICE_FILE: 7,
  PROMISE_LEARNING: 0,
  PROMISE_KEPT: 1,
  PROMISE_TIGHT: 2,
  PROMISE_BROKEN: 3,
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
  input: {
    size: 136,
    structSize: 0,
    modality: 4,
    format: 8,
    width: 12,
    height: 16,
    frames: 20,
    samples: 24,
    steps: 28,
    channels: 32,
    rateHz: 36,
    rank: 40,
    yuv: 44,
    bytes: 48,
    strideBytes: 64,
    dims: 72,
  },
  memoryUse: {
    size: 24,
    structSize: 0,
    reserved: 4,
    heapBytes: 8,
    usedBytes: 16,
  },
  bundleInfo: {
    size: 152,
    structSize: 0,
    partCount: 4,
    questionCount: 8,
    defaultTarget: 12,
    modality: 16,
    sizes: 20,
    tensorType: 32,
    tensorRank: 36,
    tensorDims: 40,
    name: 104,
    version: 120,
    description: 136,
  },
  bundlePart: {
    size: 64,
    structSize: 0,
    uses: 4,
    name: 8,
    file: 24,
    sha256: 40,
    bytes: 56,
  },
  question: {
    size: 32,
    structSize: 0,
    pointCount: 4,
    errorShare: 8,
    reserved: 12,
    kind: 16,
  },
  operatingPoint: {
    size: 24,
    structSize: 0,
    target: 4,
    confidence: 8,
    threshold: 12,
    filterRate: 16,
    reserved: 20,
  },
  part: {
    size: 32,
    name: 0,
    bytes: 16,
  },
  verdict: {
    size: 16,
    structSize: 0,
    skip: 4,
    score: 8,
    threshold: 12,
  },
  clientOptions: {
    size: 184,
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
    privateAnswers: 44,
    maxMessageBytes: 48,
    maxUnsentBytes: 56,
    jitterSeed: 64,
    clientName: 72,
    stages: 88,
    staleAnswerMs: 92,
    exitsMeanCost: 96,
    cut: 100,
    leastAgreement: 104,
    placeForms: 108,
    duplicate: 112,
    reserved: 116,
    standIn: 120,
    choose: 136,
    keptInTime: 140,
    weighDeviceMs: 144,
    weighKilobyte: 152,
    weighServerMs: 160,
    livePromise: 168,
    reserved2: 172,
    auditSeed: 176,
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
    size: 280,
    structSize: 0,
    kind: 4,
    input: 8,
    attempt: 16,
    answerKind: 24,
    score: 28,
    threshold: 32,
    outputCount: 36,
    status: 40,
    state: 44,
    retryInMs: 48,
    closeCode: 52,
    text: 56,
    cost: 72,
    work: 152,
    encodingCount: 156,
    encodings: 160,
    jpegQuality: 192,
    scale: 196,
    part: 200,
    stage: 216,
    withExit: 220,
    multiplyAdds: 224,
    coded: 232,
    stopgap: 236,
    own: 240,
    placed: 244,
    agreement: 248,
    audited: 252,
    variant: 256,
    auditResult: 272,
    reserved: 276,
  },
  placement: {
    size: 48,
    structSize: 0,
    consideredCount: 4,
    taken: 8,
    duplicate: 12,
    actualUs: 16,
    actualBytes: 24,
    asked: 32,
    guarded: 36,
    pricePerError: 40,
    actualCost: 44,
  },
  considered: {
    size: 64,
    structSize: 0,
    choice: 4,
    form: 8,
    setting: 12,
    inTime: 16,
    allowed: 20,
    fullModel: 24,
    reserved: 28,
    predictedUs: 32,
    predictedP95Us: 40,
    bytes: 48,
    cost: 56,
    error: 60,
  },
  promise: {
    size: 192,
    structSize: 0,
    state: 4,
    since: 8,
    inputs: 16,
    answered: 24,
    audits: 32,
    pending: 40,
    found: 48,
    provenLeast: 56,
    provenMost: 64,
    alarms: 72,
    lastAlarm: 80,
    target: 88,
    confidence: 96,
    allowedErrors: 104,
    errors: 112,
    deviation: 120,
    recentInputs: 128,
    recentErrors: 136,
    recentDeviation: 144,
    alarmNearness: 152,
    auditBytesUp: 160,
    auditBytesDown: 168,
    auditComputeUs: 176,
    placeCount: 184,
    reserved: 188,
  },
  promisePlace: {
    size: 24,
    structSize: 0,
    threshold: 4,
    name: 8,
  },
  clientState: {
    size: 24,
    structSize: 0,
    connection: 4,
    inFlight: 8,
    waiting: 12,
    unsentBytes: 16,
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
  stagedInfo: {
    size: 24,
    structSize: 0,
    exitCount: 4,
    threads: 8,
    exitsInAll: 12,
    multiplyAdds: 16,
  },
  exitInfo: {
    size: 40,
    structSize: 0,
    reserved: 4,
    stageMultiplyAdds: 8,
    exitMultiplyAdds: 16,
    tensor: 24,
  },
} as const;

/** In every module. */
export interface GateExports {
  sluice_abi_version(): number;
  sluice_allocate(bytes: number): number;
  sluice_free(bytes: number): void;
  sluice_memory(out: number, error: number): number;
  sluice_bundle_open(json: number, jsonLength: number, out: number, error: number): number;
  sluice_bundle_destroy(bundle: number): void;
  sluice_bundle_describe(bundle: number, out: number, error: number): number;
  sluice_bundle_get_part(bundle: number, index: number, out: number, error: number): number;
  sluice_bundle_get_question(bundle: number, index: number, out: number, error: number): number;
  sluice_bundle_get_operating_point(bundle: number, question: number, index: number, out: number, error: number): number;
  sluice_filter_create(bundle: number, parts: number, partCount: number, out: number, error: number): number;
  sluice_filter_destroy(filter: number): void;
  sluice_filter_judge(filter: number, input: number, out: number, error: number): number;
  sluice_filter_set_accuracy_target(filter: number, target: number, outKept: number, error: number): number;
}

/** In the modules that hold the conversation with a server. */
export interface ClientExports extends GateExports {
  sluice_client_create(bundle: number, parts: number, partCount: number, options: number, out: number, error: number): number;
  sluice_client_destroy(client: number): void;
  sluice_client_start(client: number, nowUs: bigint, error: number): number;
  sluice_client_stop(client: number, nowUs: bigint, error: number): number;
  sluice_client_offer(client: number, input: number, nowUs: bigint, outInput: number, error: number): number;
  sluice_client_cancel(client: number, input: bigint, nowUs: bigint, error: number): number;
  sluice_client_submit_payload(client: number, attempt: bigint, encoding: number, payload: number, payloadLength: number, traceparent: number, traceparentLength: number, encodeUs: bigint, nowUs: bigint, error: number): number;
  sluice_client_submit_outputs(client: number, attempt: bigint, outputs: number, outputCount: number, traceparent: number, traceparentLength: number, computeUs: bigint, nowUs: bigint, error: number): number;
  sluice_client_fail(client: number, attempt: bigint, status: number, text: number, textLength: number, nowUs: bigint, error: number): number;
  sluice_client_connected(client: number, nowUs: bigint, error: number): number;
  sluice_client_receive(client: number, message: number, messageLength: number, nowUs: bigint, error: number): number;
  sluice_client_disconnected(client: number, status: number, text: number, textLength: number, nowUs: bigint, error: number): number;
  sluice_client_next_event(client: number, out: number, error: number): number;
  sluice_client_event_output(client: number, index: number, out: number, error: number): number;
  sluice_client_next_message(client: number, out: number, error: number): number;
  sluice_client_sent(client: number, bytes: bigint, nowUs: bigint, error: number): number;
  sluice_client_next_deadline(client: number, outUs: number, error: number): number;
  sluice_client_tick(client: number, nowUs: bigint, error: number): number;
  sluice_client_set_accuracy_target(client: number, target: number, outKept: number, error: number): number;
  sluice_client_get_state(client: number, out: number, error: number): number;
  sluice_client_record(client: number, on: number, error: number): number;
  sluice_client_next_log_line(client: number, out: number, error: number): number;
}

/** In the modules that run any model. */
export interface FullExports extends ClientExports {
  sluice_client_offer_jpeg(client: number, input: number, jpeg: number, jpegLength: number, nowUs: bigint, outInput: number, error: number): number;
  sluice_client_submit_stage(client: number, attempt: bigint, outputs: number, outputCount: number, multiplyAdds: bigint, computeUs: bigint, nowUs: bigint, error: number): number;
  sluice_client_submit_coded(client: number, attempt: bigint, coded: number, codedLength: number, traceparent: number, traceparentLength: number, computeUs: bigint, nowUs: bigint, error: number): number;
  sluice_client_event_placement(client: number, out: number, error: number): number;
  sluice_client_event_considered(client: number, index: number, out: number, error: number): number;
  sluice_client_promise(client: number, out: number, error: number): number;
  sluice_client_promise_place(client: number, index: number, out: number, error: number): number;
  sluice_client_save_promise(client: number, out: number, error: number): number;
  sluice_client_restore_promise(client: number, state: number, stateLength: number, error: number): number;
  sluice_client_feedback(client: number, input: bigint, wrong: number, nowUs: bigint, error: number): number;
  sluice_model_load(onnx: number, onnxLength: number, options: number, out: number, error: number): number;
  sluice_model_destroy(model: number): void;
  sluice_model_inspect(model: number, out: number, error: number): number;
  sluice_model_describe_input(model: number, index: number, out: number, error: number): number;
  sluice_model_describe_output(model: number, index: number, out: number, error: number): number;
  sluice_model_run(model: number, inputs: number, inputCount: number, error: number): number;
  sluice_model_output(model: number, index: number, out: number, error: number): number;
  sluice_staged_load(bundle: number, parts: number, partCount: number, options: number, out: number, error: number): number;
  sluice_staged_destroy(staged: number): void;
  sluice_staged_inspect(staged: number, out: number, error: number): number;
  sluice_staged_get_exit(staged: number, index: number, out: number, error: number): number;
  sluice_staged_load_cut(bundle: number, parts: number, partCount: number, whole: number, options: number, out: number, error: number): number;
  sluice_staged_run(staged: number, attempt: bigint, stage: number, withExit: number, input: number, outCount: number, outMultiplyAdds: number, error: number): number;
  sluice_staged_output(staged: number, index: number, out: number, error: number): number;
  sluice_staged_code(staged: number, attempt: bigint, stage: number, out: number, error: number): number;
  sluice_model_io_create(bundle: number, out: number, error: number): number;
  sluice_model_io_destroy(io: number): void;
  sluice_model_io_prepare(io: number, input: number, out: number, error: number): number;
  sluice_model_io_decode(io: number, outputs: number, outputCount: number, outCount: number, error: number): number;
  sluice_model_io_result(io: number, index: number, out: number, error: number): number;
}
