import type { Clock } from "../../transport/clock.ts";
import type { FaultSet } from "./fault.ts";
import { FrameCutter, type Piece } from "./frame-cutter.ts";
import { type Direction, type FrameAction, isFor, isFrameRule, type LinkRule } from "./link-rule.ts";

/** What one direction of a connection is made of. */
export interface LineOptions {
  readonly port: number;
  readonly direction: Direction;
  readonly clock: Clock;
  readonly rules: FaultSet<LinkRule>;
  readonly forward: (bytes: Uint8Array) => void;
  /** The connection is to break now; what was forwarded still arrives. */
  readonly torn: () => void;
}

/** One direction of one connection: runs what passes through the faults that stand. */
export class Line {
  readonly #options: LineOptions;
  readonly #cutter = new FrameCutter();
  /** Steps that wait for a stall to be healed, in order. */
  #stalled: (() => void)[] = [];
  #busyUntilMs = 0;
  #torn = false;
  /** The pieces of the frame that is being gathered because a rule may be for it. */
  #gathered: Uint8Array[] = [];
  #gathering = false;
  /** Frames held back for a swap. */
  #held: Uint8Array[] = [];

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Takes a chunk; what is left of it is forwarded now or later, in order. */
  push(chunk: Uint8Array): void {
    this.behind(() => this.#pass(chunk));
  }

  /** Runs a step after everything that was pushed before. */
  behind(step: () => void): void {
    const stall = this.#find("stall");
    if (stall !== undefined || this.#stalled.length > 0) {
      stall?.strike();
      this.#stalled.push(step);
      return;
    }
    this.#whenDue(step);
  }

  /** A stall was healed: what waited goes on, unless another stall stands. */
  release(): void {
    if (this.#find("stall") !== undefined) return;
    const waiting = this.#stalled;
    this.#stalled = [];
    for (const step of waiting) this.#whenDue(step);
  }

  /** Delays come and go; the order stays. */
  #whenDue(step: () => void): void {
    const { clock } = this.#options;
    const rule = this.#find("delay");
    const nowMs = clock.nowMs();
    const delayMs = rule?.what.kind === "delay" ? rule.what.delayMs : 0;
    const dueMs = Math.max(this.#busyUntilMs, nowMs + delayMs);
    if (dueMs <= nowMs) {
      step();
      return;
    }
    rule?.strike();
    this.#busyUntilMs = dueMs;
    clock.setTimer(step, dueMs - nowMs);
  }

  #pass(chunk: Uint8Array): void {
    if (this.#torn) return;
    const silence = this.#find("halfOpen");
    if (silence !== undefined) {
      silence.strike();
      return;
    }
    const bytes = this.#corrupted(chunk);
    for (const piece of this.#cutter.push(bytes)) {
      if (!this.#torn) this.#passPiece(piece);
    }
  }

  #corrupted(chunk: Uint8Array): Uint8Array {
    const rule = this.#find("corrupt");
    if (rule === undefined || chunk.length === 0) return chunk;
    rule.strike();
    const changed = chunk.slice();
    const at = changed.length >> 1;
    changed[at] = (changed[at] ?? 0) ^ 1;
    return changed;
  }

  #passPiece(piece: Piece): void {
    const { rules, port, direction } = this.#options;
    // Which frame a rule is for can only be told at the frame's first byte.
    if (piece.begins && !piece.greeting) {
      this.#gathering = this.#held.length > 0 || rules.has((rule) => isFrameRule(rule, port, direction));
    }
    if (!this.#gathering) {
      this.#forward(piece.bytes);
      return;
    }
    // A copy: a sender may not change what it has written, but a reader may reuse what it has handed over.
    this.#gathered.push(piece.bytes.slice());
    if (!piece.ends) return;
    const frame = joined(this.#gathered);
    this.#gathered = [];
    this.#gathering = false;
    this.#passFrame(frame);
  }

  #passFrame(frame: Uint8Array): void {
    const { rules, port, direction } = this.#options;
    const rule = rules.strike((what) => isFrameRule(what, port, direction));
    if (rule?.kind === "cutInFrame") {
      this.#tear(frame.subarray(0, Math.max(1, frame.length >> 1)));
      return;
    }
    if (rule?.kind === "frame" && this.#act(rule.action, frame)) return;
    this.#forward(frame);
    if (rule?.kind === "frame" && rule.action.kind === "duplicate") this.#forward(frame.slice());
    const late = this.#held;
    this.#held = [];
    for (const held of late) this.#forward(held);
  }

  /** True if the frame does not pass now. */
  #act(action: FrameAction, frame: Uint8Array): boolean {
    switch (action.kind) {
      case "drop":
        return true;
      case "duplicate":
        return false;
      case "swap":
        this.#held.push(frame);
        return true;
      case "delay":
        this.#options.clock.setTimer(() => this.#forward(frame), action.delayMs);
        return true;
    }
  }

  #forward(bytes: Uint8Array): void {
    if (this.#torn) return;
    const rule = this.#find("cutAfter");
    if (rule?.what.kind === "cutAfter") {
      if (bytes.length >= rule.what.bytes) {
        const { bytes: left } = rule.what;
        rule.strike();
        this.#tear(bytes.subarray(0, left));
        return;
      }
      rule.what.bytes -= bytes.length;
    }
    this.#options.forward(bytes);
  }

  #tear(rest: Uint8Array): void {
    if (rest.length > 0) this.#options.forward(rest);
    this.#torn = true;
    this.#options.torn();
  }

  #find(kind: LinkRule["kind"]): ReturnType<FaultSet<LinkRule>["find"]> {
    const { rules, port, direction } = this.#options;
    if (rules.size === 0) return undefined;
    return rules.find((rule) => rule.kind === kind && isFor(rule, port, direction));
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
