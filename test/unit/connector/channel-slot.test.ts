import { beforeEach, expect, test } from "vitest";
import { ChannelSlot } from "../../../src/connector/channel-slot.ts";
import { createLog, type LogEntry } from "../../../src/connector/log.ts";
import { TimerScope } from "../../../src/connector/timers.ts";
import type { ChannelEvents, ClientChannel, Transport } from "../../../src/transport/transport.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";

let clock: VirtualClock;
let heard: string[];
let logged: LogEntry[];
/** The events of each connection that was made, oldest first. */
let made: ChannelEvents[];
let closes: () => Promise<void>;
let onLost: () => void;
let onDialling: () => void;
let mayRetry: () => boolean;

beforeEach(() => {
  clock = new VirtualClock();
  heard = [];
  logged = [];
  made = [];
  closes = () => Promise.resolve();
  onLost = () => undefined;
  onDialling = () => undefined;
  mayRetry = () => true;
});

function slot(): ChannelSlot {
  const transport: Transport = {
    name: "scripted",
    connect: (channel, _, events): ClientChannel => {
      made.push(events);
      return {
        channel,
        send: () => true,
        subscribe: (): void => void heard.push("subscribe"),
        unsubscribe: (): void => void heard.push("unsubscribe"),
        close: () => closes(),
      };
    },
    listen: () => Promise.reject(new Error("not here")),
  };
  const key = new Uint8Array(32);
  return new ChannelSlot(
    {
      channel: "events",
      transport,
      timers: new TimerScope(clock),
      randomBytes: (length) => new Uint8Array(length),
      log: createLog(
        { level: "debug", destination: "custom", customHandler: (entry): void => void logged.push(entry) },
        () => 0,
        undefined,
      ),
      backoff: { baseDelayMs: 100, maxDelayMs: 1_000, multiplier: 2 },
      connect: { host: "h", port: 1, serverPublicKey: key, clientSecretKey: key, handshakeTimeoutMs: 1_000 },
      topics: () => [new Uint8Array(1)],
    },
    {
      dialling: (): void => onDialling(),
      up: (): void => void heard.push("up"),
      lost: (): void => {
        heard.push("lost");
        onLost();
      },
      mayRetry: () => mayRetry(),
      message: (): void => void heard.push("message"),
      writable: (): void => void heard.push("writable"),
    },
  );
}

const fault = { code: "lost", message: "gone" } as const;

test("ChannelSlot hears nothing of a connection that was given up", () => {
  const subject = slot();
  subject.open();
  subject.open();
  expect(made).toHaveLength(1);
  made[0]?.up();
  subject.reopen(fault);
  heard.length = 0;
  made[0]?.up();
  made[0]?.message([]);
  made[0]?.writable();
  made[0]?.down(fault);
  expect(heard).toEqual([]);
  expect(subject.state).toEqual({ state: "waiting", attempt: 1, fault });
});

test("ChannelSlot passes on what its connection tells", () => {
  const subject = slot();
  subject.open();
  made[0]?.up();
  made[0]?.message([]);
  made[0]?.writable();
  subject.unsubscribe(new Uint8Array(1));
  expect(heard).toEqual(["subscribe", "up", "message", "writable", "unsubscribe"]);
});

test("ChannelSlot has nothing to reopen, subscribe or close before it is opened", async () => {
  const subject = slot();
  subject.reopen(fault);
  subject.subscribe(new Uint8Array(1));
  subject.unsubscribe(new Uint8Array(1));
  subject.hurry();
  await subject.close(0);
  expect([heard, made, subject.state]).toEqual([[], [], { state: "closed" }]);
});

test("ChannelSlot closed by whoever hears of the loss does not connect again", async () => {
  const subject = slot();
  onLost = (): void => void subject.close(0);
  subject.open();
  made[0]?.up();
  made[0]?.down(fault);
  await clock.advance(10_000);
  expect([made.length, subject.state]).toEqual([1, { state: "closed" }]);
});

test("ChannelSlot closed by whoever is asked about another attempt does not connect again", async () => {
  const subject = slot();
  mayRetry = (): boolean => {
    subject.close(0).catch(() => undefined);
    return true;
  };
  subject.open();
  made[0]?.down(fault);
  await clock.advance(10_000);
  expect([made.length, subject.state]).toEqual([1, { state: "closed" }]);
});

test("ChannelSlot closed by whoever hears that it dials makes no connection", () => {
  const subject = slot();
  onDialling = (): void => void subject.close(0);
  subject.open();
  expect([made.length, subject.state]).toEqual([0, { state: "closed" }]);
});

test("ChannelSlot that may not try again waits for a hurry, and logs a connection that does not close", async () => {
  const subject = slot();
  mayRetry = () => false;
  closes = () => Promise.reject(new Error("stuck"));
  subject.open();
  made[0]?.up();
  subject.reopen(fault);
  await clock.advance(10_000);
  expect(made).toHaveLength(1);
  subject.hurry();
  expect(made).toHaveLength(2);
  expect(subject.state).toEqual({ state: "opening", attempt: 2, fault });
  expect(logged).toMatchObject([{ level: "warn", data: { error: { message: "stuck" } } }]);
});
