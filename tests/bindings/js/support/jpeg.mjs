// A JPEG file of one grey, whose pixels can be told by hand: every block is its mean alone, so that decoders give the level exactly.
const segment = (marker, bytes) => [0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 255, ...bytes];

/** `change`: bytes that go before the frame's header, as of an APP1 segment. */
export function greyJpeg(level, width, height, change = []) {
  const mean = level - 128; // times 8, quantised by 8
  const bits = mean === 0 ? 1 : 32 - Math.clz32(Math.abs(mean));
  const value = mean > 0 ? mean : mean + 2 ** bits - 1;
  const first = mean === 0 ? '00' : `10${value.toString(2).padStart(bits, '0')}0`;
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const scan = first + '00'.repeat(blocks - 1);
  const padded = scan.padEnd(Math.ceil(scan.length / 8) * 8, '1');
  const coded = [];
  for (let at = 0; at < padded.length; at += 8) {
    const byte = Number.parseInt(padded.slice(at, at + 8), 2);
    coded.push(byte, ...(byte === 0xff ? [0] : []));
  }
  const sides = [height >> 8, height & 255, width >> 8, width & 255];
  return new Uint8Array([
    ...[0xff, 0xd8],
    ...segment(0xdb, [0, ...Array(64).fill(8)]),
    ...change,
    ...segment(0xc0, [8, ...sides, 1, 1, 0x11, 0]),
    ...segment(0xc4, [0x00, 1, 1, ...Array(14).fill(0), 0, bits]), // means: no change is '0', one of so many bits '10'
    ...segment(0xc4, [0x10, 1, ...Array(15).fill(0), 0]), // all else: the block's end is '0'
    ...segment(0xda, [1, 1, 0, 0, 63, 0]),
    ...coded,
    ...[0xff, 0xd9],
  ]);
}

/** An APP1 segment that says how the picture is to be turned. */
export function turned(orientation) {
  const exif = [0x45, 0x78, 0x69, 0x66, 0, 0];
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8];
  return segment(0xe1, [...exif, ...tiff, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
}
