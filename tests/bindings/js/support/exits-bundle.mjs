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
