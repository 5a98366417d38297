// A MobileNetV2-1.0 (224 x 224, 1000 classes) float32 network as a .tflite file with seeded random weights, for LiteRT, which
// reads nothing else. The same layers as the ONNX network of the bench; field numbers are those of TensorFlow Lite's schema
// (version 3). Speed does not depend on the weights' values.
import { Builder } from 'flatbuffers';

const kOperators = { add: 0, average_pool: 1, conv: 3, depthwise: 4, fully_connected: 9 };
const kOptions = { conv: 1, depthwise: 2, average_pool: 5, fully_connected: 8, add: 11 };
const kRelu6 = 3;
// Expansion, channels, repeats, first stride: MobileNetV2 (Sandler et al., CVPR 2018), table 2.
const kBlocks = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

export function mobilenetTflite() {
  const network = new Network();
  let { tensor, side, channels } = { tensor: network.activation([1, 224, 224, 3]), side: 224, channels: 3 };
  network.input = tensor;
  const conv = (from, outputs, kernel, stride, activation) => {
    side = Math.ceil(side / stride);
    const weights = network.weights([outputs, kernel, kernel, channels], kernel * kernel * channels);
    const to = network.activation([1, side, side, outputs]);
    network.operator('conv', [from, weights, network.weights([outputs], 1)], to, { stride, activation });
    channels = outputs;
    return to;
  };
  const depthwise = (from, stride) => {
    side = Math.ceil(side / stride);
    const weights = network.weights([1, 3, 3, channels], 9);
    const to = network.activation([1, side, side, channels]);
    network.operator('depthwise', [from, weights, network.weights([channels], 1)], to, { stride, activation: kRelu6 });
    return to;
  };
  tensor = conv(tensor, 32, 3, 2, kRelu6);
  for (const [expansion, outputs, repeats, firstStride] of kBlocks) {
    for (let i = 0; i < repeats; ++i) {
      const from = tensor;
      const residual = i > 0 && channels === outputs;
      if (expansion > 1) tensor = conv(tensor, channels * expansion, 1, 1, kRelu6);
      tensor = depthwise(tensor, i === 0 ? firstStride : 1);
      tensor = conv(tensor, outputs, 1, 1, 0);
      if (residual) {
        const sum = network.activation([1, side, side, outputs]);
        network.operator('add', [from, tensor], sum, {});
        tensor = sum;
      }
    }
  }
  tensor = conv(tensor, 1280, 1, 1, kRelu6);
  const pooled = network.activation([1, 1, 1, 1280]);
  network.operator('average_pool', [tensor], pooled, { size: side });
  const logits = network.activation([1, 1000]);
  network.operator('fully_connected', [pooled, network.weights([1000, 1280], 1280), network.weights([1000], 1)], logits, {});
  network.output = logits;
  return network.finish();
}

class Network {
  #builder = new Builder(16 << 20);
  #tensors = [];
  #buffers = [];
  #operators = [];
  #random = 1;
  input = 0;
  output = 0;

  constructor() {
    this.#buffers.push(this.#table(1, {})); // buffer 0 is the empty one by convention
  }

  activation(shape) {
    return this.#tensor(shape, 0);
  }

  weights(shape, fanIn) {
    const count = shape.reduce((a, b) => a * b, 1);
    const values = new Float32Array(count);
    const scale = Math.sqrt(6 / fanIn);
    for (let i = 0; i < count; ++i) {
      this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
      values[i] = (this.#random / 0xffffffff - 0.5) * scale;
    }
    const bytes = new Uint8Array(values.buffer);
    this.#builder.startVector(1, bytes.length, 16);
    for (let i = bytes.length - 1; i >= 0; --i) this.#builder.addInt8(bytes[i]);
    const data = this.#builder.endVector();
    this.#buffers.push(this.#table(1, { 0: ['offset', data] }));
    return this.#tensor(shape, this.#buffers.length - 1);
  }

  operator(kind, inputs, output, { stride = 1, activation = 0, size = 1 }) {
    const geometry = { 1: ['int32', stride], 2: ['int32', stride] };
    const fields = {
      conv: { ...geometry, 3: ['int8', activation], 4: ['int32', 1], 5: ['int32', 1] },
      depthwise: { ...geometry, 3: ['int32', 1], 4: ['int8', activation], 5: ['int32', 1], 6: ['int32', 1] },
      average_pool: { 0: ['int8', 1], ...geometry, 3: ['int32', size], 4: ['int32', size] },
      fully_connected: {},
      add: {},
    }[kind];
    const options = this.#table(7, fields);
    const ins = this.#ints(inputs);
    const outs = this.#ints([output]);
    this.#operators.push(
      this.#table(5, {
        0: ['int32', Object.keys(kOperators).indexOf(kind)],
        1: ['offset', ins],
        2: ['offset', outs],
        3: ['int8', kOptions[kind]],
        4: ['offset', options],
      }),
    );
  }

  finish() {
    const builder = this.#builder;
    const codes = Object.values(kOperators).map((code) => this.#table(4, { 0: ['int8', code], 2: ['int32', 1], 3: ['int32', code] }));
    const parts = [this.#offsets(this.#tensors), this.#ints([this.input]), this.#ints([this.output]), this.#offsets(this.#operators)];
    const subgraph = this.#table(5, Object.fromEntries(parts.map((part, index) => [index, ['offset', part]])));
    const model = this.#table(5, {
      0: ['int32', 3],
      1: ['offset', this.#offsets(codes)],
      2: ['offset', this.#offsets([subgraph])],
      4: ['offset', this.#offsets(this.#buffers)],
    });
    builder.finish(model, 'TFL3');
    return builder.asUint8Array();
  }

  #tensor(shape, buffer) {
    const dims = this.#ints(shape);
    this.#tensors.push(this.#table(5, { 0: ['offset', dims], 2: ['int32', buffer] }));
    return this.#tensors.length - 1;
  }

  #table(fieldCount, fields) {
    const builder = this.#builder;
    builder.startObject(fieldCount);
    for (const [field, [kind, value]] of Object.entries(fields)) {
      if (kind === 'offset') builder.addFieldOffset(Number(field), value, 0);
      else if (kind === 'int8') builder.addFieldInt8(Number(field), value, 0);
      else builder.addFieldInt32(Number(field), value, 0);
    }
    return builder.endObject();
  }

  #ints(values) {
    this.#builder.startVector(4, values.length, 4);
    for (const value of [...values].reverse()) this.#builder.addInt32(value);
    return this.#builder.endVector();
  }

  #offsets(values) {
    this.#builder.startVector(4, values.length, 4);
    for (const value of [...values].reverse()) this.#builder.addOffset(value);
    return this.#builder.endVector();
  }
}
