// stream(): pulls frames from any source as fast as the gate judges them, and hands results out as an async iterator. Every
// frame that was pulled comes out as one item, unless the consumer leaves the loop first.
import { noCost } from './cost.js';
import { closeFrame, takeIn, type Intake } from './intake.js';
import { release } from './engine/input.js';
import { aborted, SluiceError, toSluiceError } from './errors.js';
import type { Input, InputSource, StreamItem, StreamOptions } from './types.js';

/** What a stream needs of its gate. */
export interface StreamSource {
  /** Frames under way above which no further one is pulled. */
  readonly maxOutstanding: number;
  /** Whether a JPEG file may be of use beside its picture. */
  readonly takesFiles: boolean;
  offer(intake: Intake, index: number, judged: () => void, done: (item: StreamItem) => void): number;
  cancel(ticket: number): void;
}

/** Results that nobody has taken yet, above which no further frame is pulled. */
const maxUntaken = 16;

export class InputStream implements AsyncIterableIterator<StreamItem> {
  readonly #gate: StreamSource;
  readonly #frames: InputSource;
  readonly #options: StreamOptions;
  readonly #onEnd: () => void;
  readonly #ready: StreamItem[] = [];
  readonly #early = new Map<number, StreamItem>(); // for ordered streams: results whose turn has not come
  readonly #tickets = new Map<number, number>(); // index to ticket
  readonly #waiting: { resolve: (result: IteratorResult<StreamItem>) => void; reject: (why: unknown) => void }[] = [];
  #source: AsyncIterator<Input> | Iterator<Input> | undefined;
  #started = false;
  #exhausted = false; // the source has no more frames
  #finished = false;
  #error: unknown; // to be thrown once what is ready was taken
  #nextIndex = 0;
  #nextOut = 0;
  #wake: () => void = () => undefined;

  constructor(gate: StreamSource, frames: InputSource, options: StreamOptions, onEnd: () => void) {
    this.#gate = gate;
    this.#frames = frames;
    this.#options = options;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<StreamItem>> {
    if (!this.#started && !this.#finished) this.#start();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#deliver();
      this.#wake();
    });
  }

  async return(): Promise<IteratorResult<StreamItem>> {
    this.#finish(undefined);
    this.#ready.length = 0;
    this.#deliver();
    return { done: true, value: undefined };
  }

  async throw(why: unknown): Promise<IteratorResult<StreamItem>> {
    await this.return();
    throw why;
  }

  /** The gate is gone: ends the loop with `why` after the results that are ready. */
  fail(why: unknown): void {
    this.#finish(why);
    this.#deliver();
  }

  #start(): void {
    this.#started = true;
    const { signal } = this.#options;
    if (signal?.aborted) return this.fail(aborted(signal, 'stream()'));
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    try {
      this.#source = iterate(this.#frames);
    } catch (thrown) {
      return this.#sourceFailed(thrown);
    }
    this.#pull(this.#source).then(
      () => {
        this.#exhausted = true;
        this.#deliver();
      },
      (why: unknown) => this.#sourceFailed(why),
    );
  }

  /** What the caller's own code threw, the loop throws as it is. */
  #sourceFailed(why: unknown): void {
    this.fail(why === undefined ? toSluiceError(why, 'invalid_argument') : why);
  }

  readonly #onAbort = (): void => this.fail(aborted(this.#options.signal!, 'stream()'));

  async #pull(source: AsyncIterator<Input> | Iterator<Input>): Promise<void> {
    const own = this.#options.closeFrames ?? true;
    for (;;) {
      while (!this.#finished && this.#full()) await new Promise<void>((wake) => (this.#wake = wake));
      if (this.#finished) return;
      const { done, value } = await source.next();
      if (done) return;
      if (this.#finished) {
        if (own) closeFrame(value);
        return;
      }
      await this.#offer(value, own);
    }
  }

  async #offer(frame: Input, own: boolean): Promise<void> {
    const index = this.#nextIndex++;
    let intake: Intake;
    try {
      intake = await takeIn(frame, own, this.#gate.takesFiles);
    } catch (thrown) {
      if (own) closeFrame(frame);
      const error = toSluiceError(thrown, 'invalid_image');
      return this.#receive(index, { kind: 'failed', input: 0, index, timestamp: undefined, width: 0, height: 0, error, cost: noCost });
    }
    if (this.#finished) return release(intake.input);
    return new Promise((judged) => {
      const ticket = this.#gate.offer(intake, index, judged, (item) => {
        this.#tickets.delete(index);
        this.#receive(index, item);
        this.#wake();
      });
      this.#tickets.set(index, ticket);
    });
  }

  #full(): boolean {
    return this.#tickets.size >= this.#gate.maxOutstanding || this.#ready.length + this.#early.size >= maxUntaken + this.#waiting.length;
  }

  #receive(index: number, item: StreamItem): void {
    if (this.#finished) return;
    if (this.#options.ordered === true) {
      this.#early.set(index, item);
      for (let next = this.#early.get(this.#nextOut); next !== undefined; next = this.#early.get(this.#nextOut)) {
        this.#early.delete(this.#nextOut++);
        this.#ready.push(next);
      }
    } else {
      this.#ready.push(item);
    }
    this.#deliver();
  }

  #deliver(): void {
    while (this.#waiting.length > 0 && this.#ready.length > 0) this.#waiting.shift()!.resolve({ done: false, value: this.#ready.shift()! });
    if (this.#exhausted && this.#tickets.size === 0 && this.#early.size === 0 && this.#ready.length === 0) this.#finish(undefined);
    if (!this.#finished || this.#ready.length > 0) return;
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      const why = this.#error;
      this.#error = undefined; // thrown once; after that the iterator is simply at its end
      if (why !== undefined) reject(why);
      else resolve({ done: true, value: undefined });
    }
  }

  #finish(why: unknown): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#error = why;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    for (const ticket of this.#tickets.values()) this.#gate.cancel(ticket);
    this.#tickets.clear();
    this.#wake();
    if (!this.#exhausted) void endSource(this.#source);
    this.#onEnd();
  }
}

/** Tells the source that nothing more is wanted of it. What it throws then is of no use to anyone, and must not end the gate's own ending. */
async function endSource(source: AsyncIterator<Input> | Iterator<Input> | undefined): Promise<void> {
  try {
    await source?.return?.();
  } catch {
    return;
  }
}

// Streams are read by their reader: not every browser lets one iterate over them.
function iterate(frames: InputSource): AsyncIterator<Input> | Iterator<Input> {
  if (typeof frames === 'object' && frames !== null && 'getReader' in frames) {
    const reader = frames.getReader();
    return {
      next: async () => {
        const { done, value } = await reader.read();
        return done ? { done: true, value: undefined } : { done: false, value: value as Input };
      },
      return: async () => {
        await reader.cancel();
        return { done: true, value: undefined };
      },
    };
  }
  if (typeof frames === 'object' && frames !== null) {
    if (Symbol.asyncIterator in frames) return (frames as AsyncIterable<Input>)[Symbol.asyncIterator]();
    if (Symbol.iterator in frames) return (frames as Iterable<Input>)[Symbol.iterator]();
  }
  throw new SluiceError('invalid_argument', 'stream() takes an iterable, an async iterable or a ReadableStream of frames');
}
