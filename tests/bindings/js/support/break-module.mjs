// Brings real modules into trouble: one that traps, one that has no memory left. For modules made on this thread after the import of
// this file.
const made = [];
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (module, imports) => {
  const instance = await instantiate.call(WebAssembly, module, imports);
  if (imports?.env?.memory !== undefined) made.push({ memory: imports.env.memory, exports: instance.exports });
  return instance;
};

/** How many modules there have been. */
export const modulesMade = () => made.length;

/**
 * Breaks the module of that number, counted from 0; the last one when left out. All of its memory is overwritten, so that whatever it
 * does next reads addresses that it does not have.
 */
export function breakModule(number = made.length - 1) {
  new Uint8Array(made[number].memory.buffer).fill(0xff);
}

/** Takes all the memory that the module of that number can get; returns what gives it back. */
export function exhaustModule(number) {
  const { sluice_allocate: allocate, sluice_free: free } = made[number].exports;
  const taken = [];
  for (let size = 2 ** 24; size >= 8; size /= 2) for (let at = allocate(size); at !== 0; at = allocate(size)) taken.push(at);
  return () => taken.splice(0).forEach((at) => free(at));
}
