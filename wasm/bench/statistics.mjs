// Medians of interleaved samples and the ratio that the table reports.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median of theirs over ours, round by round: machine noise that hits a whole round cancels out. */
export function pairedRatio(theirs, ours) {
  return median(theirs.map((value, index) => value / ours[index]));
}

export function largestDifference(a, b) {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; ++i) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}
