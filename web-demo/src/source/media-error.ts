// A sentence for a video that does not play. Browsers give the error a number, and a message only where they like to: Firefox
// and WebKit leave it empty when the codec is missing.

const kSentences: Readonly<Record<number, string>> = {
  1: 'loading it was given up',
  2: 'the network broke off',
  3: 'its data could not be decoded',
  4: 'this browser does not play H.264 video, or the file is missing',
};

/** `what` plays in words that begin a sentence. */
export function sentenceForVideo(error: { readonly code: number; readonly message: string } | null, what = 'The sample stream'): string {
  const why = kSentences[error?.code ?? 0] ?? 'the browser does not say why';
  const detail = error?.message ? ` (${error.message})` : '';
  return `${what} could not be played: ${why}${detail}.`;
}
