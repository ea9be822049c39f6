import type { Context } from "../environment.ts";
import type { SocketType } from "../socket-type.ts";
import { type Pattern, SocketCore } from "./core.ts";
import { type SocketOptions, type SocketSettings, settle } from "./options.ts";

/** What a socket type is built with. */
export interface Build {
  readonly context: Context;
  readonly socketType: SocketType;
  readonly options: SocketOptions;
  readonly identity?: Uint8Array | string | undefined;
}

/** Builds a socket's core around its pattern, which is made from the settled options. */
export function build<P extends Pattern>(
  { context, socketType, options, identity }: Build,
  makePattern: (settings: SocketSettings) => P,
): { readonly core: SocketCore; readonly pattern: P } {
  const settings = settle(socketType, context.crypto, options, identity);
  const pattern = makePattern(settings);
  return { core: new SocketCore(context, settings, pattern, options.monitor), pattern };
}
