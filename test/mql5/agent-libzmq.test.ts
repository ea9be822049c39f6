import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from "vitest";
import { decodeBody, encodeBody } from "../../src/protocol/v1/codec.ts";
import { createSigner, type SignedChannel } from "../../src/protocol/v1/signing.ts";
import type { Channel } from "../../src/transport/transport.ts";
import { z85Encode } from "../../src/zmtp/crypto/encoding.ts";
import { createExpertWorld, type ExpertWorld } from "../faults/ea/expert-world.ts";
import { type Keys, keys } from "../interop/kit/curve-tools.ts";
import type { DrivenSocket, OpenCommand } from "../interop/kit/driver.ts";
import { Stage } from "../interop/kit/stage.ts";
import { canRun, defaultFlavour, requireHost } from "./kit/peers.ts";

// Foreign clients of the shipping expert: libzmq's sockets and CURVE, and the protocol as docs/protocol.md says it.

type Body = Readonly<Record<string, unknown>>;
type PeerName = "zeromq.js" | "pyzmq";
type ClientType = "DEALER" | "REQ" | "PUSH" | "SUB";

const channelOf: Readonly<Record<ClientType, Channel>> = {
  DEALER: "sync",
  REQ: "sync",
  PUSH: "command",
  SUB: "events",
};
const stranger = keys();

