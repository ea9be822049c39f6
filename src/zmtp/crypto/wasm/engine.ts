import { secretBoxModule } from "./module.ts";

/** What the module exports; see `module.ts` for each function's arguments. */
export interface Engine {
  readonly heap: Uint8Array;
  stream(
    from: number,
    to: number,
    chunks: number,
    counter: number,
    message: number,
    ready: number,
    step: number,
  ): void;
  begin(from: number, to: number): void;
  absorb(message: number, length: number): void;
  finish(): void;
  advance(from: number, to: number, made: number, fed: number, end: number, counter: number): void;
  seal(length: number): void;
  open(length: number): number;
}

interface Exports extends Omit<Engine, "heap"> {
  readonly memory: { readonly buffer: ArrayBuffer };
}

/** The part of the JavaScript interface of WebAssembly that is used; the neutral code has no DOM types. */
interface WebAssemblyInterface {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/**
 * Compiles the module, which is synchronous and takes about 10 ms; or undefined where the runtime has no
 * WebAssembly (`node --jitless`) or no vectors in it (JavaScriptCore on processors without AVX).
 */
export function createEngine(): Engine | undefined {
  const { WebAssembly } = globalThis as { readonly WebAssembly?: WebAssemblyInterface };
  if (WebAssembly === undefined) return undefined;
  const bytes = secretBoxModule();
  if (!WebAssembly.validate(bytes)) return undefined;
  const exports = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  const { stream, begin, absorb, finish, advance, seal, open } = exports;
  // The memory never grows, so one view holds for ever.
  return { heap: new Uint8Array(exports.memory.buffer), stream, begin, absorb, finish, advance, seal, open };
}
