// One direction of a link that is slower than it is: messages leave one after the other at its rate, and arrive a while later, in their
// order. What has begun to leave goes on at the new rate where that changes. Owns its timer; one thread.
import type { SimulatedLink } from '../types.js';

/** What it asks of the platform. */
export interface PacerClock {
  /** Milliseconds, never backwards. */
  now(): number;
  after(ms: number, call: () => void): () => void;
}

export const platformClock: PacerClock = {
  now: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

export class PacedQueue {
  readonly #clock: PacerClock;
  readonly #deliver: (message: Uint8Array) => void;
  #link: SimulatedLink | undefined;
  #leaving: Uint8Array[] = [];
  #headBytes = 0; // of the first that have left
  #onTheWay: { readonly message: Uint8Array; readonly arrives: number }[] = [];
  #time = 0; // up to which things have left
  #stopTimer: () => void = () => undefined;

  constructor(link: SimulatedLink | undefined, deliver: (message: Uint8Array) => void, clock: PacerClock = platformClock) {
    this.#link = link;
    this.#deliver = deliver;
    this.#clock = clock;
  }

  /** Bytes that have not left, whole ones. */
  get heldBytes(): number {
    this.#advance();
    return Math.ceil(this.#leaving.reduce((sum, message) => sum + message.length, 0) - this.#headBytes);
  }

  /** Whether messages go through as they come. */
  get passes(): boolean {
    return this.#link === undefined && this.#leaving.length === 0 && this.#onTheWay.length === 0;
  }

  push(message: Uint8Array): void {
    if (this.passes) return this.#deliver(message);
    this.#advance();
    this.#leaving.push(message);
    this.#turn();
  }

  /** undefined: as fast as the platform is, from now on. */
  change(link: SimulatedLink | undefined): void {
    this.#advance();
    this.#link = link;
    this.#turn();
  }

  /** Delivers everything at once. */
  flush(): void {
    this.#stopTimer();
    const all = [...this.#onTheWay.map(({ message }) => message), ...this.#leaving];
    this.clear();
    for (const message of all) this.#deliver(message);
  }

  /** Drops everything. */
  clear(): void {
    this.#stopTimer();
    this.#leaving = [];
    this.#onTheWay = [];
    this.#headBytes = 0;
  }

  // Lets what has had the time leave.
  #advance(): void {
    const now = this.#clock.now();
    const bytesPerMs = this.#bytesPerMs();
    const delayMs = (this.#link?.roundTripMs ?? 0) / 2;
    let time = this.#leaving.length === 0 ? now : this.#time;
    for (let head = this.#leaving[0]; head !== undefined; head = this.#leaving[0]) {
      const takes = bytesPerMs === Infinity ? 0 : (head.length - this.#headBytes) / bytesPerMs; // at rate 0: without end
      if (time + takes > now) break;
      time += takes;
      this.#leaving.shift();
      this.#headBytes = 0;
      this.#onTheWay.push({ message: head, arrives: Math.max(time + delayMs, this.#onTheWay.at(-1)?.arrives ?? 0) });
    }
    if (this.#leaving.length > 0) this.#headBytes += (now - time) * (bytesPerMs === Infinity ? 0 : bytesPerMs);
    this.#time = now;
  }

  #bytesPerMs(): number {
    return this.#link?.kilobitsPerS === undefined ? Infinity : this.#link.kilobitsPerS / 8;
  }

  // Delivers what has arrived, and comes back when there is more to do.
  #turn(): void {
    this.#stopTimer();
    this.#advance();
    const now = this.#clock.now();
    while (this.#onTheWay.length > 0 && this.#onTheWay[0]!.arrives <= now) this.#deliver(this.#onTheWay.shift()!.message);
    const head = this.#leaving[0];
    const bytesPerMs = this.#bytesPerMs();
    const leaves = head === undefined || bytesPerMs === 0 ? Infinity : now + (head.length - this.#headBytes) / bytesPerMs;
    const next = Math.min(leaves, this.#onTheWay[0]?.arrives ?? Infinity);
    if (next < Infinity) this.#stopTimer = this.#clock.after(Math.max(0, next - now), () => this.#turn());
  }
}
