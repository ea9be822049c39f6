import type { Context } from "../environment.ts";
import { checkKnownKeys } from "../known-keys.ts";
import type { SocketType } from "../socket-type.ts";
import { type Pattern, SocketCore } from "./core.ts";
import { type SocketOptions, type SocketSettings, settle, socketKeys } from "./options.ts";

/** What a socket type is built with. */
export interface Build {
  readonly context: Context;
  readonly socketType: SocketType;
  readonly options: SocketOptions & { readonly identity?: Uint8Array | string };
  /** The keys that the options may have. @default those of every socket */
  readonly keys?: Readonly<Record<string, true>>;
}

/** Builds a socket's core around its pattern, which is made from the settled options. */
export function build<P extends Pattern>(
  { context, socketType, options, keys = socketKeys }: Build,
  makePattern: (settings: SocketSettings) => P,
): { readonly core: SocketCore; readonly pattern: P } {
  checkKnownKeys(`the options of ${socketType}`, options, keys);
  const settings = settle(socketType, context.crypto, options, options.identity);
  const pattern = makePattern(settings);
  return { core: new SocketCore(context, settings, pattern, options.monitor), pattern };
}
