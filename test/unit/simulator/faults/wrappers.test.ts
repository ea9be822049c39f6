import { describe, expect, test } from "vitest";
import type { Terminal } from "../../../../src/domain/terminal.ts";
import { faultyTerminal } from "../../../../src/simulator/faults/terminal.ts";
import { recordTraffic } from "../../../../src/simulator/faults/traffic.ts";
import { faultyTransport } from "../../../../src/simulator/faults/transport.ts";
import { memoryNetwork } from "../../../../src/transport/memory-network.ts";
import type { ByteStream } from "../../../../src/transport/network.ts";
import type { ChannelEvents, ClientChannel, Transport } from "../../../../src/transport/transport.ts";
import { VirtualClock } from "../../../../src/transport/virtual-clock.ts";
import { FakeTerminal, fakeDeal, fakeOrder, fakePosition } from "../../../kit/fake-terminal.ts";

describe("faultyTerminal", () => {
  function full(): FakeTerminal {
    const inner = new FakeTerminal(new VirtualClock());
    inner.positionTable = [fakePosition("1")];
    inner.orderTable = [fakeOrder("2")];
    inner.orderHistory = [fakeOrder("3")];
    inner.dealHistory = [fakeDeal("4", "3")];
    return inner;
  }

  /** How many rows each table shows; undefined where there is none. */
  function rows(terminal: Terminal): (number | undefined)[] {
    return [
      terminal.positions().length,
      terminal.orders().length,
      terminal.historyOrders("0").length,
      terminal.historyDeals("0").length,
      terminal.copyRates("EURUSD", "M1", { count: 1 })?.length,
      terminal.copyTicksRange("EURUSD", 0, 1)?.length,
      terminal.calendar?.(0, 1)?.length,
    ];
  }

  test("shows everything as it is, and while it is unsynchronised as if there were nothing", () => {
    const inner = full();
    const calendar = Object.assign(inner, { calendar: () => [] });
    const { terminal, unsynchronised } = faultyTerminal(calendar, new VirtualClock());
    expect(rows(terminal)).toEqual([1, 1, 1, 1, 0, 0, 0]);
    const handle = unsynchronised({ connected: false, loggedIn: false });
    expect(rows(terminal)).toEqual([0, 0, 0, 0, undefined, undefined, undefined]);
    expect([terminal.info().connected, terminal.account().login]).toEqual([false, "0"]);
    expect(terminal.marketBook("EURUSD")).toBeUndefined();
    handle.heal();
    handle.heal();
    expect(rows(terminal)).toEqual([1, 1, 1, 1, 0, 0, 0]);
    expect(terminal.info().connected).toBe(true);
  });

  test("can keep its tables while it is not connected, and be logged in to another account", () => {
    const { terminal, unsynchronised, otherAccount } = faultyTerminal(full(), new VirtualClock());
    unsynchronised({ connected: false, tables: true });
    expect([terminal.info().connected, rows(terminal)[0]]).toEqual([false, 1]);
    const server = terminal.account().server;
    const other = otherAccount("77");
    expect(terminal.account()).toMatchObject({ login: "77", server });
    other.heal();
    expect(terminal.account().login).not.toBe("77");
  });

  test("passes everything else on as it is", () => {
    const inner = full();
    const { terminal } = faultyTerminal(inner, new VirtualClock());
    expect(terminal.symbols()).toEqual(inner.symbols());
    expect(terminal.symbol("EURUSD")).toEqual(inner.symbol("EURUSD"));
    expect(terminal.copyTicks("EURUSD", 0, 5)).toEqual(inner.copyTicks("EURUSD", 0, 5));
    expect(terminal.calcMargin("buy", "EURUSD", 1, 1)).toBe(inner.calcMargin("buy", "EURUSD", 1));
    expect(terminal.calcProfit("buy", "EURUSD", 1, 1, 2)).toBe(inner.calcProfit("buy", "EURUSD", 1, 1, 2));
    expect(terminal.addBook("EURUSD")).toBe(inner.addBook());
    expect(terminal.calendar).toBeUndefined();
    terminal.releaseBook("EURUSD");
    expect(terminal.orderCheck({ action: "remove", symbol: "EURUSD", order: "2" })).toEqual(
      inner.orderCheck(),
    );
    expect(terminal.marketBook("EURUSD")).toEqual(inner.marketBook());
  });
});

