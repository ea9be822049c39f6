import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import type { ChannelFaultCode } from "../../../src/transport/transport.ts";
import { bytes, ListenerProbe, pattern, Scene, texts } from "./probes.ts";
import type { TransportCase, TransportSubject } from "./subject.ts";

/** The greeting of a peer that speaks ZMTP 3.1 with NULL: the right protocol, the wrong mechanism. */
function nullGreeting(): Uint8Array {
  const greeting = new Uint8Array(64);
  greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 1]);
  greeting.set(bytes("NULL"), 12);
  return greeting;
}

function heartbeatCode(subject: TransportSubject): ChannelFaultCode {
  return subject.guarantees.clientNamesHeartbeat ? "heartbeat" : "lost";
}

/** A good client is served: the listener has survived what happened before. */
async function stillServes(scene: Scene): Promise<void> {
  const before = scene.agent.messages.length;
  const [client] = await scene.up("command");
  client.channel.send([bytes("still here")]);
  await scene.agent.until(() => scene.agent.messages.length > before);
  deepEqual(texts(scene.agent.messages.at(-1)?.frames ?? []), ["still here"]);
}

/** How channels and peers begin and end. */
export const lifeCases: readonly TransportCase[] = [
  {
    name: "connect: calls nothing before it has returned, then up once and down once, and nothing after",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const client = scene.dial("sync");
        deepEqual(client.log, []);
        await client.untilUp();
        const closing = client.channel.close();
        deepEqual(client.log, ["up"]);
        await subject.wait(closing);
        equal((await client.untilDown()).code, "closed");
        await subject.wait(client.channel.close());
        await subject.pass(50);
        deepEqual(client.log, ["up", "down:closed"]);
        await scene.agent.until(() => scene.agent.gone.length === 1);
        equal(scene.agent.gone[0]?.peer, scene.agent.peers[0]);
      }),
  },
  {
    name: "close: before the channel is up gives down with closed, and no up",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const client = scene.dial("sync");
        await subject.wait(client.channel.close());
        equal((await client.untilDown()).code, "closed");
        await subject.pass(100);
        deepEqual(client.log, ["down:closed"]);
      }),
  },
  {
    name: "close: with linger, what was sent before arrives",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const [client] = await scene.up("command");
        for (let at = 0; at < 200; at++) client.channel.send([pattern(1_000, at), bytes(`${at}`)]);
        const closing = client.channel.close(5_000);
        await scene.agent.until(() => scene.agent.messages.length === 200);
        await subject.wait(closing);
        equal((await client.untilDown()).code, "closed");
        await scene.agent.until(() => scene.agent.gone.length === 1);
      }),
  },
  {
    name: "connect: nobody listens: unreachable",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const client = scene.dial("command", { port: await subject.deadPort(), handshakeTimeoutMs: 2_000 });
        const fault = await client.untilDown();
        equal(fault.code, "unreachable");
        ok(fault.message.length > 0);
        deepEqual(client.log, ["down:unreachable"]);
      }),
  },
  {
    name: "connect: a server that says nothing: handshake-timeout",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const port = await subject.listenRaw(new Uint8Array());
        const client = scene.dial("command", { port, handshakeTimeoutMs: 200 });
        equal((await client.untilDown()).code, "handshake-timeout");
        deepEqual(client.log, ["down:handshake-timeout"]);
      }),
  },
  {
    name: "connect: a server that speaks another protocol or mechanism: protocol",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        for (const greeting of [bytes("HTTP/1.1 400 Bad Request\r\n\r\n".padEnd(80)), nullGreeting()]) {
          const port = await subject.listenRaw(greeting);
          const client = scene.dial("command", { port, handshakeTimeoutMs: 2_000 });
          equal((await client.untilDown()).code, "protocol");
        }
      }),
  },
  {
    name: "authorize: a client that may not connect: authentication on both sides, and the next one is served",
    run: async (subject) => {
      const stranger = subject.newKeys();
      const authorize = (key: Uint8Array): boolean =>
        !key.every((byte, at) => byte === stranger.publicKey[at]);
      await Scene.play(subject, { authorize }, async (scene) => {
        const client = scene.dial("command", { clientSecretKey: stranger.secretKey });
        equal((await client.untilDown()).code, "authentication");
        await scene.agent.until(() => scene.agent.failed.length === 1);
        const [failed] = scene.agent.failed;
        equal(failed?.channel, "command");
        equal(failed?.fault.code, "authentication");
        deepEqual(
          scene.agent.asked.map(({ key }) => key),
          [stranger.publicKey],
        );
        ok(scene.agent.asked[0]?.address.includes("127.0.0.1"));
        deepEqual(client.log, ["down:authentication"]);
        equal(scene.agent.peers.length, 0);
        await stillServes(scene);
      });
    },
  },
  {
    name: "connect: the server has another key than expected: authentication on both sides, authorize is not asked",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const client = scene.dial("sync", { serverPublicKey: subject.newKeys().publicKey });
        const { clientNamesWrongServerKey } = subject.guarantees;
        equal((await client.untilDown()).code, clientNamesWrongServerKey ? "authentication" : "protocol");
        await scene.agent.until(() => scene.agent.failed.length === 1);
        equal(scene.agent.failed[0]?.fault.code, "authentication");
        equal(scene.agent.failed[0]?.channel, "sync");
        deepEqual(scene.agent.asked, []);
        await stillServes(scene);
      }),
  },
  {
    name: "listen: a client that says nothing: handshakeFailed with handshake-timeout",
    run: (subject) =>
      Scene.play(subject, { handshakeTimeoutMs: 200 }, async (scene) => {
        const stream = subject.dialRaw(scene.listener.ports.events);
        await scene.agent.until(() => scene.agent.failed.length === 1);
        equal(scene.agent.failed[0]?.fault.code, "handshake-timeout");
        equal(scene.agent.failed[0]?.channel, "events");
        stream.close();
        await stillServes(scene);
      }),
  },
  {
    name: "listen: a client that speaks another protocol or mechanism: handshakeFailed with protocol",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        for (const [at, junk] of [bytes("GET / HTTP/1.1\r\n\r\n".padEnd(80)), nullGreeting()].entries()) {
          const stream = subject.dialRaw(scene.listener.ports.command);
          stream.write(junk);
          await scene.agent.until(() => scene.agent.failed.length === at + 1);
          equal(scene.agent.failed[at]?.fault.code, "protocol");
          stream.close();
        }
        await stillServes(scene);
      }),
  },
  {
    name: "a cut connection is lost on both sides, after what had arrived",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const link = await subject.link(scene.listener.ports.sync);
        const [client, peer] = await scene.up("sync", { port: link.port });
        scene.listener.reply(peer, [bytes("before")]);
        await client.untilMessages(1);
        link.cut();
        equal((await client.untilDown()).code, "lost");
        await scene.agent.until(() => scene.agent.gone.length === 1);
        equal(scene.agent.gone[0]?.fault.code, "lost");
        deepEqual(client.log, ["up", "message", "down:lost"]);
        equal(scene.listener.reply(peer, [bytes("after")]), false);
        await stillServes(scene);
      }),
  },
  {
    name: "a silent connection is found by heartbeats, on both sides",
    run: (subject) =>
      Scene.play(subject, { heartbeatIntervalMs: 100, heartbeatTimeoutMs: 200 }, async (scene) => {
        const link = await subject.link(scene.listener.ports.command);
        const options = { port: link.port, heartbeatIntervalMs: 100, heartbeatTimeoutMs: 200 };
        const [client] = await scene.up("command", options);
        // several timeouts pass: as long as bytes flow, heartbeats keep the connection
        await subject.pass(700);
        deepEqual(client.log, ["up"]);
        link.freeze();
        equal((await client.untilDown()).code, heartbeatCode(subject));
        await scene.agent.until(() => scene.agent.gone.length === 1);
        equal(scene.agent.gone[0]?.fault.code, "heartbeat");
        await stillServes(scene);
      }),
  },
  {
    name: "reconnecting with the same key makes a new peer with a new id",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const [first, firstPeer] = await scene.up("sync");
        await subject.wait(first.channel.close());
        await scene.agent.until(() => scene.agent.gone.length === 1);
        const [second, secondPeer] = await scene.up("sync");
        notEqual(secondPeer.id, firstPeer.id);
        deepEqual(secondPeer.clientPublicKey, firstPeer.clientPublicKey);
        equal(scene.listener.reply(firstPeer, [bytes("to the old one")]), false);
        equal(scene.listener.reply(secondPeer, [bytes("to the new one")]), true);
        await second.untilMessages(1);
        deepEqual(second.messages.map(texts), [["to the new one"]]);
      }),
  },
  {
    name: "disconnect: ends one peer's connection and no other",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const [first, firstPeer] = await scene.up("sync");
        const [second, secondPeer] = await scene.up("sync");
        scene.listener.disconnect(firstPeer, "too many mistakes");
        equal(scene.agent.gone.length, 0);
        equal((await first.untilDown()).code, "lost");
        await scene.agent.until(() => scene.agent.gone.length === 1);
        equal(scene.agent.gone[0]?.peer, firstPeer);
        equal(scene.agent.gone[0]?.fault.code, "closed");
        ok(scene.agent.gone[0]?.fault.message.includes("too many mistakes"));
        scene.listener.reply(secondPeer, [bytes("you stay")]);
        await second.untilMessages(1);
        deepEqual(second.log, ["up", "message"]);
      }),
  },
  {
    name: "listen: the close of the listener ends every channel, and frees the ports",
    run: async (subject) => {
      let ports: { readonly command: number; readonly events: number; readonly sync: number } | undefined;
      await Scene.play(subject, {}, async (scene) => {
        ports = scene.listener.ports;
        const [command] = await scene.up("command");
        const [sync] = await scene.up("sync");
        await scene.agent.close();
        for (const client of [command, sync]) equal((await client.untilDown()).code, "lost");
        await scene.agent.until(() => scene.agent.gone.length === 2);
        deepEqual(
          scene.agent.gone.map(({ fault }) => fault.code),
          ["closed", "closed"],
        );
        const late = scene.dial("command", { port: ports.command, handshakeTimeoutMs: 1_000 });
        equal((await late.untilDown()).code, "unreachable");
      });
      ok(ports !== undefined && new Set(Object.values(ports)).size === 3);
      await Scene.play(subject, { ports }, async (scene) => {
        deepEqual(scene.listener.ports, ports);
        await stillServes(scene);
      });
    },
  },
  {
    name: "close of the listener: with linger, what was replied and published before arrives",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const [sync, peer] = await scene.up("sync");
        const [events] = await scene.up("events");
        events.channel.subscribe(bytes("t"));
        await scene.heard(bytes("t"), events);
        for (let at = 0; at < 200; at++) {
          scene.listener.reply(peer, [pattern(1_000, at)]);
          scene.listener.publish([bytes("t"), pattern(1_000, at)]);
        }
        await scene.agent.close(5_000);
        await sync.untilDown();
        await events.untilDown();
        equal(sync.messages.length, 200);
        equal(events.messages.length, 200);
      }),
  },
  {
    name: "listen: a port that is taken: rejects with the port, and binds none of the three",
    run: (subject) =>
      Scene.play(subject, {}, async (scene) => {
        const taken = scene.listener.ports.sync;
        const free = { command: await subject.deadPort(), events: await subject.deadPort() };
        const options = { ports: { ...free, sync: taken } };
        await rejects(new ListenerProbe(subject).open(options), (error: Error) =>
          error.message.includes(`${taken}`),
        );
        const again = await new ListenerProbe(subject).open({ ports: { ...free, sync: 0 } });
        await again.close();
        await stillServes(scene);
      }),
  },
];
