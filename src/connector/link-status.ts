import type { TerminalRecord } from "../domain/records.ts";
import { type Channel, channels } from "../transport/transport.ts";
import type { ChannelSlot } from "./channel-slot.ts";
import type { Session } from "./session.ts";
import type { ConnectionStatus } from "./status.ts";

/** What the status of an agent is judged by. */
export interface LinkView {
  readonly slots: Readonly<Record<Channel, ChannelSlot>>;
  readonly session: Pick<Session, "isOpen" | "eventsLive" | "mirror" | "lastError">;
  readonly hasBeenLive: boolean;
  readonly before: ConnectionStatus;
  readonly nowMs: number;
}

/** What three channels, a session and a terminal amount to. */
export function linkStatus(view: LinkView): ConnectionStatus {
  const { slots, session, before, nowMs } = view;
  const commandUp = slots.command.isUp;
  const live = commandUp && session.isOpen && session.eventsLive;
  const since = (state: ConnectionStatus["state"]): number =>
    before.state === state ? before.sinceMs : nowMs;
  if (live) {
    const reasons = session.mirror.terminal === undefined ? [] : terminalFaults(session.mirror.terminal);
    if (reasons.length === 0) return { state: "connected", sinceMs: since("connected") };
    return {
      state: "degraded",
      sinceMs: since("degraded"),
      reasons,
      works: { trading: false, queries: true, events: true },
    };
  }
  if (!view.hasBeenLive) {
    return { state: "connecting", sinceMs: since("connecting"), reason: reasonOf(view) };
  }
  // Once everything was lost, an agent that comes back in parts is still coming back.
  const wasWorking = before.state === "connected" || before.state === "degraded";
  const works = { trading: commandUp && session.isOpen, queries: session.isOpen, events: session.eventsLive };
  if (wasWorking && (works.queries || works.events)) {
    const reasons = missing(view);
    if (session.mirror.terminal !== undefined) reasons.push(...terminalFaults(session.mirror.terminal));
    return { state: "degraded", sinceMs: since("degraded"), reasons, works };
  }
  const down = channels.filter((channel) => !slots[channel].isUp);
  const attempts = channels.map((channel) => attemptOf(slots[channel]));
  return {
    state: "reconnecting",
    sinceMs: since("reconnecting"),
    reason: reasonOf(view),
    attempt: Math.max(...attempts),
    channels: down,
  };
}

/** Whether two statuses say the same. */
export function sameStatus(a: ConnectionStatus, b: ConnectionStatus): boolean {
  return JSON.stringify({ ...a, cause: undefined }) === JSON.stringify({ ...b, cause: undefined });
}

function attemptOf(slot: ChannelSlot): number {
  const { state } = slot;
  return state.state === "waiting" || state.state === "opening" ? state.attempt : 0;
}

/** Never empty: a status that says nothing of why helps nobody. */
function reasonOf(view: LinkView): string {
  const reasons = missing(view);
  return reasons.length === 0 ? "the channels are being opened" : reasons.join("; ");
}

function missing(view: LinkView): string[] {
  const { slots, session } = view;
  const reasons: string[] = [];
  for (const channel of channels) {
    const { state } = slots[channel];
    if (state.state === "waiting") reasons.push(`channel ${channel}: ${state.fault.message}`);
    else if (state.state === "opening") {
      reasons.push(
        `channel ${channel}: connecting${state.fault === undefined ? "" : ` after ${state.fault.message}`}`,
      );
    }
  }
  if (slots.sync.isUp && !session.isOpen) {
    const why = session.lastError === undefined ? "" : ` (${session.lastError.message})`;
    reasons.push(`a session is being opened${why}`);
  } else if (session.isOpen && slots.events.isUp && !session.eventsLive)
    reasons.push("the ledger is being caught up");
  return reasons;
}

function terminalFaults(terminal: TerminalRecord): string[] {
  const faults: string[] = [];
  if (!terminal.connected) faults.push("the terminal is not connected to its trade server");
  if (!terminal.terminalTradeAllowed) faults.push("Algo Trading is off in the terminal");
  if (!terminal.expertTradeAllowed) faults.push("algo trading is not allowed in the expert's properties");
  if (!terminal.accountTradeAllowed) faults.push("the account may not trade (an investor's password)");
  if (!terminal.accountExpertAllowed) faults.push("the broker does not allow experts on this account");
  return faults;
}
