// A bundle whose answers can be worked out by hand: its gate passes bright pictures, its model gives the mean colour.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { brightnessGate, loudnessGate, meanColour, meanOverTime } from './onnx.mjs';

const gateSide = 16;
const modelSide = 32;

export function brightBundle(change = {}) {
  const files = { 'filter.onnx': brightnessGate(gateSide), 'model.onnx': meanColour(modelSide) };
  const input = (side) => ({
    width: side,
    height: side,
    fit: 'stretch',
    channels: 'rgb',
    mean: [0, 0, 0],
    scale: [1 / 255, 1 / 255, 1 / 255],
    fill: 0,
  });
  const manifest = {
    format: 1,
    name: 'bright',
    version: '1.0.0',
    description: 'Bright pictures matter; the model gives their mean colour.',
    parts: ['filter', 'model'].map((name) => describe(name, files[`${name}.onnx`])),
    model: { part: 'model', input: input(modelSide), output: { decoder: 'none', score_threshold: 0.5, nms_iou: 0.4 } },
    skip: {
      part: 'filter',
      input: input(gateSide),
      redundant_when: 'count == 0',
      operating_points: [
        { target: 0.8, confidence: 0.95, threshold: 0.9, filter_rate: 0.7 },
        { target: 0.9, confidence: 0.95, threshold: 0.5, filter_rate: 0.5 },
      ],
      default_target: 0.9,
    },
    ...change,
  };
  return { manifest, files };
}

/** A bundle about windows of `input` (a manifest's input section), whose model gives each channel's mean over `length` values. */
export function windowBundle(input, channels, length) {
  const files = { 'model.onnx': meanOverTime(channels, length) };
  const manifest = {
    format: 2,
    name: 'window',
    version: '1.0.0',
    parts: [describe('model', files['model.onnx'])],
    model: { part: 'model', input, output: { decoder: 'none' } },
  };
  return { manifest, files };
}

/** The same about signals of one channel, with a question that passes those whose mean is high. */
export function gatedSignalBundle(steps) {
  const input = { modality: 'signal', steps, channels: 1 };
  const { manifest, files } = windowBundle(input, 1, steps);
  files['filter.onnx'] = loudnessGate(steps);
  manifest.parts.push(describe('filter', files['filter.onnx']));
  manifest.questions = [
    {
      kind: 'skip',
      part: 'filter',
      input,
      redundant_when: 'count == 0',
      operating_points: [{ target: 0.9, confidence: 0.95, threshold: 0.5, filter_rate: 0.5 }],
    },
  ];
  return { manifest, files };
}

export function describe(name, bytes) {
  return { name, file: `${name}.onnx`, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Writes the bundle into `folder/bright` (a new folder by default); answers the address of that. */
export function writeBundle({ manifest, files }, folder = mkdtempSync(join(tmpdir(), 'sluice-bundle-'))) {
  const place = join(folder, manifest.name ?? 'bundle');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'manifest.json'), JSON.stringify(manifest, undefined, 2));
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(place, file), bytes);
  return { folder, url: pathToFileURL(`${place}/`) };
}

/** A picture of one colour. */
export function plain(level, width = 64, height = 48, format = 'rgba') {
  const pixelBytes = { rgba: 4, rgb: 3, bgr: 3, bgra: 4, gray: 1 }[format];
  const data = new Uint8Array(width * height * pixelBytes).fill(level);
  if (pixelBytes === 4) for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { data, width, height, format };
}
