import { describe, expect, test } from "vitest";
import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "../../../../src/zmtp/mod.ts";
import { record, settled, text, virtualContext } from "./kit.ts";

describe("PUSH and PULL", () => {
  test("deliver in order, whoever binds, and before the peer is there", async () => {
    const { context, clock } = virtualContext();
    const push = new Push(context);
    push.connect("tcp://a:1000");
    await push.send("early");
    const pull = new Pull(context);
    await pull.bind("tcp://a:1000");
    await push.send(["1", "", "3"]);
    expect(text(await clock.runUntil(pull.receive(), 5_000))).toEqual(["early"]);
    expect(text(await clock.runUntil(pull.receive(), 1_000))).toEqual(["1", "", "3"]);
    await clock.runUntil(Promise.all([push.close(), pull.close()]), 10_000);
  });

  test("send to peers in turn and receive from peers in turn", async () => {
    const { context, clock } = virtualContext();
    const pulls = [new Pull(context), new Pull(context), new Pull(context)];
    const push = new Push(context);
    for (const [i, pull] of pulls.entries())
      push.connect(await pull.bind(`tcp://*:${1000 + i}`).then((e) => e.replace("0.0.0.0", "h")));
    for (let i = 0; i < 9; i++) await push.send(`${i}`);
    await clock.advance(100);
    for (const [i, pull] of pulls.entries()) {
      for (const want of [i, i + 3, i + 6]) expect(text(await pull.receive())).toEqual([`${want}`]);
    }
    const all = new Pull(context);
    await all.bind("tcp://*:2000");
    const pushes = [new Push(context), new Push(context)];
    for (const [i, one] of pushes.entries()) {
      one.connect("tcp://h:2000");
      for (let n = 0; n < 3; n++) await one.send(`${i}`);
    }
    await clock.advance(100);
    const got: string[] = [];
    for (let n = 0; n < 6; n++) got.push(...text(await all.receive()));
    expect(got.slice(0, 2).sort()).toEqual(["0", "1"]);
    expect(got.slice(2, 4).sort()).toEqual(["0", "1"]);
  });

  test("send waits at the high-water mark until a peer has room, and an aborted wait sends nothing", async () => {
    const { context, clock } = virtualContext();
    const push = new Push(context, { sendHighWaterMark: 3 });
    const none = push.send("nobody");
    expect(await settled(none)).toBe(false);
    push.connect("tcp://a:1000");
    await none;
    await push.send("2");
    await push.send("3");
    const abort = new AbortController();
    const given = push.send("given up", { signal: abort.signal });
    const fourth = push.send("4");
    expect(await settled(given)).toBe(false);
    abort.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    expect(await settled(fourth)).toBe(false);
    const pull = new Pull(context);
    await pull.bind("tcp://a:1000");
    await clock.runUntil(fourth, 5_000);
    for (const want of ["nobody", "2", "3", "4"]) {
      expect(text(await clock.runUntil(pull.receive(), 1_000))).toEqual([want]);
    }
  });

  test("a slow PULL stops its PUSH instead of losing or hoarding", async () => {
    const { context, clock } = virtualContext();
    const pull = new Pull(context, { receiveHighWaterMark: 10 });
    await pull.bind("tcp://a:1000");
    const push = new Push(context, { sendHighWaterMark: 10 });
    push.connect("tcp://a:1000");
    await clock.advance(50);
    const block = new Uint8Array(10_000);
    let sent = 0;
    const sending = (async (): Promise<void> => {
      for (; sent < 500; sent++) await push.send([`${sent}`, block]);
    })();
    await clock.advance(1_000);
    const stuckAt = sent;
    expect(stuckAt).toBeLessThan(100);
    for (let i = 0; i < 500; i++) {
      const [first] = await clock.runUntil(pull.receive(), 1_000);
      expect(new TextDecoder().decode(first)).toBe(`${i}`);
    }
    await sending;
  });

  test("a message's bytes may be used again when send has resolved, even if it still waits", async () => {
    const { context, clock } = virtualContext();
    const push = new Push(context);
    push.connect("tcp://a:1000");
    const bytes = new TextEncoder().encode("kept");
    await push.send(bytes);
    bytes.fill(0);
    const pull = new Pull(context);
    await pull.bind("tcp://a:1000");
    expect(text(await clock.runUntil(pull.receive(), 5_000))).toEqual(["kept"]);
  });

  test("close lets what waits leave within the linger time, rejects who waits and ends loops", async () => {
    const { context, clock } = virtualContext();
    const pull = new Pull(context);
    await pull.bind("tcp://a:1000");
    const push = new Push(context);
    push.connect("tcp://a:1000");
    for (let i = 0; i < 100; i++) await push.send(`${i}`);
    await clock.runUntil(push.close(), 5_000);
    await expect(push.send("late")).rejects.toMatchObject({ code: "closed" });
    const got: string[] = [];
    const loop = (async (): Promise<void> => {
      for await (const frames of pull) got.push(...text(frames));
    })();
    await clock.advance(100);
    expect(got).toHaveLength(100);
    await clock.runUntil(pull.close(), 1_000);
    await loop;
    await expect(pull.receive()).rejects.toMatchObject({ code: "closed" });
    const lonely = new Push(context, { lingerMs: 300 });
    lonely.connect("tcp://nobody:1");
    await lonely.send("x");
    const startMs = clock.nowMs();
    await clock.runUntil(lonely.close(), 1_000);
    expect(clock.nowMs() - startMs).toBe(300);
  });

  test("conflate keeps the last message only", async () => {
    const { context, clock } = virtualContext();
    const pull = new Pull(context, { conflate: true });
    await pull.bind("tcp://a:1000");
    const push = new Push(context);
    push.connect("tcp://a:1000");
    await clock.advance(20);
    for (let i = 0; i < 5; i++) await push.send(`${i}`);
    await clock.advance(20);
    expect(text(await pull.receive())).toEqual(["4"]);
  });
});

