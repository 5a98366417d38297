// Results of trainings that differ in one thing each, as whoever ran them noted them: a JSON object a line, with name, options, bytes_mean,
// accuracy, half_accuracy (at half of the bytes), skewness and disorder_share. What was not measured is missing or null.
import { readFileSync } from 'node:fs';

const numbers = ['bytes_mean', 'accuracy', 'half_accuracy', 'skewness', 'disorder_share'];

export function readAblations(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [ablationOf(line, `${file}, line ${index + 1}`)]));
}

function ablationOf(line, place) {
  let ablation;
  try {
    ablation = JSON.parse(line);
  } catch {
    throw new Error(`${place}: not a JSON object`);
  }
  if (typeof ablation?.name !== 'string') throw new Error(`${place}: 'name' is missing`);
  for (const key of numbers) {
    if (ablation[key] != null && typeof ablation[key] !== 'number') throw new Error(`${place}: '${key}' is no number`);
  }
  return ablation;
}

export function ablationTable(ablations) {
  const percent = (value) => (value == null ? '-' : `${(100 * value).toFixed(2)} %`);
  const heads = ['ablation', 'bytes', 'accuracy', 'at half', 'skewness', 'disorder', 'options'];
  const rows = ablations.map((one) => [
    one.name,
    one.bytes_mean == null ? '-' : one.bytes_mean.toFixed(1),
    ...numbers.slice(1).map((key) => percent(one[key])),
    one.options ?? '',
  ]);
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column].length)));
  const line = (cells) =>
    `  ${cells.map((cell, i) => (i === 0 || i === cells.length - 1 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}`.trimEnd();
  return `\nAblations, as they were trained\n\n${[heads, ...rows].map(line).join('\n')}\n`;
}
