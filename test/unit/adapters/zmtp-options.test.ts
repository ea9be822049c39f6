import { expect, test } from "vitest";
import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import { agentTransport, Push } from "../../../src/adapters/zmtp.ts";
import { type ZmtpTransportOptions, zmtpTransport } from "../../../src/adapters/zmtp-transport.ts";
import { memoryNetwork } from "../../../src/transport/memory-network.ts";
import type { ConnectOptions, ListenOptions, PublishOptions } from "../../../src/transport/transport.ts";
import { VirtualClock } from "../../../src/transport/virtual-clock.ts";

const { publicKey, secretKey } = nodeCrypto.keyAgreement.generateKeyPair();
const listen: ListenOptions = {
  host: "127.0.0.1",
  ports: { command: 0, events: 0, sync: 0 },
  serverSecretKey: secretKey,
  authorize: () => true,
};
const deaf = { peerUp: () => {}, peerDown: () => {}, handshakeFailed: () => {}, message: () => {} };

function parts(): ZmtpTransportOptions {
  const clock = new VirtualClock();
  return {
    network: memoryNetwork({ clock, latencyMs: 1, maxChunkBytes: 65_536 }),
    clock,
    crypto: nodeCrypto,
  };
}

test("sockets over TCP refuse a misspelt option instead of running without security", () => {
  const options = { securty: { mechanism: "CURVE" } };
  expect(() => new Push(options as object)).toThrow(
    'Cannot use the options of PUSH: unknown key "securty". Did you mean "security"?',
  );
});

test("agentTransport and zmtpTransport refuse options that they do not know", () => {
  expect(() => agentTransport({ clok: 1 } as object)).toThrow('Did you mean "clock"?');
  const options = { ...parts(), heartbeatMs: 1 };
  expect(() => zmtpTransport(options)).toThrow('unknown key "heartbeatMs"');
});

test("zmtpTransport's connect, listen and publish refuse options that they do not know", async () => {
  const transport = zmtpTransport(parts());
  const connect = { host: "h", port: 1, serverPublicKey: publicKey, clientSecretKey: secretKey };
  const events = { up: () => {}, message: () => {}, writable: () => {}, down: () => {} };
  const hasty: ConnectOptions = { ...connect, ...{ handshakeTimeoutMS: 1 } };
  expect(() => transport.connect("sync", hasty, events)).toThrow('Did you mean "handshakeTimeoutMs"?');
  const crowded: ListenOptions = { ...listen, ...{ maxConnection: 1 } };
  await expect(transport.listen(crowded, deaf)).rejects.toThrow('Did you mean "maxConnections"?');
  const misplaced: ListenOptions = { ...listen, ports: { ...listen.ports, ...{ event: 0 } } };
  await expect(transport.listen(misplaced, deaf)).rejects.toThrow('Cannot use ports: unknown key "event"');
  const listener = await transport.listen(listen, deaf);
  const frames = [Uint8Array.of(1)];
  expect(() => listener.publish(frames, { dropable: true } as PublishOptions)).toThrow('mean "droppable"?');
  listener.publish(frames, { droppable: true });
  await listener.close();
});
