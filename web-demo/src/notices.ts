// What the page has to say about its gate and about its source, each in a state of its own, so that a message of one neither replaces
// nor outlives the other's. Everything that happens to either is an event here, and nothing else changes what is said.
import type { ConnectionState } from 'sluice';

export type GateNotice =
  | { readonly is: 'nothing' }
  | { readonly is: 'no-server'; readonly closed: boolean }
  | { readonly is: 'refused'; readonly why: string; readonly closed: boolean }
  | { readonly is: 'failed'; readonly why: string; readonly closed: boolean };

export type SourceNotice =
  | { readonly is: 'nothing' }
  | { readonly is: 'replaced'; readonly why: string; readonly closed: boolean }
  | { readonly is: 'failed'; readonly why: string; readonly closed: boolean };

export interface Notices {
  readonly gate: GateNotice;
  readonly source: SourceNotice;
}

export type NoticeEvent =
  /** Source and gate are asked for anew, by the visitor or after a failure. */
  | { readonly type: 'started' }
  /** The gate that was open is gone; another comes. */
  | { readonly type: 'gate-closed' }
  | { readonly type: 'connection'; readonly state: ConnectionState; readonly why: string }
  | { readonly type: 'gate-failed'; readonly why: string }
  | { readonly type: 'source-replaced'; readonly why: string }
  | { readonly type: 'source-failed'; readonly why: string }
  /** The visitor has read it. */
  | { readonly type: 'closed'; readonly of: keyof Notices };

export const kNoNotices: Notices = { gate: { is: 'nothing' }, source: { is: 'nothing' } };

const kNothing = { is: 'nothing' } as const;

export function next(notices: Notices, event: NoticeEvent): Notices {
  const { gate, source } = notices;
  switch (event.type) {
    case 'started': // an open gate keeps its connection, and so what there is to say of that
      return { gate: gate.is === 'failed' ? kNothing : gate, source: kNothing };
    case 'gate-closed':
      return { gate: kNothing, source };
    case 'connection':
      return { gate: afterConnection(gate, event.state, event.why), source };
    case 'gate-failed':
      return { gate: { is: 'failed', why: event.why, closed: false }, source };
    case 'source-replaced':
      return { gate, source: { is: 'replaced', why: event.why, closed: false } };
    case 'source-failed':
      return { gate, source: { is: 'failed', why: event.why, closed: false } };
    case 'closed':
      return event.of === 'gate' ? { gate: closed(gate), source } : { gate, source: closed(source) };
  }
}

/** Attempts to connect come and go; what was said, and closed, stays so until one succeeds. A gate that failed has none. */
function afterConnection(gate: GateNotice, state: ConnectionState, why: string): GateNotice {
  if (gate.is === 'failed') return gate;
  switch (state) {
    case 'ready':
      return kNothing;
    case 'backing-off':
      return gate.is === 'no-server' ? gate : { is: 'no-server', closed: false };
    case 'stopped':
      return { is: 'refused', why, closed: false };
    case 'idle':
    case 'connecting':
    case 'handshaking':
      return gate;
  }
}

function closed<Notice extends GateNotice | SourceNotice>(notice: Notice): Notice {
  return notice.is === 'nothing' ? notice : { ...notice, closed: true };
}

/** The sentence to show; empty when there is nothing to say, or it was closed. */
export function sentenceOf(notice: GateNotice | SourceNotice): string {
  if (notice.is === 'nothing' || notice.closed) return '';
  switch (notice.is) {
    case 'no-server':
      return 'There is no server: the full model runs in this page until one answers.';
    case 'refused':
      return `The server refused (${notice.why}): the full model runs in this page.`;
    case 'replaced':
      return `${notice.why} The sample stream plays instead.`;
    case 'failed':
      return notice.why;
  }
}
