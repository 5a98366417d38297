// A socket behind a link that is simulated to be slower, both ways, for trying out what thin links do. The connection itself is
// opened and closed as without it; what the other side sent before it closed is delivered first.
import { type PacerClock, PacedQueue, platformClock } from './paced-queue.js';
import type { Socket, SocketEvents } from '../targets/target.js';
import type { SimulatedLink } from '../types.js';

export interface PacedSocket extends Socket {
  change(link: SimulatedLink | undefined): void;
}

export async function openPaced(
  open: (events: SocketEvents) => Promise<Socket>,
  events: SocketEvents,
  link: SimulatedLink | undefined,
  clock: PacerClock = platformClock,
): Promise<PacedSocket> {
  const down = new PacedQueue(link, (message) => events.received(message), clock);
  const socket = await open({
    opened: () => events.opened(),
    received: (message) => down.push(message),
    closed: (why) => {
      down.flush();
      events.closed(why);
    },
  });
  const up = new PacedQueue(link, (message) => socket.send(message), clock);
  return {
    get unsentBytes() {
      return up.heldBytes + socket.unsentBytes;
    },
    // The caller's memory may be written over once this returns.
    send: (message) => up.push(up.passes ? message : message.slice()),
    close: (code) => {
      up.clear();
      socket.close(code);
    },
    change: (changed) => {
      up.change(changed);
      down.change(changed);
    },
  };
}
