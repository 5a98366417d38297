// The pipeline's time: microseconds of a clock that only goes forward.
export const nowUs = (): bigint => BigInt(Math.round(performance.now() * 1000));
