// Bytes from whatever a user names them by, with progress and with errors that say which address, what came and what to set.
import { requireAttached } from '../attached.js';
import type { StreamOf } from '../platform-types.js';
import type { Target } from '../targets/target.js';
import { describe, SluiceError } from '../errors.js';
import type { Progress, Source } from '../types.js';

export interface DownloadContext {
  readonly target: Target;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** The Authorization header for an address, where it is to have one. */
  readonly authorization?: ((url: URL) => Promise<string | undefined>) | undefined;
}

export interface DownloadNeed {
  /** For messages and progress: 'wasm', 'manifest', the part's name. */
  readonly what: string;
  /** What to change when it fails. */
  readonly hint: string;
  readonly maxBytes: number;
  /** From the manifest, where it is known. */
  readonly expectedBytes?: number | undefined;
}

export async function download(source: Source, need: DownloadNeed, context: DownloadContext): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) requireAttached(source, `the ${need.what}`, 'invalid_argument');
  if (source instanceof Uint8Array) return within(new Uint8Array(source), need);
  if (source instanceof ArrayBuffer) return within(new Uint8Array(source), need);
  if (source instanceof Blob) return within(new Uint8Array(await source.arrayBuffer()), need);
  if (source instanceof Response) return readResponse(source, source.url || undefined, need, context);
  if (typeof source === 'object' && 'getReader' in source) return readStream(source, undefined, undefined, need, context);
  const url = context.target.resolve(source);
  return readResponse(await request(url, need, context), url.href, need, context);
}

async function request(url: URL, need: DownloadNeed, { target, signal, authorization }: DownloadContext): Promise<Response> {
  const header = await authorization?.(url);
  try {
    return await target.fetch(url, signal, header);
  } catch (cause) {
    if (signal?.aborted) throw new SluiceError('cancelled', `loading the ${need.what} was aborted`, { cause: signal.reason, url: url.href });
    throw new SluiceError('fetch_failed', `the ${need.what} could not be fetched from ${url.href}: ${describe(cause)}${underneath(cause)}`, {
      url: url.href,
      cause,
      hint: hintFor(url, need),
    });
  }
}

/** Node's fetch says 'fetch failed', and what failed in its cause. */
function underneath(thrown: unknown): string {
  return thrown instanceof Error && thrown.cause instanceof Error ? ` (${describe(thrown.cause)})` : '';
}

/** Browsers don't say that it was the other origin's policy that kept an answer from the page. */
function hintFor(url: URL, { hint }: DownloadNeed): string {
  const here = (globalThis as { location?: { origin?: string } }).location?.origin;
  if (here === undefined || here === 'null' || here === url.origin) return hint;
  return `${hint}; or else have its server allow pages of this origin: sluice-server --allow-origin ${here}`;
}

function readResponse(response: Response, url: string | undefined, need: DownloadNeed, context: DownloadContext): Promise<Uint8Array<ArrayBuffer>> {
  const contentType = response.headers.get('content-type') ?? 'no content type';
  const failure = (text: string): SluiceError =>
    new SluiceError(
      response.status === 401 ? 'unauthenticated' : 'fetch_failed',
      `${text} (HTTP ${response.status}, ${contentType}) for the ${need.what} at ${url ?? 'the response given'}`,
      {
        url,
        hint: response.status === 401 ? undefined : need.hint, // a token is missing, not another address
      },
    );
  if (!response.ok) throw failure('the server refused');
  if (contentType.includes('text/html')) throw failure('a page came instead of the file');
  if (response.body === null) throw failure('nothing came');
  const length = Number(response.headers.get('content-length'));
  const encoded = response.headers.has('content-encoding'); // then the length is that of the compressed bytes
  const total = need.expectedBytes ?? (length > 0 && !encoded ? length : undefined);
  return readStream(response.body, url, total, need, context);
}

async function readStream(
  stream: StreamOf<Uint8Array>,
  url: string | undefined,
  totalBytes: number | undefined,
  need: DownloadNeed,
  { signal, onProgress }: DownloadContext,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let loadedBytes = 0;
  const onAbort = (): void => void reader.cancel(signal?.reason).catch(() => undefined);
  signal?.addEventListener('abort', onAbort);
  try {
    for (;;) {
      onProgress?.({ what: need.what, url, loadedBytes, totalBytes });
      const { done, value } = await reader.read();
      if (signal?.aborted) throw new SluiceError('cancelled', `loading the ${need.what} was aborted`, { cause: signal.reason, url });
      if (done) break;
      loadedBytes += value!.length;
      if (loadedBytes > need.maxBytes) throw tooLarge(loadedBytes, need, url);
      chunks.push(value!);
    }
  } catch (cause) {
    await reader.cancel().catch(() => undefined);
    if (cause instanceof SluiceError) throw cause;
    if (signal?.aborted) throw new SluiceError('cancelled', `loading the ${need.what} was aborted`, { cause: signal.reason, url });
    throw new SluiceError('fetch_failed', `the ${need.what} broke off after ${loadedBytes} bytes: ${describe(cause)}`, { url, cause, hint: need.hint });
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
  const bytes = new Uint8Array(loadedBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function within(bytes: Uint8Array<ArrayBuffer>, need: DownloadNeed): Uint8Array<ArrayBuffer> {
  if (bytes.length > need.maxBytes) throw tooLarge(bytes.length, need, undefined);
  return bytes;
}

function tooLarge(bytes: number, need: DownloadNeed, url: string | undefined): SluiceError {
  return new SluiceError('out_of_memory', `the ${need.what} has ${bytes} bytes or more; at most ${need.maxBytes} are taken`, { url, hint: need.hint });
}
