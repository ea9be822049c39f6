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

/** Without waiting for what is still to be sent. */
const now = { lingerMs: 0 };

describe("Socket", () => {
  test("unbind ends the connections of that endpoint alone, and refuses one that is not bound", async () => {
    const { context, clock } = virtualContext();
    const pull = new Pull(context);
    const heard = record();
    const stop = pull.monitor(heard.monitor);
    const first = await pull.bind("tcp://*:1000");
    await pull.bind("tcp://*:1001");
    const push = new Push(context);
    push.connect("tcp://h:1001");
    await clock.advance(100);
    const other = new Push(context);
    other.connect("tcp://h:1000");
    await clock.advance(100);
    await clock.runUntil(pull.unbind(first), 5_000);
    await clock.advance(100);
    await expect(pull.unbind(first)).rejects.toThrow(`${first} is not bound`);
    await push.send("still there");
    expect(text(await clock.runUntil(pull.receive(), 1_000))).toEqual(["still there"]);
    expect(heard.log).toContain("disconnected closed");
    stop();
    const before = heard.log.length;
    await clock.runUntil(Promise.all([push.close(now), other.close(now), pull.close(now)]), 5_000);
    expect(heard.log).toHaveLength(before);
  });

  test("bind tells why a port cannot be had, and takes it later", async () => {
    const { context, clock } = virtualContext();
    const [one, two] = [new Pull(context), new Pull(context)];
    await one.bind("tcp://*:1000");
    await expect(two.bind("tcp://*:1000")).rejects.toMatchObject({ code: "bind-failed" });
    await clock.runUntil(one.close(), 1_000);
    expect(await two.bind("tcp://*:1000")).toContain(":1000");
    await clock.runUntil(two.close(), 1_000);
  });

  test("bind tells what a network says that throws no errors", async () => {
    const { context } = virtualContext();
    const network = { ...context.network, listen: (): Promise<never> => Promise.reject("no such host") };
    const pull = new Pull({ ...context, network });
    await expect(pull.bind("tcp://nowhere:1")).rejects.toThrow("Cannot bind tcp://nowhere:1: no such host");
    await pull.close(now);
  });

  test("connects to 4,096 endpoints and no more", async () => {
    const { context, clock } = virtualContext();
    const push = new Push(context);
    for (let index = 0; index < 4_096; index++) push.connect(`tcp://h${index}:1`);
    expect(() => push.connect("tcp://one-more:1")).toThrow("4096 endpoints are connected already");
    await clock.runUntil(push.close(now), 1_000);
  });

  test("nothing is bound, connected or received once it is closed, nor by a bind that closing overtakes", async () => {
    const { context, clock } = virtualContext();
    const pull = new Pull(context);
    const binding = pull.bind("tcp://*:1000").catch((error: unknown) => error);
    const receiving = pull.receive().catch((error: unknown) => error);
    await clock.runUntil(pull.close(), 1_000);
    expect(await binding).toMatchObject({ code: "closed" });
    expect(await receiving).toMatchObject({ code: "closed" });
    await expect(pull.bind("tcp://*:1001")).rejects.toMatchObject({ code: "closed" });
    expect(() => pull.connect("tcp://h:1")).toThrow("the socket is closed");
    await expect(pull.receive()).rejects.toMatchObject({ code: "closed" });
    const again = new Pull(context);
    expect(await again.bind("tcp://*:1000")).toContain("1000");
    await clock.runUntil(again.close(), 1_000);
  });

  test("an endpoint is connected once, and disconnected only if it is connected", async () => {
    const { context, clock } = virtualContext();
    const push = new Push(context);
    push.connect("tcp://h:1000");
    expect(() => push.connect("tcp://h:1000")).toThrow("is connected already");
    expect(() => push.disconnect("tcp://h:1001")).toThrow("is not connected");
    push.disconnect("tcp://h:1000");
    push.connect("tcp://h:1000");
    await clock.runUntil(push.close(now), 1_000);
  });

  test("close ends a connection that is still in its handshake", async () => {
    const { context, clock, network } = virtualContext();
    const pull = new Pull(context);
    await pull.bind("tcp://*:1000");
    let closed = false;
    network.connect(
      { host: "h", port: 1000 },
      {
        open: () => undefined,
        data: () => undefined,
        drain: () => undefined,
        close: () => {
          closed = true;
        },
      },
    );
    await clock.advance(10);
    await clock.runUntil(pull.close(), 5_000);
    await clock.advance(10);
    expect(closed).toBe(true);
  });

  test("a call with a signal that is aborted already does nothing", async () => {
    const { context, clock } = virtualContext();
    const signal = AbortSignal.abort(new Error("mine"));
    const [push, pull, request] = [new Push(context), new Pull(context), new Request(context)];
    push.connect("tcp://h:1");
    await expect(push.send("x", { signal })).rejects.toThrow("mine");
    await expect(pull.receive({ signal })).rejects.toThrow("mine");
    request.connect("tcp://h:2");
    await expect(request.send("x", { signal })).rejects.toThrow("mine");
    await request.send("now it may");
    await clock.runUntil(Promise.all([push.close(now), pull.close(now), request.close(now)]), 1_000);
    await expect(push.send("x")).rejects.toMatchObject({ code: "closed" });
    await expect(new Push(context).close()).resolves.toBeUndefined();
  });

  test("a loop over messages that is aborted by nobody ends when the socket is closed", async () => {
    const { context, clock } = virtualContext();
    const pull = new Pull(context);
    const got: string[][] = [];
    const loop = (async (): Promise<void> => {
      for await (const frames of pull) got.push(text(frames));
    })();
    await clock.advance(5);
    await clock.runUntil(pull.close(), 1_000);
    await clock.runUntil(loop, 1_000);
    expect(got).toEqual([]);
  });
});

