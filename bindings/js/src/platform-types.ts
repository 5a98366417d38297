// The platform's own types as the public declarations name them: the type itself where the user's project has it, else `never`.
// A project for Node has no `dom` in its `lib`, a worker's has no elements, and their compilers read the same declarations.
type Instance<Class> = Class extends { readonly prototype: infer Type } ? Type : never;
type Global<Name extends string> = typeof globalThis extends Readonly<Record<Name, infer Class>> ? Instance<Class> : never;

export type PlatformFrame =
  | Global<'ImageData'>
  | Global<'ImageBitmap'>
  | Global<'VideoFrame'>
  | Global<'HTMLCanvasElement'>
  | Global<'OffscreenCanvas'>
  | Global<'HTMLVideoElement'>
  | Global<'HTMLImageElement'>
  | Global<'Blob'>;

export type Address = string | Global<'URL'>;
export type Signal = Global<'AbortSignal'>;
export type WebWorker = Global<'Worker'>;
export type BlobOrResponse = Global<'Blob'> | Global<'Response'>;
export type CompiledModule = typeof globalThis extends { readonly WebAssembly: { readonly Module: infer Class } } ? Instance<Class> : never;

/** What is used of a ReadableStream. By its shape, since a generic class cannot be had as the ones above. */
export interface StreamOf<Item> {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Item | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}
