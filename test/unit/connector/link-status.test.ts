import { describe, expect, test } from "vitest";
import type { ChannelSlot, SlotState } from "../../../src/connector/channel-slot.ts";
import { type LinkView, linkStatus } from "../../../src/connector/link-status.ts";
import { MirrorState } from "../../../src/connector/mirror.ts";
import { type ConnectionStatus, overallState } from "../../../src/connector/status.ts";
import type { TerminalRecord } from "../../../src/domain/records.ts";
import { fakeTerminal } from "../../kit/fake-records.ts";

const up: SlotState = { state: "up" };
const waiting: SlotState = { state: "waiting", attempt: 3, fault: { code: "lost", message: "gone" } };
const connected: ConnectionStatus = { state: "connected", sinceMs: 5 };

function slot(state: SlotState): ChannelSlot {
  return { state, isUp: state.state === "up" } as unknown as ChannelSlot;
}

interface Given {
  readonly command?: SlotState;
  readonly events?: SlotState;
  readonly sync?: SlotState;
  readonly open?: boolean;
  readonly live?: boolean;
  readonly terminal?: Partial<TerminalRecord>;
  readonly lastError?: Error;
  readonly before?: ConnectionStatus;
  readonly hasBeenLive?: boolean;
}

function status(given: Given): ConnectionStatus {
  const mirror = new MirrorState();
  if (given.terminal !== undefined) mirror.terminal = { ...fakeTerminal, ...given.terminal };
  const view: LinkView = {
    slots: {
      command: slot(given.command ?? up),
      events: slot(given.events ?? up),
      sync: slot(given.sync ?? up),
    },
    session: {
      isOpen: given.open ?? true,
      eventsLive: given.live ?? true,
      mirror,
      lastError: given.lastError,
    },
    hasBeenLive: given.hasBeenLive ?? true,
    before: given.before ?? connected,
    nowMs: 9,
  };
  return linkStatus(view);
}

describe("linkStatus", () => {
  test("is connected since the first moment, also before the terminal is known", () => {
    expect(status({})).toEqual({ state: "connected", sinceMs: 5 });
    expect(status({ terminal: {} })).toEqual({ state: "connected", sinceMs: 5 });
  });

  test.each<[keyof TerminalRecord, string]>([
    ["connected", "the terminal is not connected to its trade server"],
    ["terminalTradeAllowed", "Algo Trading is off in the terminal"],
    ["expertTradeAllowed", "algo trading is not allowed in the expert's properties"],
    ["accountTradeAllowed", "the account may not trade (an investor's password)"],
    ["accountExpertAllowed", "the broker does not allow experts on this account"],
  ])("is degraded when the terminal's %s is false, and says what to look at", (flag, reason) => {
    expect(status({ terminal: { [flag]: false } })).toEqual({
      state: "degraded",
      sinceMs: 9,
      reasons: [reason],
      works: { trading: false, queries: true, events: true },
    });
  });

  test("names what still works when a channel is lost, and the terminal's faults besides", () => {
    expect(status({ command: waiting, terminal: { connected: false } })).toEqual({
      state: "degraded",
      sinceMs: 9,
      reasons: ["channel command: gone", "the terminal is not connected to its trade server"],
      works: { trading: false, queries: true, events: true },
    });
    expect(status({ command: waiting })).toMatchObject({ reasons: ["channel command: gone"] });
  });

  test("is reconnecting once nothing works, with the attempt and the channels that are down", () => {
    const opening: SlotState = { state: "opening", attempt: 2, fault: undefined };
    expect(status({ command: opening, events: waiting, sync: waiting, open: false, live: false })).toEqual({
      state: "reconnecting",
      sinceMs: 9,
      attempt: 3,
      channels: ["command", "events", "sync"],
      reason: "channel command: connecting; channel events: gone; channel sync: gone",
    });
  });

  test("says why a session does not open, and when the ledger is being caught up", () => {
    const before: ConnectionStatus = { state: "connecting", sinceMs: 1, reason: "" };
    const first = { before, hasBeenLive: false, live: false } as const;
    expect(status({ ...first, open: false })).toMatchObject({ reason: "a session is being opened" });
    expect(status({ ...first, open: false, lastError: new Error("busy") })).toMatchObject({
      sinceMs: 1,
      reason: "a session is being opened (busy)",
    });
    expect(status(first)).toMatchObject({ reason: "the ledger is being caught up" });
    const again: SlotState = { state: "opening", attempt: 2, fault: { code: "lost", message: "gone" } };
    expect(status({ ...first, events: again })).toMatchObject({
      reason: "channel events: connecting after gone",
    });
  });
});

describe("overallState", () => {
  const all: Readonly<Record<ConnectionStatus["state"], ConnectionStatus>> = {
    connected,
    degraded: {
      state: "degraded",
      sinceMs: 0,
      reasons: [],
      works: { trading: false, queries: false, events: true },
    },
    connecting: { state: "connecting", sinceMs: 0, reason: "" },
    reconnecting: { state: "reconnecting", sinceMs: 0, reason: "", attempt: 1, channels: [] },
    disconnected: { state: "disconnected", sinceMs: 0, reason: "" },
  };

  test.each<[ConnectionStatus["state"][], ConnectionStatus["state"]]>([
    [["connected", "connected"], "connected"],
    [["connected", "disconnected"], "degraded"],
    [["degraded", "connecting"], "degraded"],
    [["reconnecting", "connecting"], "reconnecting"],
    [["connecting", "disconnected"], "connecting"],
    [["disconnected", "disconnected"], "disconnected"],
    [[], "disconnected"],
  ])("of %j is %s", (states, expected) => {
    expect(overallState(states.map((state) => all[state]))).toBe(expected);
  });
});
