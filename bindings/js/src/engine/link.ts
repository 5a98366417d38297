// The socket that the pipeline asks for: opened and closed at its wish, its events reported back, at most one at a time.
import type { Socket, Target } from '../targets/target.js';
import { describe } from '../errors.js';

export interface LinkEvents {
  connected(): void;
  received(message: Uint8Array): void;
  disconnected(why: string): void;
}

const subprotocol = 'sluice.v1';

export class Link {
  readonly #target: Target;
  readonly #url: string;
  readonly #events: LinkEvents;
  #socket: Socket | undefined;
  #attempt = 0; // events of earlier sockets are not ours any more

  constructor(target: Target, url: string, events: LinkEvents) {
    this.#target = target;
    this.#url = url;
    this.#events = events;
  }

  open(): void {
    const attempt = ++this.#attempt;
    const current = (): boolean => attempt === this.#attempt;
    const opening = this.#target.openSocket(this.#url, subprotocol, {
      opened: () => {
        if (current()) this.#events.connected();
      },
      received: (message) => {
        if (current()) this.#events.received(message);
      },
      closed: (why) => {
        if (!current()) return;
        this.#socket = undefined;
        this.#events.disconnected(`${this.#url}: ${why}`);
      },
    });
    opening.then(
      (socket) => {
        if (current()) this.#socket = socket;
        else socket.close(1000);
      },
      (why: unknown) => {
        if (current()) this.#events.disconnected(`${this.#url}: ${describe(why)}`);
      },
    );
  }

  /** Bytes that the socket still holds. */
  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(message: Uint8Array): void {
    this.#socket?.send(message);
  }

  /** Reports the end, as a lost connection would. */
  close(code: number): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(code);
  }

  /** Ends without a report. */
  abandon(): void {
    ++this.#attempt;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000);
  }
}
