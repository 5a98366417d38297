// Writes small ONNX models, so that tests have networks whose answers can be worked out by hand. Field numbers are those of
// onnx.proto (ModelProto, GraphProto, NodeProto, TensorProto).
const text = new TextEncoder();

function varint(value) {
  const bytes = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
}

const number = (field, value) => [...varint(field << 3), ...varint(value)];
const block = (field, bytes) => [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes];
const string = (field, value) => block(field, text.encode(value));

function node(type, inputs, outputs, attributes = []) {
  return [
    ...inputs.flatMap((name) => string(1, name)),
    ...outputs.flatMap((name) => string(2, name)),
    ...string(3, `${outputs[0]}-node`),
    ...string(4, type),
    ...attributes.flatMap((one) => block(5, one)),
  ];
}

const integer = (name, value) => [...string(1, name), ...number(3, value), ...number(20, 2)];

function constant(name, dims, values) {
  return [...dims.flatMap((dim) => number(1, dim)), ...number(2, 1), ...string(8, name), ...block(9, new Uint8Array(new Float32Array(values).buffer))];
}

function value(name, dims) {
  const shape = dims.flatMap((dim) => block(1, number(1, dim)));
  return [...string(1, name), ...block(2, block(1, [...number(1, 1), ...block(2, shape)]))];
}

function model(nodes, constants, inputs, outputs) {
  const graph = [
    ...nodes.flatMap((one) => block(1, one)),
    ...string(2, 'test'),
    ...constants.flatMap((one) => block(5, one)),
    ...inputs.flatMap((one) => block(11, one)),
    ...outputs.flatMap((one) => block(12, one)),
  ];
  return new Uint8Array([...number(1, 8), ...block(7, graph), ...block(8, [...string(1, ''), ...number(2, 13)])]);
}

/** sigmoid(steepness * (mean of all channels - level)) over pixels in [0, 1]: how bright the picture is. */
export function brightnessGate(side, steepness = 20, level = 0.5) {
  return model(
    [
      node('GlobalAveragePool', ['picture'], ['pooled']),
      node('Flatten', ['pooled'], ['flat'], [integer('axis', 1)]),
      node('Gemm', ['flat', 'weight', 'bias'], ['logit']),
      node('Sigmoid', ['logit'], ['score']),
    ],
    [constant('weight', [3, 1], [steepness / 3, steepness / 3, steepness / 3]), constant('bias', [1], [-steepness * level])],
    [value('picture', [1, 3, side, side])],
    [value('score', [1, 1])],
  );
}

/** The mean over time of each channel of a window, [1, channels]. */
export function meanOverTime(channels, length) {
  return model(
    [node('GlobalAveragePool', ['window'], ['pooled']), node('Flatten', ['pooled'], ['mean'], [integer('axis', 1)])],
    [],
    [value('window', [1, channels, length])],
    [value('mean', [1, channels])],
  );
}

/** sigmoid(steepness * (mean of a window's only channel - level)): how much goes on in it. */
export function loudnessGate(length, steepness = 20, level = 0.5) {
  return model(
    [
      node('GlobalAveragePool', ['window'], ['pooled']),
      node('Flatten', ['pooled'], ['flat'], [integer('axis', 1)]),
      node('Gemm', ['flat', 'weight', 'bias'], ['logit']),
      node('Sigmoid', ['logit'], ['score']),
    ],
    [constant('weight', [1, 1], [steepness]), constant('bias', [1], [-steepness * level])],
    [value('window', [1, 1, length])],
    [value('score', [1, 1])],
  );
}

/** The mean of each colour channel, [1, 3]. */
export function meanColour(side) {
  return model(
    [node('GlobalAveragePool', ['picture'], ['pooled']), node('Flatten', ['pooled'], ['mean'], [integer('axis', 1)])],
    [],
    [value('picture', [1, 3, side, side])],
    [value('mean', [1, 3])],
  );
}

/** The mean of each of three channels of `input` times `factor`, [1, 3], as logits. */
export function scaledMeans(input, side, factor) {
  return model(
    [node('GlobalAveragePool', [input], ['pooled']), node('Flatten', ['pooled'], ['flat'], [integer('axis', 1)]), node('Mul', ['flat', 'scale'], ['logits'])],
    [constant('scale', [1], [factor])],
    [value(input, [1, 3, side, side])],
    [value('logits', [1, 3])],
  );
}

const diagonal = (name, dims, factor) => constant(name, dims, [factor, 0, 0, 0, factor, 0, 0, 0, factor]);

/** A convolution of three channels that changes nothing of values above 0. */
function unchanged(from, to) {
  return {
    nodes: [node('Conv', [from, `${to}_weight`], [`${to}_sum`]), node('Relu', [`${to}_sum`], [to])],
    constants: [diagonal(`${to}_weight`, [3, 3, 1, 1], 1)],
  };
}

/** The channels' means times `factor`, as logits. */
function head(from, to, factor) {
  return {
    nodes: [
      node('GlobalAveragePool', [from], [`${to}_pooled`]),
      node('Flatten', [`${to}_pooled`], [`${to}_row`], [integer('axis', 1)]),
      node('Gemm', [`${to}_row`, `${to}_weight`], [to]),
    ],
    constants: [diagonal(`${to}_weight`, [3, 3], factor)],
  };
}

function assembled(pieces, inputs, outputs) {
  return model(
    pieces.flatMap(({ nodes }) => nodes),
    pieces.flatMap(({ constants }) => constants),
    inputs,
    outputs,
  );
}

/** The classifier of tests/core/exit/toy_exits.hpp: three convolutions, then the means of red, green and blue times 40. */
export function stagedModel(side) {
  const pieces = [unchanged('picture', 'relu_0'), unchanged('relu_0', 'relu_1'), unchanged('relu_1', 'relu_2'), head('relu_2', 'logits', 40)];
  return assembled(pieces, [value('picture', [1, 3, side, side])], [value('logits', [1, 3])]);
}

/** Its exits: the means times `first` behind the first convolution, and times `second` behind the second. */
export function stagedExits(side, first = 4, second = 10) {
  const inputs = ['relu_0', 'relu_1'].map((name) => value(name, [1, 3, side, side]));
  return assembled([head('relu_0', 'exit_0', first), head('relu_1', 'exit_1', second)], inputs, [value('exit_0', [1, 3]), value('exit_1', [1, 3])]);
}
