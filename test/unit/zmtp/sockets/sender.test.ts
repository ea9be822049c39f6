import { describe, expect, test } from "vitest";
import { Dealer, generateKeyPair, Reply, Request, Router } from "../../../../src/zmtp/mod.ts";
import type { SecurityOptions } from "../../../../src/zmtp/sockets/security.ts";
import { text, virtualContext } from "./kit.ts";

describe("the sender of a message", () => {
  test("ROUTER's peer names its address, its proven key and its user, for REQ and DEALER", async () => {
    const { context, clock } = virtualContext();
    const [serverKeys, clientKeys] = [generateKeyPair(context.crypto), generateKeyPair(context.crypto)];
    const router = new Router(context, {
      security: {
        mechanism: "CURVE",
        role: "server",
        secretKey: serverKeys.secretKey,
        authenticate: () => ({ status: 200, userId: "alice" }),
      },
    });
    await router.bind("tcp://a:1000");
    const security: SecurityOptions = {
      mechanism: "CURVE",
      role: "client",
      serverKey: serverKeys.publicKey,
      secretKey: clientKeys.secretKey,
    };
    for (const client of [new Request(context, { security }), new Dealer(context, { security })]) {
      client.connect("tcp://a:1000");
      await client.send("hi");
      const [identity = new Uint8Array(0)] = await clock.runUntil(router.receive(), 1_000);
      const peer = router.peer(identity);
      expect(peer?.publicKey).toEqual(clientKeys.publicKey);
      expect(peer?.userId).toBe("alice");
      expect(peer?.address).toMatch(/^.+:\d+$/);
      expect(peer?.socketType).toBe(client instanceof Dealer ? "DEALER" : "REQ");
      expect(router.peer(new Uint8Array(identity))).toBe(peer);
      await clock.runUntil(client.close(), 10_000);
      await clock.advance(10);
      expect(router.peer(new Uint8Array(identity))).toBeUndefined();
      // who sent it stays known by the frame itself
      expect(router.peer(identity)).toBe(peer);
    }
    expect(router.peer(Uint8Array.of(1))).toBeUndefined();
  });

  test("ROUTER's peer is who sent the message, when another has taken the identity before it was received", async () => {
    const { context, clock } = virtualContext();
    const router = new Router(context);
    await router.bind("tcp://a:1000");
    const first = new Dealer(context, { identity: "same" });
    first.connect("tcp://a:1000");
    await first.send("from the first");
    await clock.advance(20);
    const before = router.peer(new TextEncoder().encode("same"));
    await clock.runUntil(first.close(), 10_000);
    const second = new Dealer(context, { identity: "same" });
    second.connect("tcp://a:1000");
    await second.send("from the second");
    await clock.advance(20);
    const now = router.peer(new TextEncoder().encode("same"));
    expect(now).toBeDefined();
    expect(now).not.toBe(before);
    const [identity = new Uint8Array(0), ...content] = await router.receive();
    expect(text(content)).toEqual(["from the first"]);
    expect(router.peer(identity)).toBe(before);
    const [other = new Uint8Array(0)] = await router.receive();
    expect(router.peer(other)).toBe(now);
  });

  test("REP's peer is who waits for the reply, and nobody before a request and after the reply", async () => {
    const { context, clock } = virtualContext();
    const reply = new Reply(context);
    await reply.bind("tcp://a:1000");
    expect(reply.peer).toBeUndefined();
    const request = new Request(context, { identity: "me" });
    request.connect("tcp://a:1000");
    await request.send("?");
    await clock.runUntil(reply.receive(), 1_000);
    expect(text([reply.peer?.identity ?? new Uint8Array(0)])).toEqual(["me"]);
    await reply.send("!");
    expect(reply.peer).toBeUndefined();
    expect(text(await clock.runUntil(request.receive(), 1_000))).toEqual(["!"]);
  });
});
