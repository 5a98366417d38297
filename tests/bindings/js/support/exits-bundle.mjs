// The bundle with early exits of tests/native/exit_bundle.hpp, whose answers can be told by hand: three classes, one for each of red, green
// and blue. A picture all of one colour is the surer the fewer colours it has.
import { describe as describePart } from './bundle.mjs';
import { stagedExits, stagedModel } from './onnx.mjs';

export const side = 8;
// Multiply-adds: each convolution, and each head.
export const convolution = side * side * 9;
export const head = 9;
export const whole = 3 * convolution + head;

/** One that the first exit is sure of, one for the second, and one for the whole model, at the target 0.8. */
export const easy = [255, 0, 0];
export const harder = [0, 140, 0];
export const hard = [80, 90, 100];

export function exitsBundle(change = {}, exits = {}, branches = stagedExits(side)) {
  const files = { 'model.onnx': stagedModel(side), 'branches.onnx': branches };
  const picture = {
    width: side,
    height: side,
    fit: 'stretch',
    channels: 'rgb',
    mean: [0, 0, 0],
    scale: [1 / 255, 1 / 255, 1 / 255],
    fill: 0,
  };
  const manifest = {
    format: 2,
    name: 'exits',
    version: '1.0.0',
    description: 'A model with early exits, for tests',
    parts: ['model', 'branches'].map((name) => describePart(name, files[`${name}.onnx`])),
    model: { part: 'model', input: picture, output: { decoder: 'none' } },
    exits: {
      part: 'branches',
      rule: 'max_probability',
      places: [
        { tensor: 'relu_0', exit: 'exit_0' },
        { tensor: 'relu_1', exit: 'exit_1' },
      ],
      points: [
        { target: 0.8, thresholds: [0.9, 0.99] },
        { target: 0.9, thresholds: [1, 0.99] },
      ],
      ...exits,
    },
    agree_when: { rule: 'label' },
    default_target: 0.8,
    ...change,
  };
  return { manifest, files };
}

/** The values that the tensor at the cut is sent in: quarters. */
const quarters = [0, 0.25, 0.5, 0.75, 1];

// A coding section (core/split/coding/symbol_model.hpp) in which each symbol of three channels is as likely as any other.
export function evenCoding(channels = 3) {
  const bits = 10;
  const header = Buffer.alloc(14);
  header.writeUInt8(1, 0);
  header.writeUInt8(bits, 1);
  [channels, side, side, quarters.length].forEach((size, i) => header.writeUInt16LE(size, 2 + 2 * i));
  header.writeUInt8(1, 11); // class; the first value, earlier channels and tables but one are 0
  const weightsAndTables = Buffer.alloc(channels * 4 + channels);
  const starts = Buffer.alloc(2 * quarters.length);
  quarters.forEach((_, symbol) => starts.writeUInt16LE(Math.floor((symbol * 2 ** bits) / quarters.length), 2 * symbol));
  return Buffer.concat([header, weightsAndTables, starts]);
}

/** One that this device is sure of, one for the exit on the server, and one for the model's end there, at the target 0.8. */
export const sureHere = [255, 0, 0];
export const sureThere = [255, 120, 0];
export const sureNowhere = [255, 250, 0];

/**
 * The same with a cut behind the first exit, so that a server goes on from there: nothing is sure on this device at the target 0.9, and 0.95 is
 * out of reach. Named 'cut'.
 */
export function cutBundle(change = {}, coding = evenCoding()) {
  const cut = {
    place: 0,
    coding: 'coding',
    values: quarters,
    points: [
      { target: 0.8, thresholds: [0.9, 0.99] },
      { target: 0.9, thresholds: [1, 0.99] },
    ],
  };
  const { manifest, files } = exitsBundle({ name: 'cut', ...change }, { cut });
  manifest.parts.push({ ...describePart('coding', coding), file: 'cut.coding' });
  return { manifest, files: { ...files, 'cut.coding': coding } };
}
