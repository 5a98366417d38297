// The socket that the pipeline asks for: opened and closed at its wish, its events reported back, at most one at a time. Sockets
// don't tell when bytes have left, so they are asked every few milliseconds while some have not.
import { openPaced, type PacedSocket } from './paced-socket.js';
import { describe } from '../errors.js';
import type { SocketEvents, Target } from '../targets/target.js';
import { bearerProtocol, type TokenSource } from '../token.js';
import type { SimulatedLink } from '../types.js';

export interface LinkEvents {
  connected(): void;
  received(message: Uint8Array): void;
  /** So many bytes of messages have left since the last time. */
  sent(bytes: number): void;
  /** The connection is gone, or there was none to be had. */
  disconnected(code: 'connection_lost' | 'not_connected', why: string): void;
}

const subprotocol = 'sluice.v1';
const watchEveryMs = 5;

export class Link {
  readonly #target: Target;
  readonly #url: string;
  readonly #token: TokenSource;
  readonly #events: LinkEvents;
  #socket: PacedSocket | undefined;
  #simulated: SimulatedLink | undefined;
  #handedBytes = 0; // to the socket, and not reported as sent
  #watch: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0; // events of earlier sockets are not ours any more

  constructor(target: Target, url: string, token: TokenSource, events: LinkEvents) {
    this.#target = target;
    this.#url = url;
    this.#token = token;
    this.#events = events;
  }

  open(): void {
    const attempt = ++this.#attempt;
    const current = (): boolean => attempt === this.#attempt;
    let connected = false;
    const opening = this.#openSocket({
      opened: () => {
        if (!current()) return;
        connected = true;
        this.#events.connected();
      },
      received: (message) => {
        if (current()) this.#events.received(message);
      },
      closed: (why) => {
        if (!current()) return;
        this.#drop();
        this.#events.disconnected(connected ? 'connection_lost' : 'not_connected', `${this.#url}: ${why}`);
      },
    });
    opening.then(
      (socket) => {
        socket.change(this.#simulated); // which may have changed meanwhile
        if (current()) this.#socket = socket;
        else socket.close(1000);
      },
      (why: unknown) => {
        if (current()) this.#events.disconnected('not_connected', `${this.#url}: ${describe(why)}`);
      },
    );
  }

  async #openSocket(events: SocketEvents): Promise<PacedSocket> {
    const token = await this.#token();
    const protocols = token === undefined ? [subprotocol] : [subprotocol, bearerProtocol(token)];
    return openPaced((paced) => this.#target.openSocket(this.#url, protocols, paced), events, this.#simulated);
  }

  /** From now on, over this connection and later ones. */
  simulate(link: SimulatedLink | undefined): void {
    this.#simulated = link;
    this.#socket?.change(link);
  }

  send(message: Uint8Array): void {
    if (this.#socket === undefined) return;
    this.#socket.send(message);
    this.#handedBytes += message.length;
    this.#report(this.#socket);
  }

  /** Reports the end, as a lost connection would. */
  close(code: number): void {
    this.#drop()?.close(code);
  }

  /** Ends without a report. */
  abandon(): void {
    ++this.#attempt;
    this.#drop()?.close(1000);
  }

  #drop(): PacedSocket | undefined {
    clearTimeout(this.#watch);
    this.#watch = undefined;
    this.#handedBytes = 0;
    const socket = this.#socket;
    this.#socket = undefined;
    return socket;
  }

  // A timer also where everything has left at once: the pipeline is in the middle of a call.
  #report(socket: PacedSocket): void {
    this.#watch ??= setTimeout(() => {
      this.#watch = undefined;
      const left = this.#handedBytes - Math.min(socket.unsentBytes, this.#handedBytes);
      this.#handedBytes -= left;
      if (this.#handedBytes > 0) this.#report(socket);
      if (left > 0) this.#events.sent(left);
    }, watchEveryMs);
  }
}
