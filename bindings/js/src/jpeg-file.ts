// What of a JPEG file decides whether it may go to a server in the place of the picture that was read from it: the size, how the pixels are
// coded, and whether it says to be turned. Reads the markers before the picture; any bytes may be passed. Plain functions.
import { requireAttached } from './attached.js';
import { shown } from './option-kinds.js';
import { SluiceError } from './errors.js';

export interface JpegHead {
  readonly width: number;
  readonly height: number;
  /** Huffman-coded, in grey or three colours: what servers decode. */
  readonly ordinary: boolean;
  /** EXIF's number of how the picture is to be turned; 1 where it is upright or doesn't say. */
  readonly orientation: number;
}

/** undefined for what is no JPEG file. */
export function readJpegHead(file: Uint8Array): JpegHead | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  let orientation = 1;
  for (let at = 2; at + 4 <= file.length;) {
    if (file[at] !== 0xff) return undefined;
    const marker = file[at + 1]!;
    if (marker === 0xff) {
      ++at; // a filling byte
      continue;
    }
    const length = view.getUint16(at + 2);
    if (length < 2 || at + 2 + length > file.length) return undefined;
    if (marker === 0xda) return undefined; // the picture begins without having said its size
    if (isFrame(marker)) {
      if (length < 8) return undefined;
      const [height, width, components] = [view.getUint16(at + 5), view.getUint16(at + 7), file[at + 9]!];
      return { width, height, ordinary: marker <= 0xc2 && (components === 1 || components === 3), orientation };
    }
    if (marker === 0xe1) orientation = orientationOf(new DataView(file.buffer, file.byteOffset + at + 4, length - 2)) ?? orientation;
    at += 2 + length;
  }
  return undefined;
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Of an APP1 segment: "Exif", two zeros, then a TIFF header and its first directory. */
function orientationOf(segment: DataView): number | undefined {
  if (segment.byteLength < 14 || segment.getUint32(0) !== 0x45786966) return undefined;
  const tiff = 6;
  const little = segment.getUint16(tiff) === 0x4949;
  const directory = tiff + segment.getUint32(tiff + 4, little);
  if (directory + 2 > segment.byteLength) return undefined;
  const entries = segment.getUint16(directory, little);
  for (let i = 0; i < entries; ++i) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > segment.byteLength) return undefined;
    if (segment.getUint16(entry, little) === 0x0112) return segment.getUint16(entry + 8, little);
  }
  return undefined;
}

/** A copy of a file that an application gives with its pixels; undefined for one that cannot stand for them. Throws `invalid_image`. */
export function jpegGiven(jpeg: unknown, width: number, height: number): Uint8Array | undefined {
  if (!(jpeg instanceof Uint8Array)) throw new SluiceError('invalid_image', `jpeg is ${shown(jpeg)}; a file comes as Uint8Array`);
  requireAttached(jpeg, 'jpeg', 'invalid_image');
  const head = readJpegHead(jpeg);
  if (head === undefined) throw new SluiceError('invalid_image', `jpeg, of ${jpeg.length} bytes, is no JPEG file`);
  const turned = head.orientation > 4;
  if ((turned ? head.height : head.width) !== width || (turned ? head.width : head.height) !== height) {
    throw new SluiceError('invalid_image', `the picture has ${width} x ${height} pixels, and its jpeg ${head.width} x ${head.height}`, {
      hint: 'pass the file that the pixels were read from, or none',
    });
  }
  return standsFor(head, width, height) ? jpeg.slice() : undefined;
}

/** Whether a server reads from the file what was read here. */
export function standsFor({ ordinary, orientation, ...size }: JpegHead, width: number, height: number): boolean {
  return ordinary && orientation === 1 && size.width === width && size.height === height;
}
