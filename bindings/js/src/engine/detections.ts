// The tensor of detections as objects. Its form is the core's: float32 [count, 15], each row a box, a score and five points.
import type { Detection, OutputTensor, Point } from '../types.js';

const columns = 15;
const firstLandmark = 5;

export function readDetections(outputs: readonly OutputTensor[]): Detection[] {
  const tensor = outputs.find(({ name, type, dims }) => name === 'detections' && type === 'float32' && dims.length === 2 && dims[1] === columns);
  if (tensor === undefined) return [];
  const values = tensor.data as Float32Array;
  return Array.from({ length: values.length / columns }, (_, row) => readRow(values.subarray(row * columns, (row + 1) * columns)));
}

function readRow(row: Float32Array): Detection {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, score = 0] = row;
  const landmarks: Point[] = [];
  for (let i = firstLandmark; i < columns; i += 2) landmarks.push({ x: row[i]!, y: row[i + 1]! });
  const none = landmarks.every(({ x, y }) => x === 0 && y === 0);
  return { x0, y0, x1, y1, score, landmarks: none ? [] : landmarks };
}