describe("conflate", () => {
  test("keeps only the newest message that waits, on either side", async () => {
    const { context, clock } = virtualContext();
    const push = new Push(context, { conflate: true });
    push.connect("tcp://h:1000");
    for (const n of ["1", "2", "3"]) await push.send(n);
    const pull = new Pull(context, { conflate: true });
    await pull.bind("tcp://*:1000");
    await clock.advance(5_000);
    expect(text(await pull.receive())).toEqual(["3"]);
    for (const n of ["4", "5"]) await push.send(n);
    await clock.advance(100);
    expect(text(await pull.receive())).toEqual(["5"]);
    expect(await settled(pull.receive().catch(() => undefined))).toBe(false);
    await clock.runUntil(Promise.all([push.close(now), pull.close(now)]), 1_000);
  });
});

describe("PAIR", () => {
  test("takes the next peer when the one it has is gone", async () => {
    const { context, clock } = virtualContext();
    const pair = new Pair(context);
    await pair.bind("tcp://*:1000");
    const [one, two] = [new Pair(context), new Pair(context)];
    one.connect("tcp://h:1000");
    await clock.advance(100);
    two.connect("tcp://h:1000");
    await clock.advance(100);
    await one.send("first");
    expect(text(await clock.runUntil(pair.receive(), 1_000))).toEqual(["first"]);
    await clock.runUntil(one.close(now), 1_000);
    await clock.advance(10_000);
    await two.send("second");
    expect(text(await clock.runUntil(pair.receive(), 5_000))).toEqual(["second"]);
    await clock.runUntil(Promise.all([two.close(now), pair.close(now)]), 1_000);
  });
});

describe("REQ and REP", () => {
  test("REP passes over a message without a delimiter, and over one without a body", async () => {
    const { context, clock } = virtualContext();
    const reply = new Reply(context);
    await reply.bind("tcp://*:1000");
    const dealer = new Dealer(context);
    dealer.connect("tcp://h:1000");
    await dealer.send(["no delimiter"]);
    await dealer.send(["no body", ""]);
    await dealer.send(["", "asked"]);
    expect(text(await clock.runUntil(reply.receive(), 5_000))).toEqual(["asked"]);
    await reply.send("told");
    expect(text(await clock.runUntil(dealer.receive(), 1_000))).toEqual(["", "told"]);
    await clock.runUntil(Promise.all([reply.close(now), dealer.close(now)]), 1_000);
  });

  test("REQ passes over replies that are none, and those that nobody waits for", async () => {
    const { context, clock } = virtualContext();
    const router = new Router(context);
    await router.bind("tcp://*:1000");
    const request = new Request(context);
    request.connect("tcp://h:1000");
    await request.send("ask");
    const [identity = new Uint8Array(0)] = await clock.runUntil(router.receive(), 5_000);
    await router.send([identity, "no delimiter", "x"]);
    await router.send([identity, ""]);
    await router.send([identity, "", "answer"]);
    await router.send([identity, "", "too late"]);
    expect(text(await clock.runUntil(request.receive(), 1_000))).toEqual(["answer"]);
    await expect(request.receive()).rejects.toMatchObject({ code: "out-of-turn" });
    await request.send("again");
    await clock.advance(10);
    await clock.runUntil(router.receive(), 1_000);
    await router.send([identity, "", "second answer"]);
    expect(text(await clock.runUntil(request.receive(), 1_000))).toEqual(["second answer"]);
    await clock.runUntil(Promise.all([router.close(now), request.close(now)]), 1_000);
  });
});

describe("ROUTER", () => {
  test("refuses messages that are none and peers that it does not know, and after close all", async () => {
    const { context, clock } = virtualContext();
    const router = new Router(context, { mandatory: true });
    await router.bind("tcp://*:1000");
    await expect(router.send(["identity"])).rejects.toThrow("an identity and at least one frame");
    await expect(router.send(["nobody", "x"])).rejects.toMatchObject({ code: "unroutable" });
    const lax = new Router(context);
    await lax.send(["nobody", "x"]);
    await clock.runUntil(Promise.all([router.close(now), lax.close(now)]), 1_000);
    await expect(router.send(["a", "b"])).rejects.toMatchObject({ code: "closed" });
  });

  test("with mandatory says that a peer's queue is full", async () => {
    const { context, clock } = virtualContext();
    const router = new Router(context, { mandatory: true, sendHighWaterMark: 1 });
    await router.bind("tcp://*:1000");
    const dealer = new Dealer(context, { identity: "d", receiveHighWaterMark: 1 });
    dealer.connect("tcp://h:1000");
    await clock.advance(100);
    const big = new Uint8Array(1 << 20);
    let full: unknown;
    for (let index = 0; index < 50 && full === undefined; index++) {
      full = await router.send(["d", big]).catch((error: unknown) => error);
      await clock.advance(10);
    }
    expect(full).toMatchObject({ code: "queue-full" });
    await clock.runUntil(Promise.all([router.close(now), dealer.close(now)]), 5_000);
  });
});

