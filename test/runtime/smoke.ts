// Proves the library on the runtime that runs this file, without a test runner:
//   bun test/runtime/smoke.ts
//   deno run --allow-net --allow-env --allow-read test/runtime/smoke.ts
import { deepEqual, equal, throws } from "node:assert/strict";
import process from "node:process";
import { zeromqTransport } from "../../src/adapters/zeromq-transport.ts";
import * as zmtp from "../../src/adapters/zmtp.ts";
import { transportCases } from "../contract/transport/cases.ts";
import { memorySubject, tcpSubject } from "../contract/transport/subjects.ts";

interface Check {
  readonly name: string;
  run(): Promise<void>;
}

const texts = (frames: readonly Uint8Array[]): string[] =>
  frames.map((frame) => new TextDecoder().decode(frame));
const within = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(10_000) });

const server = zmtp.generateKeyPair();
const client = zmtp.generateKeyPair();
const asServer: zmtp.SecurityOptions = {
  mechanism: "CURVE",
  role: "server",
  secretKey: server.secretKey,
  authenticate: (request) =>
    request.mechanism === "CURVE" && request.publicKey.every((octet, at) => octet === client.publicKey[at]),
};
const asClient: zmtp.SecurityOptions = {
  mechanism: "CURVE",
  role: "client",
  serverKey: server.publicKey,
  secretKey: client.secretKey,
};

const sockets: readonly Check[] = [
  {
    name: "PUSH and PULL over CURVE: 20,000 messages of many sizes, and one of 8 MiB, in order and unchanged",
    run: async () => {
      await using pull = new zmtp.Pull({ security: asServer });
      await using push = new zmtp.Push({ security: asClient });
      push.connect(await pull.bind("tcp://127.0.0.1:*"));
      const count = 20_000;
      const sizeOf = (at: number): number => (at === count / 2 ? 8_388_608 : (at * 37) % 2_000);
      const sending = async (): Promise<void> => {
        for (let at = 0; at < count; at++) {
          await push.send([`${at}`, new Uint8Array(sizeOf(at)).fill(at)]);
        }
      };
      const receiving = async (): Promise<void> => {
        for (let at = 0; at < count; at++) {
          const [number, body] = await pull.receive(within());
          equal(new TextDecoder().decode(number), `${at}`);
          equal(body?.length, sizeOf(at));
          if (body !== undefined && body.length > 0) {
            equal(body[0], at & 0xff);
            equal(body[body.length - 1], at & 0xff);
          }
        }
      };
      await Promise.all([sending(), receiving()]);
    },
  },
  {
    name: "XPUB and SUB over CURVE: subscriptions arrive, and filter",
    run: async () => {
      await using publisher = new zmtp.XPublisher({ security: asServer });
      await using subscriber = new zmtp.Subscriber({ security: asClient });
      subscriber.subscribe("EURUSD\0");
      subscriber.connect(await publisher.bind("tcp://127.0.0.1:*"));
      deepEqual(texts(await publisher.receive(within())), ["\u0001EURUSD\0"]);
      for (const topic of ["EURUSDm\0", "EURUSD\0"]) await publisher.send([topic, "tick"]);
      deepEqual(texts(await subscriber.receive(within())), ["EURUSD\0", "tick"]);
    },
  },
  {
    name: "REQ and REP, DEALER and ROUTER, PAIR and PAIR over CURVE: there and back",
    run: async () => {
      const pairs = [
        [new zmtp.Reply({ security: asServer }), new zmtp.Request({ security: asClient })],
        [new zmtp.Router({ security: asServer }), new zmtp.Dealer({ security: asClient })],
        [new zmtp.Pair({ security: asServer }), new zmtp.Pair({ security: asClient })],
      ] as const;
      for (const [bound, dialled] of pairs) {
        dialled.connect(await bound.bind("tcp://127.0.0.1:*"));
        for (let round = 0; round < 100; round++) {
          await dialled.send(["ask", `${round}`]);
          await bound.send(await bound.receive(within()));
          deepEqual(texts(await dialled.receive(within())), ["ask", `${round}`]);
        }
        await dialled.close();
        await bound.close();
      }
    },
  },
  {
    name: "a client with a key that is not admitted is refused by name, on both sides",
    run: async () => {
      const faults: string[] = [];
      const note = (event: zmtp.SocketEvent): void => {
        if (event.type === "handshake-failed") faults.push(event.fault.code);
      };
      await using bound = new zmtp.Dealer({ security: asServer, monitor: note });
      const { publicKey: serverKey } = server;
      await using stranger = new zmtp.Dealer({
        security: { mechanism: "CURVE", role: "client", serverKey },
        lingerMs: 0,
        monitor: note,
      });
      const abandoned = new Promise<void>((resolve) => {
        stranger.monitor((event) => {
          if (event.type === "abandoned") resolve();
        });
      });
      stranger.connect(await bound.bind("tcp://127.0.0.1:*"));
      await abandoned;
      deepEqual(faults.sort(), ["refused-by-peer", "refused-by-us"]);
    },
  },
  {
    name: "the native transport is refused here before it is loaded, unless this is Node",
    run: async () => {
      if (process.versions["bun"] !== undefined) throws(() => zeromqTransport(), /under Bun/);
      else if (process.versions["deno"] !== undefined) throws(() => zeromqTransport(), /under Deno/);
      else equal(zeromqTransport().name, "zeromq");
    },
  },
];

const contracts: readonly Check[] = [memorySubject, tcpSubject].flatMap((make) =>
  transportCases.map((transportCase) => ({
    name: `${make().name}: ${transportCase.name}`,
    run: async (): Promise<void> => {
      const subject = make();
      try {
        await transportCase.run(subject);
      } finally {
        await subject.dispose();
      }
    },
  })),
);

let failed = 0;
for (const { name, run } of [...sockets, ...contracts]) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${name}`);
    console.log(error);
  }
}
console.log(`${sockets.length + contracts.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
