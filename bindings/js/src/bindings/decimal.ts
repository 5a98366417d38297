/** The shortest decimal that reads back as the same float32, so that what a caller hands back is what the core said. */
export function decimal(value: number): number {
  for (let digits = 1; digits < 9; ++digits) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