describe("PUB and SUB", () => {
  test("subscriptions without a prefix mean all messages, taken back by the same; XSUB sends to all", async () => {
    const { context, clock } = virtualContext();
    const xpub = new XPublisher(context);
    await xpub.bind("tcp://*:1000");
    const sub = new Subscriber(context);
    sub.connect("tcp://h:1000");
    sub.subscribe();
    expect(text(await clock.runUntil(xpub.receive(), 5_000))).toEqual(["\u0001"]);
    await xpub.send("all");
    expect(text(await clock.runUntil(sub.receive(), 1_000))).toEqual(["all"]);
    sub.unsubscribe();
    expect(text(await clock.runUntil(xpub.receive(), 1_000))).toEqual(["\u0000"]);
    const xsub = new XSubscriber(context);
    xsub.connect("tcp://h:1000");
    await clock.advance(100);
    await xsub.send("\u0001topic");
    expect(text(await clock.runUntil(xpub.receive(), 1_000))).toEqual(["\u0001topic"]);
    await xsub.send("no subscription");
    expect(text(await clock.runUntil(xpub.receive(), 1_000))).toEqual(["no subscription"]);
    await clock.runUntil(Promise.all([sub.close(now), xsub.close(now), xpub.close(now)]), 1_000);
  });

  test("XPUB with verbose delivers every subscription, and those that a lost subscriber held as cancels", async () => {
    const { context, clock } = virtualContext();
    for (const verbose of [false, true]) {
      const xpub = new XPublisher(context, { verbose });
      await xpub.bind("tcp://*:1000");
      const subs = [new Subscriber(context), new Subscriber(context)];
      for (const sub of subs) {
        sub.connect("tcp://h:1000");
        sub.subscribe("a");
      }
      await clock.advance(200);
      await clock.runUntil(Promise.all(subs.map((sub) => sub.close(now))), 1_000);
      await clock.advance(200);
      const heard: string[] = [];
      const loop = (async (): Promise<void> => {
        for await (const frames of xpub) heard.push(...text(frames));
      })();
      await clock.advance(100);
      expect(heard).toEqual(verbose ? ["\u0001a", "\u0001a", "\u0000a", "\u0000a"] : ["\u0001a", "\u0000a"]);
      await clock.runUntil(xpub.close(now), 1_000);
      await clock.runUntil(loop, 1_000);
    }
  });

  test("PUB discards what is no subscription", async () => {
    const { context, clock } = virtualContext();
    const pub = new Publisher(context);
    await pub.bind("tcp://*:1000");
    const xsub = new XSubscriber(context);
    xsub.connect("tcp://h:1000");
    await clock.advance(100);
    await xsub.send("hello");
    await xsub.send("\u0001t");
    await clock.advance(100);
    await pub.send("t1");
    await pub.send("u1");
    await clock.advance(100);
    expect(text(await xsub.receive())).toEqual(["t1"]);
    await clock.runUntil(Promise.all([pub.close(now), xsub.close(now)]), 1_000);
  });
});

describe.each(Object.entries({ Dealer, Pair, Pull, Reply, Router, Subscriber, XPublisher, XSubscriber }))(
  "%s",
  (_, Type) => {
    test("a loop over its messages ends when it is closed", async () => {
      const { context } = virtualContext();
      const socket = new Type(context);
      let messages = 0;
      const loop = (async (): Promise<void> => {
        for await (const message of socket) messages += message.length;
      })();
      expect(await settled(loop)).toBe(false);
      await socket[Symbol.asyncDispose]();
      await loop;
      expect(socket.closed).toBe(true);
      expect(messages).toBe(0);
    });

    test("a receive that waits is given up by its signal, and with the signal's reason", async () => {
      const { context } = virtualContext();
      const socket = new Type(context);
      const control = new AbortController();
      const waiting = socket.receive({ signal: control.signal });
      expect(await settled(waiting)).toBe(false);
      const reason = new Error("enough");
      control.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      await socket.close(now);
    });

    test("a receive with a signal that waits rejects with closed when the socket is closed", async () => {
      const { context } = virtualContext();
      const socket = new Type(context);
      const waiting = socket.receive({ signal: new AbortController().signal });
      const told = expect(waiting).rejects.toMatchObject({ code: "closed" });
      await socket.close(now);
      await told;
    });
  },
);
