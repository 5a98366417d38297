// What one run of the link bench says, from the ends of its frames and the link's own record. Pure functions.

/**
 * `ends`: { offered_us, ended_us, how, handed_us, bytes_up } of each frame. `carried`: [unix_us, bytes so far] of the uplink.
 * Of the time from the first offer to the last, the first `warmUpS` are left out of the goodput.
 */
export function figures({ ends, carried, bytesPerS, computed, warmUpS }) {
  const begin = Math.min(...ends.map((end) => end.offered_us)) + warmUpS * 1e6;
  const end = Math.max(...ends.map((one) => one.offered_us));
  const answered = ends.filter(({ how }) => how === 'remote');
  const inTime = answered.filter(({ ended_us }) => ended_us >= begin && ended_us < end);
  const answeredBytes = inTime.reduce((sum, { bytes_up }) => sum + bytes_up, 0);
  const sent = ends.filter(({ bytes_up }) => bytes_up > 0);
  const meanBytes = sent.reduce((sum, { bytes_up }) => sum + bytes_up, 0) / Math.max(sent.length, 1);
  const seconds = (end - begin) / 1e6;
  return {
    offered: ends.length,
    sent: sent.length,
    answered: answered.length,
    meanBytes: Math.round(meanBytes),
    // Would the link have carried everything that was offered? Above 1 it would not.
    demand: (meanBytes * ends.length) / (bytesPerS * ((end - begin) / 1e6 + warmUpS)),
    goodput: answeredBytes / (bytesPerS * seconds),
    carriedShare: (carriedAt(carried, end) - carriedAt(carried, begin)) / (bytesPerS * seconds),
    computed,
    late: Math.max(0, computed - answered.length),
    unsentPeak: unsentPeak(sent, carried),
  };
}

/** The most bytes that had been handed to the socket and not yet carried by the link: it grows when a request is handed over. */
export function unsentPeak(sent, carried) {
  const requests = [...sent].sort((a, b) => a.handed_us - b.handed_us);
  if (requests.length === 0) return 0;
  const before = carriedAt(carried, requests[0].handed_us); // the handshake
  let handed = 0;
  let peak = 0;
  for (const { handed_us, bytes_up } of requests) {
    handed += bytes_up;
    peak = Math.max(peak, handed - (carriedAt(carried, handed_us) - before));
  }
  return peak;
}

function carriedAt(carried, unixUs) {
  let low = 0;
  let high = carried.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (carried[middle][0] <= unixUs) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : carried[low - 1][1];
}
