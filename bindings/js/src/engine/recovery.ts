// What happens when the engine's module traps, or finds no memory for what it has to remember. The broken instance is not called
// again: the frames that it held end in a typed failure, a new instance is made, and what was offered meanwhile goes to that. A module
// that breaks again and again before it has answered anything is given up. The engine knows how its parts are dropped and made; this
// decides when. An instance of another version of the bundle takes the present one's place in the same way, but for the frames, which go on.
import { ModuleTrap } from '../bindings/trap.js';
import { SluiceError, toSluiceError } from '../errors.js';

/** New instances in a row, none of which answered a frame, after which no further one is made. */
const mostInARow = 3;

export interface RecoveryActions {
  /** Ends what belongs to the broken instance, without calling into it. */
  drop(why: SluiceError): void;
  /** Makes a new instance. */
  remake(): Promise<void>;
  /** Puts the new instance to work. */
  start(): void;
  /** No instance will come any more. */
  giveUp(why: SluiceError): void;
}

export class Recovery {
  readonly #actions: RecoveryActions;
  readonly #deferred: (() => void)[] = [];
  #underWay: Promise<void> | undefined;
  #restarts = 0;
  #inARow = 0;
  #ended = false;

  constructor(actions: RecoveryActions) {
    this.#actions = actions;
  }

  /** Whether there is no instance to call now. */
  get underWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** New instances so far. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The instance has answered a frame. */
  worked(): void {
    this.#inARow = 0;
  }

  /**
   * Runs a call of the engine's own, which nobody is there to hear fail: a trap starts the recovery, and so does a lack of memory, since
   * the instance has then missed something. Whatever else it throws is thrown on.
   */
  guard(call: () => void): void {
    try {
      call();
    } catch (thrown) {
      if (thrown instanceof SluiceError && thrown.code === 'out_of_memory') this.#begin(thrown);
      else if (!this.note(thrown)) throw thrown;
    }
  }

  /** What the instance says, or the next one while there is none. A trap starts the recovery and is thrown on. */
  async ask<T>(call: () => T): Promise<T> {
    while (this.#underWay !== undefined) await this.#underWay;
    try {
      return call();
    } catch (thrown) {
      this.note(thrown);
      throw thrown;
    }
  }

  /**
   * Puts another instance in the place of the present one, by `replace`, where the present one still works. False, and `replace` is not
   * called, when that one has broken meanwhile.
   */
  exchange(replace: () => void): boolean {
    if (this.#ended || this.#underWay !== undefined) return false;
    this.#underWay = this.#recover(() => Promise.resolve(replace()));
    return true;
  }

  /** Does `action` before what was deferred so far. */
  deferFirst(action: () => void): void {
    this.#deferred.unshift(action);
  }

  /** Does `action` once the recovery has ended, well or not. */
  defer(action: () => void): void {
    this.#deferred.push(action);
  }

  /** Whether `thrown` is a trap of the module; the first one starts the recovery. */
  note(thrown: unknown): boolean {
    if (!(thrown instanceof ModuleTrap)) return false;
    this.#begin(thrown);
    return true;
  }

  /** No instance is made any more. */
  end(): void {
    this.#ended = true;
    this.#flush();
  }

  #begin(why: SluiceError): void {
    if (this.#ended) return;
    this.#underWay ??= this.#recover(async () => {
      this.#actions.drop(why);
      if (++this.#inARow > mostInARow) throw gaveUp(why);
      await this.#actions.remake();
      ++this.#restarts;
    });
  }

  async #recover(make: () => Promise<void>): Promise<void> {
    await undefined; // the call that broke it returns first, so that nothing is dropped under its hands
    try {
      if (this.#ended) return;
      await make();
    } catch (thrown) {
      this.#ended = true;
      this.#actions.giveUp(toSluiceError(thrown));
    } finally {
      this.#underWay = undefined;
      if (!this.#ended) this.#actions.start();
      this.#flush();
    }
  }

  #flush(): void {
    for (const action of this.#deferred.splice(0)) action();
  }
}

function gaveUp(why: SluiceError): SluiceError {
  return new SluiceError(why.code, `${why.message}; the same befell ${mostInARow} new instances before they answered a frame`, {
    cause: why,
    hint: 'open the bundle again without the frames that do this, and report it with the message',
  });
}
