import { expect, test } from "vitest";
import { nodeCrypto } from "../../../src/adapters/node-crypto.ts";
import type { CurveSecurity } from "../../../src/zmtp/sockets/security.ts";
import { settleSecurity } from "../../../src/zmtp/sockets/security.ts";

const crypto = nodeCrypto;
const pair = crypto.keyAgreement.generateKeyPair();
const server = crypto.keyAgreement.generateKeyPair();
const client = { mechanism: "CURVE", role: "client", serverKey: server.publicKey } as const;

test("a key pair can be spread into the security of a CURVE client and server", () => {
  expect(settleSecurity(crypto, { ...client, ...pair })).toMatchObject({ keys: pair });
  expect(settleSecurity(crypto, { mechanism: "CURVE", role: "server", ...server })).toMatchObject({
    keys: server,
  });
});

test("a public key of another pair is refused, not passed over", () => {
  const mixed: CurveSecurity = { ...client, secretKey: pair.secretKey, publicKey: server.publicKey };
  expect(() => settleSecurity(crypto, mixed)).toThrow(/publicKey: it does not belong to the secretKey/);
});

test("a public key without its secret one is refused: a fresh pair would be another client", () => {
  expect(() => settleSecurity(crypto, { ...client, publicKey: pair.publicKey })).toThrow(
    /Cannot use the secretKey/,
  );
});