describe.each(["zeromq.js", "pyzmq"] as const)(
  "the shipping expert with %s",
  { timeout: 120_000 },
  (name) => {
    const stage = new Stage();
    let world: ExpertWorld;
    beforeAll(async () => {
      if (canRun())
        world = await createExpertWorld({ seed: `libzmq ${name}`, flavour: defaultFlavour, timeScale: 1 });
    }, 120_000);
    afterAll(async () => {
      await stage[Symbol.asyncDispose]();
      if (canRun()) await world.close();
    }, 60_000);
    beforeEach((context) => {
      requireHost(context);
    });

    async function open(
      context: TestContext,
      type: ClientType,
      { client = world.keys, server = world.site.keys.publicKey, plain = false, ...command }: Opening = {},
    ): Promise<DrivenSocket> {
      const peer = await stage.peer(context, name satisfies PeerName);
      return await peer.open({
        ...command,
        type,
        connect: `tcp://127.0.0.1:${world.site.ports[channelOf[type]]}`,
        security: plain
          ? { mechanism: "NULL" }
          : {
              mechanism: "CURVE",
              role: "client",
              publicKey: z85Encode(client.publicKey),
              secretKey: z85Encode(client.secretKey),
              serverKey: z85Encode(server),
            },
      });
    }

    function signed(channel: SignedChannel, body: object): readonly Uint8Array[] {
      const signer = createSigner({
        secretKey: world.keys.secretKey,
        clientPublicKey: world.keys.publicKey,
        serverPublicKey: world.site.keys.publicKey,
        side: "client",
        channel,
      });
      const bytes = encodeBody(body);
      return [bytes, signer.sign(bytes)];
    }

    async function ask(socket: DrivenSocket, body: object): Promise<Body> {
      await socket.send(signed("sync", body));
      const [reply] = await socket.receive();
      if (reply === undefined) throw new Error("An empty reply");
      return decodeBody(reply);
    }

    async function hello(
      socket: DrivenSocket,
    ): Promise<{ session: string; epoch: number; agentMs: number; ask: (op: string) => Promise<Body> }> {
      const challenged = await ask(socket, {
        v: 1,
        op: "challenge",
        rid: "1",
        args: { instance: "foreign" },
      });
      const { challenge } = challenged["result"] as { challenge: string };
      const args = { challenge, instance: "foreign", role: "trade", name, version: "4" };
      const opened = await ask(socket, { v: 1, op: "hello", rid: "2", args });
      expect(opened["ok"]).toBe(true);
      const { session } = opened["result"] as { session: string };
      const epoch = opened["epoch"] as number;
      const agentMs = opened["agentMs"] as number;
      let n = 0;
      return {
        session,
        epoch,
        agentMs,
        ask: (op) => ask(socket, { v: 1, op, rid: `r${++n}`, session, n, epoch, at: agentMs + n, args: {} }),
      };
    }

    it.for(["DEALER", "REQ"] as const)("sync: a %s opens a session and asks", async (type, context) => {
      const socket = await open(context, type);
      const session = await hello(socket);
      expect(await session.ask("account")).toMatchObject({
        ok: true,
        result: { account: { currency: "USD" } },
      });
      expect(await session.ask("positions")).toMatchObject({ ok: true, result: { positions: [] } });
      await socket.close();
    });

    it("command and events: a pushed order is executed once, and a SUB hears its deal and outcome", async (context) => {
      const sync = await open(context, "DEALER");
      const foreign = await hello(sync);
      const { session, epoch, agentMs } = foreign;
      const events = await open(context, "SUB", { options: { subscribe: ["ledger\0", "pulse\0"] } });
      // The first pulse says that the subscription stands.
      expect(String((await events.receive())[0])).toBe("pulse\0");
      const push = await open(context, "PUSH");
      const id = `foreign ${name}`.replaceAll(/[^a-z]/g, "-");
      const intent = JSON.stringify({
        kind: "market",
        symbol: "EURUSD",
        side: "sell",
        volume: 0.2,
        stopLoss: 0,
        takeProfit: 0,
        deviation: 10,
        magic: "7",
        comment: "",
        filling: "auto",
        tag: "comment",
      });
      const command = signed("command", {
        v: 1,
        op: "trade",
        session,
        n: 1,
        epoch,
        issuedAt: agentMs,
        notAfter: agentMs + 30_000,
        id,
        intent,
      });
      // Twice: the second copy is another connection's, and must change nothing.
      await push.send(command);
      const again = await open(context, "PUSH");
      await again.send(command);
      const heard: Body[] = [];
      while (!heard.some((event) => event["type"] === "outcome")) {
        const [topic, body] = await events.receive();
        if (String(topic) === "ledger\0" && body !== undefined) heard.push(decodeBody(body));
      }
      const outcome = heard.find((event) => event["type"] === "outcome")?.["outcome"];
      expect(outcome).toMatchObject({ id, state: "executed", volume: 0.2 });
      expect(heard.map((event) => event["type"])).toContain("deal");
      const { result } = await foreign.ask("positions");
      expect((result as { positions: unknown[] }).positions).toHaveLength(1);
      expect(world.executions(id)).toBe(1);
      for (const socket of [sync, events, push, again]) await socket.close();
    });

    const refusals: readonly (readonly [string, () => Opening])[] = [
      ["a client key that is not listed", () => ({ client: stranger })],
      ["a wrong server key", () => ({ server: stranger.publicKey })],
      ["no key at all", () => ({ plain: true })],
    ];
    it.for(refusals)("all channels refuse %s, and serve the next good client", async ([, how], context) => {
      for (const type of ["DEALER", "PUSH", "SUB"] as const) {
        const socket = await open(context, type, {
          ...how(),
          monitor: true,
          options: { reconnectMs: 60_000 },
        });
        const ends = ["failed-auth", "failed-protocol", "failed", "disconnected", "closed"];
        await Promise.any([...ends, "handshake"].map((event) => socket.event(event)));
        expect(socket.events.map((event) => event.name)).not.toContain("handshake");
        await socket.close();
      }
      const good = await open(context, "DEALER");
      expect((await hello(good)).session).not.toBe("");
      await good.close();
    });
  },
);

/** Whose keys, and what else a socket is told. */
interface Opening extends Pick<OpenCommand, "options" | "monitor"> {
  readonly client?: Keys;
  readonly server?: Uint8Array;
  /** Without CURVE. */
  readonly plain?: boolean;
}
