import { beforeEach, expect, test } from "vitest";
import { type Command, newCommand } from "../../../src/connector/command.ts";
import { CommandWindow } from "../../../src/connector/command-window.ts";
import { createLog } from "../../../src/connector/log.ts";
import { decodeBody } from "../../../src/protocol/v1/codec.ts";
import type { Signer } from "../../../src/protocol/v1/signing.ts";
import type { ClientChannel } from "../../../src/transport/transport.ts";

const stamps = { epoch: 1, issuedAt: 0, notAfter: 60_000 };
const signer: Signer = { sign: () => new Uint8Array(32), verify: () => true };

let nowMs: number;
let written: number[];
let reopened: string[];
let lost: string[];
/** What the channel answers; "throws" is a channel that is going down. */
let takes: boolean | "throws";

const channel: ClientChannel = {
  channel: "command",
  send: ([body]) => {
    if (takes === "throws") throw new Error("Cannot send: the channel is not up");
    written.push(Number(decodeBody(body ?? new Uint8Array())["n"]));
    return takes;
  },
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  close: () => Promise.resolve(),
};

function open(): CommandWindow {
  const window = new CommandWindow({
    clock: { nowMs: () => nowMs, wallMs: () => nowMs, setTimer: () => ({ cancel: () => undefined }) },
    log: createLog(undefined, () => 0, undefined),
    signer,
    reopenChannel: (reason): void => void reopened.push(reason),
    sessionLost: (reason): void => void lost.push(reason),
  });
  window.startSession({ id: "s", epoch: 1 });
  window.attach(channel);
  return window;
}

function command(id: string): Command {
  return newCommand(
    {
      id,
      action: "buy",
      intent: "{}",
      digest: "",
      reduces: false,
      opens: true,
      named: true,
      timeoutMs: 10_000,
    },
    nowMs,
  );
}

beforeEach(() => {
  nowMs = 0;
  written = [];
  reopened = [];
  lost = [];
  takes = true;
});

test("CommandWindow numbers what was written, and gives no number to what was not", () => {
  const window = open();
  window.send(command("a"), stamps);
  takes = "throws";
  const b = command("b");
  expect(window.send(b, stamps)).toBeUndefined();
  expect([b.sent, window.ready]).toEqual([false, false]);
  takes = true;
  window.attach(channel);
  window.flush();
  expect(window.send(b, stamps)?.n).toBe(2);
  expect(written).toEqual([1, 1, 2]);
});

test("CommandWindow writes nothing into a full channel until it is writable, and nothing without a session", () => {
  const window = open();
  takes = false;
  window.send(command("a"), stamps);
  expect(window.ready).toBe(false);
  takes = true;
  window.writable();
  expect(window.ready).toBe(true);
  window.endSession();
  expect(window.ready).toBe(false);
  expect(window.send(command("b"), stamps)).toBeUndefined();
});

test("CommandWindow stops in the middle of writing again when the channel goes down, and goes on where it was", () => {
  const window = open();
  for (const id of ["a", "b", "c"]) window.send(command(id), stamps);
  window.detach();
  takes = "throws";
  window.attach(channel);
  window.flush();
  takes = true;
  window.attach(channel);
  window.flush();
  expect(written).toEqual([1, 2, 3, 1, 2, 3]);
});

test("CommandWindow goes back to the missing number once, and ends the session if it never had it", () => {
  const window = open();
  for (const id of ["a", "b"]) window.send(command(id), stamps);
  window.missing(2);
  window.flush();
  window.missing(2);
  window.flush();
  expect(written).toEqual([1, 2, 2]);
  window.missing(1);
  expect(lost).toEqual([]);
  window.missing(7);
  expect(lost).toEqual(["the agent misses command 7 of the session, which was not sent"]);
});

test("CommandWindow sends three rounds, then asks for another channel, three more, and then for another session", () => {
  const window = open();
  window.send(command("a"), stamps);
  for (let pulse = 0; pulse < 40 && lost.length === 0; pulse++) {
    nowMs += 1_000;
    window.pulse(0);
    window.flush();
  }
  expect(reopened).toEqual(["command 1 does not arrive at the agent"]);
  expect(lost).toEqual(["command 1 does not arrive at the agent"]);
  expect(written).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test("CommandWindow forgets its rounds as soon as a number is used up", () => {
  const window = open();
  window.send(command("a"), stamps);
  window.send(command("b"), stamps);
  for (let pulse = 0; pulse < 40; pulse++) {
    nowMs += 1_000;
    window.pulse(pulse < 3 ? 0 : 1);
    window.flush();
    if (reopened.length > 0) break;
  }
  expect(reopened).toEqual(["command 2 does not arrive at the agent"]);
  nowMs += 1_000;
  window.pulse(2);
  expect([lost, window.ready]).toEqual([[], true]);
});
