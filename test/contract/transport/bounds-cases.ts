import { deepEqual, equal, ok } from "node:assert/strict";
import { bytes, pattern, Scene, texts } from "./probes.ts";
import type { TransportCase } from "./subject.ts";

/** What slow, greedy and careless peers get. */
export const boundsCases: readonly TransportCase[] = [
  {
    name: "maxMessageBytes: a longer message ends the connection of its sender, over all frames, and of nobody else",
    run: (subject) =>
      Scene.play(subject, { maxMessageBytes: 10_000 }, async (scene) => {
        const [good] = await scene.up("command");
        const [greedy, greedyPeer] = await scene.up("command");
        good.channel.send([pattern(5_000), pattern(5_000)]);
        greedy.channel.send([pattern(5_000), pattern(5_001)]);
        await scene.agent.until(() => scene.agent.gone.length === 1);
        equal(scene.agent.gone[0]?.peer, greedyPeer);
        equal(scene.agent.gone[0]?.fault.code, "protocol");
        await greedy.untilDown();
        good.channel.send([bytes("good")]);
        await scene.agent.until(() => scene.agent.messages.length === 2);
        deepEqual(
          scene.agent.messages.map(({ frames }) => frames.map((frame) => frame.length)),
          [[5_000, 5_000], [4]],
        );
        deepEqual(good.log, ["up"]);
      }),
  },
  {
    name: "maxConnections: one more is refused, and may come when another has gone",
    run: (subject) =>
      Scene.play(subject, { maxConnections: 2 }, async (scene) => {
        const [first] = await scene.up("command");
        await scene.up("command");
        const third = scene.dial("command", { handshakeTimeoutMs: 1_000 });
        await third.untilDown();
        await scene.agent.until(() => scene.agent.failed.length === 1);
        equal(scene.agent.failed[0]?.channel, "command");
        await scene.up("sync");
        await subject.wait(first.channel.close());
        await scene.agent.until(() => scene.agent.gone.length === 1);
        await scene.up("command");
        equal(scene.agent.peers.length, 4);
      }),
  },
  {
    name: "maxHandshakes: silent strangers, however many, keep no client out, and end nobody's connection",
    run: (subject) =>
      Scene.play(subject, { maxConnections: 4, maxHandshakes: 8 }, async (scene) => {
        const [first] = await scene.up("sync");
        const { sync } = scene.listener.ports;
        const strangers = Array.from({ length: 50 }, () => subject.dialRaw(sync));
        await scene.agent.until(() => scene.agent.failed.length >= 42);
        const clients = [first];
        for (let at = 0; at < 3; at++) clients.push((await scene.up("sync"))[0]);
        for (const client of clients) deepEqual(client.log, ["up"]);
        for (const stranger of strangers) stranger.close();
      }),
  },
  {
    name: "maxConnectionsPerClient: one more of a key is refused with the reason, one of another key is not",
    run: (subject) =>
      Scene.play(subject, { maxConnectionsPerClient: 2 }, async (scene) => {
        const [first] = await scene.up("sync");
        await scene.up("sync");
        const third = scene.dial("sync");
        await third.untilDown();
        await scene.agent.until(() => scene.agent.failed.length === 1);
        equal(scene.agent.failed[0]?.fault.code, "lost");
        ok(scene.agent.failed[0]?.fault.message.includes("Too many connections of this client key"));
        // each channel counts for itself
        await scene.up("command");
        await scene.up("sync", { clientSecretKey: subject.newKeys().secretKey });
        await subject.wait(first.channel.close());
        await scene.agent.until(() => scene.agent.gone.length === 1);
        await scene.up("sync");
        equal(scene.agent.failed.length, 1);
      }),
  },
  {
    name: "publish: a slow subscriber loses droppable messages first, then its connection; nobody else notices",
    run: (subject) =>
      Scene.play(
        subject,
        { heartbeatIntervalMs: 0, subscriberDropBytes: 200_000, subscriberCapBytes: 1_000_000 },
        async (scene) => {
          const link = await subject.link(scene.listener.ports.events);
          const [slow, slowPeer] = await scene.up("events", { port: link.port, heartbeatIntervalMs: 0 });
          const [fast] = await scene.up("events", { heartbeatIntervalMs: 0 });
          for (const client of [slow, fast]) client.channel.subscribe(new Uint8Array());
          await scene.heard(bytes("sync"), slow, fast);
          link.freeze();
          let count = 0;
          const publish = async (size: number, droppable: boolean): Promise<void> => {
            scene.listener.publish([bytes("tick"), bytes(`${count++}`), pattern(size)], { droppable });
            await fast.untilMessages(count);
          };
          // far more than the operating system's buffers and the drop limit hold
          for (let at = 0; at < 400; at++) await publish(60_000, true);
          equal(scene.agent.gone.length, 0);
          for (let at = 0; at < 100 && scene.agent.gone.length === 0; at++) await publish(60_000, false);
          await scene.agent.until(() => scene.agent.gone.length === 1);
          equal(scene.agent.gone[0]?.peer, slowPeer);
          equal(scene.agent.gone[0]?.fault.code, "overflow");
          await publish(10, false);
          deepEqual(
            fast.messages.map((frames) => texts(frames.slice(0, 2))),
            Array.from({ length: count }, (_, at) => ["tick", `${at}`]),
          );
          link.thaw();
          await slow.untilDown();
          const heard = slow.messages.map((frames) => Number(texts(frames.slice(0, 2))[1]));
          ok(heard.length < count, "nothing was dropped");
          ok(
            heard.every((at, index) => index === 0 || at > (heard[index - 1] ?? 0)),
            "out of order",
          );
        },
      ),
  },
  {
    name: "reply: returns false when the peer's queue is full, and sends nothing of it",
    run: (subject) =>
      Scene.play(subject, { heartbeatIntervalMs: 0, subscriberCapBytes: 1_000_000 }, async (scene) => {
        const link = await subject.link(scene.listener.ports.sync);
        const [client, peer] = await scene.up("sync", { port: link.port, heartbeatIntervalMs: 0 });
        const [other, otherPeer] = await scene.up("sync");
        link.freeze();
        let taken = 0;
        while (taken < 1_000 && scene.listener.reply(peer, [bytes(`${taken}`), pattern(60_000)])) {
          taken++;
          await subject.pass(1);
        }
        ok(taken < 1_000, "60 MB were queued");
        equal(scene.listener.reply(otherPeer, [bytes("not you")]), true);
        await other.untilMessages(1);
        equal(scene.agent.gone.length, 0);
        link.thaw();
        await client.untilMessages(taken, 20_000);
        await subject.pass(50);
        deepEqual(
          client.messages.map((frames) => texts(frames.slice(0, 1))[0]),
          Array.from({ length: taken }, (_, at) => `${at}`),
        );
        equal(scene.listener.reply(peer, [bytes("again")]), true);
        await client.untilMessages(taken + 1);
      }),
  },
];
