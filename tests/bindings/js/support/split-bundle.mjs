// The bundle in two halves of tests/native/split_bundle.hpp, whose answers can be told by hand: three classes, one for each of
// red, green and blue. The full model answers with the channel's mean less 128, so does the device half; its features are the
// pixels in steps of 16, (x - 128) / 16 rounded, red first, and the remote half answers with their mean times 16.
import { describe as describePart } from './bundle.mjs';
import { scaledMeans } from './onnx.mjs';

export const side = 8;
export const shares = [1, 0.5, 0.25, 0]; // of the guess, by the channels that came

// What toy_device_unit() writes.
export const toyUnit = Buffer.from(
  'U0xEVQEAAgAIAQAAjAEAAAgACAADAAAAAwAAAPj/BwAAAAAAuAAAAMAAAACAAQAAAACAPLgAAADIAAAAPQAAAAEBAQCAAP8AAwAAAAAAAAAAAAAAcAAAAAMBAQAAAP8AAwAAAAAA' +
    'AAAAAAAAoAAAAADg//8A4P//AOD//x0AAIAdAACAHQAAgCEAAIAhAACAIQAAgEAAAABAAAAAQAAAAADg//8A4P//AOD//wEAAAABAAAAAQAAAAAAgD8AAAA/AACAPgAAAAABDAMACAAI' +
    'ABAA+AEAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAgADAAQABQAGAAcACAAJAAoACwAMAA0ADgAPAAAA',
  'base64',
);

/** The same unit of pictures with such sides; its fields' places are in core/split/device/README.md and core/split/coding/symbol_model.hpp. */
export function toyUnitOf(pixels) {
  const unit = Buffer.from(toyUnit);
  const values = 3 * pixels * pixels;
  const headAt = unit.readUInt32LE(64 + 24 + 20);
  const codingAt = unit.readUInt32LE(56);
  unit.writeUInt32LE(2 * values + 12, 12);
  for (const at of [16, 18, codingAt + 4, codingAt + 6]) unit.writeUInt16LE(pixels, at);
  for (const [at, place] of [
    [40, values],
    [44, 2 * values],
    [64 + 16, 2 * values],
  ])
    unit.writeUInt32LE(place, at);
  unit.writeFloatLE(1 / (pixels * pixels), 48);
  for (const i of [0, 1, 2]) unit.writeInt32LE(-128 * pixels * pixels, headAt + 4 * i);
  return unit;
}

/** `pixels`: the sides of the model's picture, those of `unit`. */
export function halvesBundle(change = {}, input = {}, unit = toyUnit, pixels = side) {
  const files = { 'model.onnx': scaledMeans('picture', pixels, 1), 'device.onnx': unit, 'remote.onnx': scaledMeans('features', pixels, 16) };
  const picture = { width: pixels, height: pixels, fit: 'stretch', channels: 'rgb', mean: [128, 128, 128], scale: [1, 1, 1], fill: 0, ...input };
  const manifest = {
    format: 2,
    name: 'halves',
    version: '1.0.0',
    description: 'A model in two halves, for tests',
    parts: ['model', 'device', 'remote'].map((name) => describePart(name, files[`${name}.onnx`])),
    model: { part: 'model', input: picture, output: { decoder: 'none' } },
    split: {
      device: 'device',
      remote: 'remote',
      points: [
        { target: 0.5, channels: 0 },
        { target: 0.7, channels: 1 },
        { target: 0.9, channels: 3 },
      ],
    },
    agree_when: { rule: 'label' },
    default_target: 0.9,
    ...change,
  };
  return { manifest, files };
}

/** A picture of one colour. */
export function coloured([red, green, blue], width = side, height = side) {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at += 3) data.set([red, green, blue], at);
  return { data, width, height, format: 'rgb' };
}

/** The answer to such a picture when so many of its channels came. */
export function expected(colour, channels) {
  const guess = colour.map((level) => level - 128);
  const remote = guess.map((level, i) => (i < channels ? Math.max(-8, Math.min(7, Math.round(level / 16))) * 16 : 0));
  return guess.map((level, i) => shares[channels] * level + (1 - shares[channels]) * remote[i]);
}
