// The token for a server that wants one: asked for anew for each connection, so that a function may give the one of the day. It goes
// to the server alone: into a subprotocol, since a page cannot set a WebSocket's headers, and into the header of a download of the
// bundle where it comes from that same server.
import { SluiceError } from './errors.js';
import type { OpenOptions } from './types.js';

/** The token of now; undefined where none was given. Rejects where the user's function fails. */
export type TokenSource = () => Promise<string | undefined>;

/** Throws `invalid_argument` for a string that can be no token. */
export function tokenSource(given: OpenOptions['token']): TokenSource {
  if (typeof given === 'string') checked(given);
  return async () => (given === undefined ? undefined : checked(typeof given === 'function' ? await given() : given));
}

function checked(token: unknown): string {
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token;
  // Not shown, whatever it is.
  throw new SluiceError('invalid_argument', 'the token is no string of printable ASCII without spaces', {
    hint: 'pass the token as the server was given it, without a line end',
  });
}

/** The subprotocol that carries it, as core/wire/sluice.proto describes. */
export function bearerProtocol(token: string): string {
  return `sluice.bearer.${btoa(token).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`;
}

/** The header for a download from `url`, where that is the host and scheme of `server`, the address of a WebSocket. */
export async function authorizationFor(url: URL, server: string | undefined, token: TokenSource): Promise<string | undefined> {
  if (server === undefined) return undefined;
  const { protocol, host } = new URL(server);
  if (url.host !== host || url.protocol !== (protocol === 'wss:' ? 'https:' : 'http:')) return undefined;
  const mine = await token();
  return mine === undefined ? undefined : `Bearer ${mine}`;
}