describe("PUB and SUB", () => {
  test("filter by prefix, count subscriptions, and renew them after a loss", async () => {
    const { context, clock, network } = virtualContext();
    const pub = new Publisher(context);
    await pub.bind("tcp://a:1000");
    const sub = new Subscriber(context);
    sub.connect("tcp://a:1000");
    sub.subscribe("A", "A", "B");
    const got: string[] = [];
    void (async (): Promise<void> => {
      for await (const frames of sub) got.push(...text(frames));
    })();
    await clock.advance(50);
    const say = async (...words: string[]): Promise<void> => {
      for (const word of words) await pub.send(word);
      await clock.advance(50);
    };
    await say("A1", "B1", "C1");
    sub.unsubscribe("A");
    await clock.advance(10);
    await say("A2");
    sub.unsubscribe("A");
    await clock.advance(10);
    await say("A3", "B3");
    network.cut();
    await clock.advance(1_000);
    await say("A4", "B4");
    expect(got).toEqual(["A1", "B1", "A2", "B3", "B4"]);
  });

  test("drop for a slow subscriber only", async () => {
    const { context, clock, network } = virtualContext();
    const pub = new Publisher(context, { sendHighWaterMark: 5 });
    await pub.bind("tcp://a:1000");
    await pub.bind("tcp://a:1001");
    const [slow, fast] = [new Subscriber(context), new Subscriber(context)];
    slow.subscribe();
    fast.subscribe();
    slow.connect("tcp://a:1000");
    fast.connect("tcp://a:1001");
    await clock.advance(50);
    network.freeze(1000);
    const block = new Uint8Array(20_000);
    for (let i = 0; i < 100; i++) {
      await pub.send([`${i}`, block]);
      await clock.advance(1);
    }
    network.unfreeze(1000);
    await clock.advance(100);
    const drain = async (sub: Subscriber): Promise<string[]> => {
      const got: string[] = [];
      void (async (): Promise<void> => {
        for await (const [first] of sub) got.push(new TextDecoder().decode(first));
      })();
      await clock.advance(100);
      return got;
    };
    expect(await drain(fast)).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
    const fewer = await drain(slow);
    expect(fewer.length).toBeLessThan(40);
    expect(fewer.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
  });

  test("XPUB tells of the first subscription and the last cancel, also of a subscriber that leaves", async () => {
    const { context, clock } = virtualContext();
    const xpub = new XPublisher(context);
    await xpub.bind("tcp://a:1000");
    const [one, two] = [new Subscriber(context), new Subscriber(context)];
    one.subscribe("A");
    two.subscribe("A", "B");
    one.connect("tcp://a:1000");
    two.connect("tcp://a:1000");
    await clock.advance(50);
    one.unsubscribe("A");
    await clock.advance(10);
    await clock.runUntil(two.close(), 1_000);
    await clock.advance(10);
    const got: string[] = [];
    void (async (): Promise<void> => {
      for await (const frames of xpub) got.push(...text(frames));
    })();
    await clock.advance(1);
    expect(got.slice(0, 2)).toEqual(["\x01A", "\x01B"]);
    expect(got.slice(2).sort()).toEqual(["\x00A", "\x00B"]);
  });

  test("XSUB subscribes by sending and sends messages upstream", async () => {
    const { context, clock } = virtualContext();
    const xpub = new XPublisher(context);
    await xpub.bind("tcp://a:1000");
    const xsub = new XSubscriber(context);
    xsub.connect("tcp://a:1000");
    await clock.advance(50);
    await xsub.send(Uint8Array.of(1, 0x41));
    await xsub.send(["upstream", "message"]);
    expect(text(await clock.runUntil(xpub.receive(), 100))).toEqual(["\x01A"]);
    expect(text(await clock.runUntil(xpub.receive(), 100))).toEqual(["upstream", "message"]);
    await xpub.send("Amen");
    expect(text(await clock.runUntil(xsub.receive(), 100))).toEqual(["Amen"]);
  });
});

describe("REQ, REP, DEALER and ROUTER", () => {
  test("REQ and REP take turns", async () => {
    const { context, clock } = virtualContext();
    const rep = new Reply(context);
    await rep.bind("tcp://a:1000");
    const req = new Request(context);
    req.connect("tcp://a:1000");
    await expect(req.receive()).rejects.toMatchObject({ code: "out-of-turn" });
    await expect(rep.send("x")).rejects.toMatchObject({ code: "out-of-turn" });
    for (let i = 0; i < 3; i++) {
      await req.send(["ask", `${i}`]);
      await expect(req.send("again")).rejects.toMatchObject({ code: "out-of-turn" });
      const asked = await clock.runUntil(rep.receive(), 1_000);
      expect(text(asked)).toEqual(["ask", `${i}`]);
      await expect(rep.receive()).rejects.toMatchObject({ code: "out-of-turn" });
      await rep.send(["answer", ...asked]);
      expect(text(await clock.runUntil(req.receive(), 1_000))).toEqual(["answer", "ask", `${i}`]);
    }
  });

  test("REQ hears that the peer with its request is gone, and may ask again", async () => {
    const { context, clock, network } = virtualContext();
    const rep = new Reply(context);
    await rep.bind("tcp://a:1000");
    const req = new Request(context);
    req.connect("tcp://a:1000");
    await req.send("lost");
    await clock.advance(50);
    const reply = req.receive();
    network.cut();
    await expect(clock.runUntil(reply, 1_000)).rejects.toMatchObject({ code: "peer-lost" });
    await req.send("found");
    await rep.receive();
    await rep.send("to nobody");
    expect(text(await clock.runUntil(rep.receive(), 5_000))).toEqual(["found"]);
    await rep.send("yes");
    expect(text(await clock.runUntil(req.receive(), 1_000))).toEqual(["yes"]);
  });

  test("a relaxed REQ discards the late reply to an earlier request", async () => {
    const { context, clock } = virtualContext();
    const router = new Router(context);
    await router.bind("tcp://a:1000");
    const req = new Request(context, { relaxed: true });
    req.connect("tcp://a:1000");
    await req.send("first");
    await req.send("second");
    const first = await clock.runUntil(router.receive(), 1_000);
    const second = await clock.runUntil(router.receive(), 1_000);
    expect([text(first).at(-1), text(second).at(-1)]).toEqual(["first", "second"]);
    await router.send([...first.slice(0, 3), "late"]);
    await router.send([...second.slice(0, 3), "right"]);
    expect(text(await clock.runUntil(req.receive(), 1_000))).toEqual(["right"]);
  });

  test("ROUTER addresses peers by identity, drops or rejects what it cannot route", async () => {
    const { context, clock } = virtualContext();
    const router = new Router(context, { mandatory: true });
    await router.bind("tcp://a:1000");
    const dealer = new Dealer(context, { identity: "d1" });
    const nameless = new Dealer(context);
    dealer.connect("tcp://a:1000");
    nameless.connect("tcp://a:1000");
    await dealer.send("hi");
    const [id, hi] = await clock.runUntil(router.receive(), 1_000);
    expect(text([id as Uint8Array, hi as Uint8Array])).toEqual(["d1", "hi"]);
    await router.send(["d1", "a", "", "b"]);
    expect(text(await clock.runUntil(dealer.receive(), 1_000))).toEqual(["a", "", "b"]);
    await expect(router.send(["nobody", "x"])).rejects.toMatchObject({ code: "unroutable" });
    await nameless.send("who");
    const [own] = await clock.runUntil(router.receive(), 1_000);
    expect(own?.[0]).toBe(0);
    const polite = new Router(context);
    await polite.send(["nobody", "x"]);
    await clock.runUntil(polite.close(), 10);
  });

  test("ROUTER keeps the first of two peers with one identity, or the last with handover", async () => {
    const { context, clock } = virtualContext();
    const { log, monitor } = record();
    const router = new Router(context, { monitor });
    await router.bind("tcp://a:1000");
    const first = new Dealer(context, { identity: "same" });
    first.connect("tcp://a:1000");
    await clock.advance(20);
    const second = new Dealer(context, { identity: "same" });
    second.connect("tcp://a:1000");
    await clock.advance(20);
    expect(log).toEqual([
      "listening",
      "accepted",
      "connected",
      "accepted",
      "handshake-failed identity-taken",
    ]);
    await router.send(["same", "x"]);
    expect(text(await clock.runUntil(first.receive(), 100))).toEqual(["x"]);
    const open = new Router(context, { handover: true });
    await open.bind("tcp://a:1001");
    second.disconnect("tcp://a:1000");
    first.connect("tcp://a:1001");
    await clock.advance(20);
    second.connect("tcp://a:1001");
    await clock.advance(20);
    await open.send(["same", "y"]);
    expect(text(await clock.runUntil(second.receive(), 100))).toEqual(["y"]);
  });
});

describe("PAIR", () => {
  test("talks to one peer and turns others away", async () => {
    const { context, clock } = virtualContext();
    const { log, monitor } = record();
    const bound = new Pair(context, { monitor });
    await bound.bind("tcp://a:1000");
    const first = new Pair(context);
    first.connect("tcp://a:1000");
    await first.send("one");
    expect(text(await clock.runUntil(bound.receive(), 1_000))).toEqual(["one"]);
    const second = new Pair(context);
    second.connect("tcp://a:1000");
    await clock.advance(50);
    expect(log).toContain("handshake-failed disconnected");
    await bound.send("two");
    expect(text(await clock.runUntil(first.receive(), 1_000))).toEqual(["two"]);
    await clock.runUntil(first.close(), 1_000);
    await second.send("three");
    expect(text(await clock.runUntil(bound.receive(), 30_000))).toEqual(["three"]);
  });
});
