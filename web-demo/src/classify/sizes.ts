// Bytes of the features beside those of a JPEG: of the model's own size, and of the picture as it lies on the canvas.
import { element } from '../view/element.js';

const kJpegQuality = 0.85;

export class SizesView {
  readonly #scale = element('scale');

  /** Whether the features go to a server. */
  say(sent: boolean): void {
    element('bytes-what').textContent = sent ? 'bytes of features' : 'bytes of features, none of them sent: no server is there';
  }

  /** `seen` is what the model sees. Answers false where `stillWanted` no longer holds. */
  async show(payloadBytes: number, seen: HTMLCanvasElement, picture: HTMLCanvasElement, stillWanted: () => boolean): Promise<void> {
    element('bytes-payload').textContent = count(payloadBytes);
    const [small, whole] = await Promise.all([jpegBytes(seen), jpegBytes(picture)]);
    if (!stillWanted()) return;
    element('bytes-small').textContent = `${count(small)} bytes`;
    element('bytes-jpeg').textContent = `${count(whole)} bytes`;
    const most = Math.max(payloadBytes, small, whole);
    const kinds = ['split', 'remote', 'remote'];
    this.#scale.replaceChildren(
      ...[payloadBytes, small, whole].map((bytes, i) => {
        const bar = document.createElement('li');
        bar.dataset['kind'] = kinds[i]!;
        bar.style.setProperty('--share', `${(100 * bytes) / most}%`);
        return bar;
      }),
    );
  }
}

function jpegBytes(canvas: HTMLCanvasElement): Promise<number> {
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob?.size ?? 0), 'image/jpeg', kJpegQuality));
}

const count = (bytes: number): string => bytes.toLocaleString('en');
