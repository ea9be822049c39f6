import type { Channel, ChannelFault } from "../../transport/transport.ts";
import type { AgentRefusal, HandshakeRefusal } from "./agent-options.ts";

/** Counts what was refused, by channel and code, and hands each refusal on: the seam for an audit. */
export class Refusals {
  readonly #onRefusal: ((refusal: AgentRefusal) => void) | undefined;
  readonly #counts: Map<string, number> = new Map();

  constructor(onRefusal: ((refusal: AgentRefusal) => void) | undefined) {
    this.#onRefusal = onRefusal;
  }

  /** Notes one refusal. */
  note(refusal: AgentRefusal): void {
    const key = `${refusal.channel} ${refusal.code}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#onRefusal?.(refusal);
  }

  /** Notes a connection that did not become one. */
  handshake(channel: Channel, address: string, fault: ChannelFault, agentMs: number): void {
    const { code, message } = fault;
    this.note({ channel, code: handshakeRefusal(code), client: "", address, message, agentMs });
  }

  /** Counts by `channel CODE`. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}

function handshakeRefusal(code: ChannelFault["code"]): HandshakeRefusal {
  if (code === "handshake-timeout") return "HANDSHAKE_TIMEOUT";
  return `HANDSHAKE_${code.toUpperCase() as Uppercase<typeof code>}`;
}
