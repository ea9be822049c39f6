/** A direction, as the side that dialled sees it. */
export type Direction = "send" | "receive";

/** What is done to a ZMTP frame below the engine. */
export type FrameAction =
  | { readonly kind: "drop" }
  | { readonly kind: "duplicate" }
  /** What follows in the same direction overtakes it. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Held back until the next frame of the same direction has passed. */
  | { readonly kind: "swap" };

/** A fault of byte streams, of those dialled to one port or of all. */
export type LinkRule = { readonly port?: number } & (
  | { readonly kind: "cutAfter"; readonly direction: Direction; bytes: number }
  | { readonly kind: "cutInFrame"; readonly direction: Direction }
  | { readonly kind: "halfOpen" }
  | { readonly kind: "stall" }
  | { readonly kind: "refuse" }
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "corrupt"; readonly direction: Direction }
  | { readonly kind: "frame"; readonly direction: Direction; readonly action: FrameAction }
);

/** Whether a rule is for a connection to this port, in this direction where it has one. */
export function isFor(rule: LinkRule, port: number, direction?: Direction): boolean {
  if (rule.port !== undefined && rule.port !== port) return false;
  return direction === undefined || !("direction" in rule) || rule.direction === direction;
}

/** Whether a rule is for whole frames of this direction. */
export function isFrameRule(rule: LinkRule, port: number, direction: Direction): boolean {
  return (rule.kind === "frame" || rule.kind === "cutInFrame") && isFor(rule, port, direction);
}