describe("faultyTransport", () => {
  function stage(): {
    readonly clock: VirtualClock;
    readonly faults: ReturnType<typeof faultyTransport>;
    readonly client: ClientChannel;
    readonly inner: ChannelEvents;
    readonly sent: string[];
    readonly heard: string[];
  } {
    const clock = new VirtualClock();
    const sent: string[] = [];
    const heard: string[] = [];
    let inner: ChannelEvents | undefined;
    const name = (frames: readonly Uint8Array[]): string => String(frames[0]?.[0]);
    const transport: Transport = {
      name: "inner",
      connect: (channel, _, events): ClientChannel => {
        inner = events;
        return {
          channel,
          send: (frames): boolean => {
            sent.push(name(frames));
            return true;
          },
          subscribe: (): void => void sent.push("subscribe"),
          unsubscribe: (): void => void sent.push("unsubscribe"),
          close: () => Promise.resolve(),
        };
      },
      listen: () => Promise.reject(new Error("inner listens")),
    };
    const faults = faultyTransport(transport, clock);
    const key = new Uint8Array(32);
    const client = faults.transport.connect(
      "sync",
      { host: "h", port: 1, serverPublicKey: key, clientSecretKey: key, handshakeTimeoutMs: 1_000 },
      {
        up: (): void => void heard.push("up"),
        message: (frames): void => void heard.push(name(frames)),
        writable: (): void => void heard.push("writable"),
        down: (): void => void heard.push("down"),
      },
    );
    if (inner === undefined) throw new Error("Not connected");
    return { clock, faults, client, inner, sent, heard };
  }

  const message = (n: number): Uint8Array[] => [new Uint8Array([n])];

  test("swap lets the next message of its direction pass first", () => {
    const { faults, client, inner, sent, heard } = stage();
    inner.up();
    faults.add({ channel: "sync", direction: "send", action: { kind: "swap" }, times: 1 });
    faults.add({ channel: "sync", direction: "receive", action: { kind: "swap" }, times: 1 });
    for (const n of [1, 2, 3]) {
      expect(client.send(message(n))).toBe(true);
      inner.message(message(n));
    }
    expect(sent).toEqual(["2", "1", "3"]);
    expect(heard).toEqual(["up", "2", "1", "3"]);
  });

  test("what is delayed beyond the end of the connection reaches nobody", async () => {
    const { clock, faults, client, inner, sent, heard } = stage();
    inner.up();
    for (const direction of ["send", "receive"] as const) {
      faults.add({ channel: "sync", direction, action: { kind: "delay", delayMs: 10 } });
    }
    client.send(message(1));
    inner.message(message(2));
    inner.down({ code: "lost", message: "gone" });
    await clock.advance(20);
    expect([sent, heard]).toEqual([[], ["up", "down"]]);
  });

  test("rules of another channel, direction or content leave a message alone, and the rest is passed on", async () => {
    const { faults, client, inner, sent, heard } = stage();
    faults.add({ channel: "command", direction: "send", action: { kind: "drop" } });
    faults.add({ channel: "sync", direction: "receive", action: { kind: "drop" }, match: () => false });
    client.send(message(1));
    inner.up();
    client.subscribe(new Uint8Array(0));
    client.unsubscribe(new Uint8Array(0));
    inner.message(message(2));
    inner.writable();
    await client.close(0);
    expect(sent).toEqual(["1", "subscribe", "unsubscribe"]);
    expect(heard).toEqual(["up", "2", "writable"]);
    await expect(faults.transport.listen({} as never, {} as never)).rejects.toThrow("inner listens");
  });
});

describe("recordTraffic", () => {
  /** What passes between two ends: bytes there, bytes back, an end. */
  async function session(bytes: number): Promise<ReturnType<typeof recordTraffic>> {
    const clock = new VirtualClock();
    const record = recordTraffic(memoryNetwork({ clock, latencyMs: 1 }), clock);
    const quiet = { open: (): void => undefined, drain: (): void => undefined, close: (): void => undefined };
    let far: ByteStream | undefined;
    const listener = await record.network.listen({ host: "*", port: 7 }, (stream) => {
      far = stream;
      return { ...quiet, data: () => undefined };
    });
    const got: number[] = [];
    const near = record.network.connect(
      { host: "h", port: 7 },
      { ...quiet, data: (chunk): void => void got.push(...chunk) },
    );
    await clock.advance(10);
    near.write(new Uint8Array(bytes));
    near.pause();
    far?.write(new Uint8Array([1, 2, 3]));
    await clock.advance(10);
    expect(got).toEqual([]);
    near.resume();
    await clock.advance(10);
    expect(got).toEqual([1, 2, 3]);
    near.end();
    near.destroy();
    await clock.advance(10);
    await listener.close();
    return record;
  }

  test("counts both directions, and gives equal runs the same digest and others another", async () => {
    const [one, two, other] = [await session(5), await session(5), await session(6)];
    expect([one.chunks, one.bytes, other.bytes]).toEqual([2, 8, 9]);
    expect(one.digest()).toBe(two.digest());
    expect(one.digest()).not.toBe(other.digest());
    two.note("something else");
    expect(one.digest()).not.toBe(two.digest());
  });
});
