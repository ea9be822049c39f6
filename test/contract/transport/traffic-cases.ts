import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { bytes, pattern, Scene, same, texts } from "./probes.ts";
import type { TransportCase } from "./subject.ts";

/** What the channels carry. */
export const trafficCases: readonly TransportCase[] = [
  {
    name: "command: carries messages whole and in order, with the sender's proven key",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const [client, peer] = await scene.up("command");
        const sent = Array.from({ length: 500 }, (_, at) => [
          pattern(at * 7, at),
          new Uint8Array(),
          bytes(`${at}`),
        ]);
        for (const frames of sent) client.channel.send(frames);
        await scene.agent.until(() => scene.agent.messages.length === sent.length);
        for (const [at, { peer: from, frames }] of scene.agent.messages.entries()) {
          equal(from, peer);
          equal(frames.length, 3);
          ok(
            frames.every((frame, part) => same(frame, sent[at]?.[part] as Uint8Array)),
            `message ${at}`,
          );
        }
        deepEqual(peer.clientPublicKey, scene.keys.publicKey);
        equal(peer.channel, "command");
        ok(/^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1):\d+$/.test(peer.address), peer.address);
        deepEqual(client.log, ["up"]);
      }),
  },
  {
    name: "sync: carries requests, and replies to the peer that asked",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const [first, firstPeer] = await scene.up("sync");
        const [second, secondPeer] = await scene.up("sync");
        first.channel.send([bytes("from first"), bytes("mac")]);
        second.channel.send([bytes("from second"), bytes("mac")]);
        await scene.agent.until(() => scene.agent.messages.length === 2);
        const from = new Map(scene.agent.messages.map(({ peer, frames }) => [peer, texts(frames).join("|")]));
        equal(from.get(firstPeer), "from first|mac");
        equal(from.get(secondPeer), "from second|mac");
        // out of order, several at once, and unasked: the seam leaves that to the protocol
        equal(scene.listener.reply(secondPeer, [bytes("to second")]), true);
        for (let at = 0; at < 50; at++) scene.listener.reply(firstPeer, [bytes("to first"), bytes(`${at}`)]);
        await first.untilMessages(50);
        await second.untilMessages(1);
        deepEqual(
          first.messages.map(texts),
          Array.from({ length: 50 }, (_, at) => ["to first", `${at}`]),
        );
        deepEqual(second.messages.map(texts), [["to second"]]);
      }),
  },
  {
    name: "events: a subscriber hears what begins with its prefixes, and nothing else",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const client = scene.dial("events");
        client.channel.subscribe(bytes("sync"));
        client.channel.subscribe(bytes("EURUSD\0"));
        await client.untilUp();
        await scene.heard(bytes("sync"), client);
        for (const topic of ["EURUSDm\0", "EURUSD\0", "EURUSD", "XAUUSD\0", ""]) {
          scene.listener.publish([bytes(topic), bytes("body")]);
        }
        scene.listener.publish([bytes("EURUSD\0 again")]);
        await client.untilMessages(2);
        deepEqual(client.messages.map(texts), [["EURUSD\0", "body"], ["EURUSD\0 again"]]);
      }),
  },
  {
    name: "events: subscriptions are counted, and one made while up takes effect",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const [client] = await scene.up("events");
        for (const prefix of ["a", "a", "b", "end"]) client.channel.subscribe(bytes(prefix));
        await scene.heard(bytes("end"), client);
        client.channel.unsubscribe(bytes("a"));
        client.channel.unsubscribe(bytes("b"));
        client.channel.subscribe(bytes("mark"));
        await scene.heard(bytes("mark"), client);
        for (const topic of ["a1", "b1", "end"]) scene.listener.publish([bytes(topic)]);
        await client.until(() => client.messages.some((frames) => texts(frames)[0] === "end"));
        deepEqual(client.messages.map(texts), [["a1"], ["end"]]);
      }),
  },
  {
    name: "events: an empty prefix hears everything",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const [client] = await scene.up("events");
        client.channel.subscribe(new Uint8Array());
        await scene.heard(bytes("sync"), client);
        scene.listener.publish([new Uint8Array(), bytes("body")]);
        scene.listener.publish([bytes("any")]);
        await client.untilMessages(2);
        deepEqual(client.messages.map(texts), [["", "body"], ["any"]]);
      }),
  },
  {
    name: "all channels: a message of 1 MiB in several frames arrives unchanged",
    run: (subject) =>
      Scene.play(subject, { maxMessageBytes: 2_097_152 }, async (scene) => {
        const frames = [pattern(1_000_000, 1), new Uint8Array(), pattern(48_576, 2)];
        const intact = (got: readonly Uint8Array[] | undefined): void => {
          equal(got?.length, 3);
          ok(frames.every((frame, part) => same(got?.[part], frame)));
        };
        const [command] = await scene.up("command");
        const [sync, peer] = await scene.up("sync");
        const [events] = await scene.up("events");
        events.channel.subscribe(bytes("sync"));
        await scene.heard(bytes("sync"), events);
        events.channel.subscribe(frames[0]?.subarray(0, 4) ?? bytes(""));
        events.channel.subscribe(bytes("mark"));
        await scene.heard(bytes("mark"), events);
        command.channel.send(frames);
        sync.channel.send(frames);
        await scene.agent.until(() => scene.agent.messages.length === 2);
        for (const { frames: got } of scene.agent.messages) intact(got);
        scene.listener.reply(peer, frames);
        scene.listener.publish(frames);
        intact((await sync.untilMessages(1))[0]);
        intact((await events.untilMessages(1))[0]);
      }),
  },
  {
    name: "received frames are the receiver's: what comes later does not write into them",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const [client, peer] = await scene.up("sync");
        const sent = Array.from({ length: 300 }, (_, at) => pattern(1 + ((at * 37) % 900), at));
        for (const frame of sent) client.channel.send([frame]);
        await scene.agent.until(() => scene.agent.messages.length === sent.length);
        for (const { frames } of scene.agent.messages) scene.listener.reply(peer, frames);
        await client.untilMessages(sent.length);
        // writing into one received frame must not change another
        for (const [frame] of client.messages.filter((_, at) => at % 2 === 0)) frame?.fill(0xee);
        for (const [at, frame] of sent.entries()) {
          ok(same(scene.agent.messages[at]?.frames[0], frame), `request ${at}`);
          if (at % 2 === 1) ok(same(client.messages[at]?.[0], frame), `reply ${at}`);
        }
      }),
  },
  {
    name: "received frames are plain Uint8Arrays, the same in every implementation",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const [client, peer] = await scene.up("sync");
        client.channel.send([bytes("ask")]);
        await scene.agent.until(() => scene.agent.messages.length === 1);
        scene.listener.reply(peer, [bytes("answer")]);
        await client.untilMessages(1);
        for (const frame of [client.messages[0]?.[0], scene.agent.messages[0]?.frames[0]]) {
          ok(frame !== undefined && Object.getPrototypeOf(frame) === Uint8Array.prototype);
        }
      }),
  },
  {
    name: "send: refuses what a channel cannot do, and what has no frame",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const [events] = await scene.up("events");
        const [command] = await scene.up("command");
        throws(() => events.channel.send([bytes("x")]), TypeError);
        throws(() => command.channel.send([]), TypeError);
        throws(() => command.channel.subscribe(bytes("x")), TypeError);
        throws(() => scene.listener.publish([]), TypeError);
      }),
  },
  {
    name: "send: throws unless the channel is up, so that nothing waits unseen",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const client = scene.dial("command");
        throws(() => client.channel.send([bytes("early")]), /not up/);
        await client.untilUp();
        client.channel.send([bytes("in time")]);
        await scene.agent.until(() => scene.agent.messages.length === 1);
        await subject.wait(client.channel.close());
        throws(() => client.channel.send([bytes("late")]), /not up/);
        deepEqual(
          scene.agent.messages.map(({ frames }) => texts(frames)),
          [["in time"]],
        );
      }),
  },
  {
    name: "send: returns false when too much waits, and writable comes when there is room",
    run: (subject) =>
      Scene.play(subject, { maxMessageBytes: 2_097_152 }, async (scene) => {
        const link = await subject.link(scene.listener.ports.command);
        const [client] = await scene.up("command", { port: link.port, heartbeatIntervalMs: 0 });
        link.freeze();
        let count = 0;
        const frame = pattern(262_144);
        const more = (): boolean => client.channel.send([frame, bytes(`${count++}`)]);
        while (more() && count < 400) await subject.pass(1);
        ok(count < 400, "100 MiB were taken without asking to wait");
        equal(client.log.includes("writable"), false);
        link.thaw();
        await client.until(() => client.log.includes("writable"));
        client.channel.send([frame, bytes(`${count++}`)]);
        await scene.agent.until(() => scene.agent.messages.length === count);
        deepEqual(
          scene.agent.messages.map(({ frames }) => texts(frames)[1]),
          Array.from({ length: count }, (_, at) => `${at}`),
        );
      }),
  },
];
