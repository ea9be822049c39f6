import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
} from "node:crypto";
import { x25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import {
  commandMagic,
  commandTag,
  createSigner,
  deriveMacKey,
  intentDigest,
  toHex,
} from "../../../../src/protocol/v1/signing.ts";

const clientSecretKey = new Uint8Array(32).fill(7);
const serverSecretKey = new Uint8Array(32).fill(9);
const clientPublicKey = x25519.getPublicKey(clientSecretKey);
const serverPublicKey = x25519.getPublicKey(serverSecretKey);
const client = { secretKey: clientSecretKey, clientPublicKey, serverPublicKey, side: "client" } as const;
const server = { secretKey: serverSecretKey, clientPublicKey, serverPublicKey, side: "server" } as const;
const body = new TextEncoder().encode('{"v":1}');

/** The same derivation on node:crypto, from the words of docs/protocol.md, section 3. */
function macKeyByNode(channel: string): Buffer {
  const x = Buffer.from(clientPublicKey).toString("base64url");
  const d = Buffer.from(clientSecretKey).toString("base64url");
  const privateKey = createPrivateKey({ key: { kty: "OKP", crv: "X25519", d, x }, format: "jwk" });
  const peer = { kty: "OKP", crv: "X25519", x: Buffer.from(serverPublicKey).toString("base64url") };
  const publicKey = createPublicKey({ key: peer, format: "jwk" });
  const secret = diffieHellman({ privateKey, publicKey });
  const info = Buffer.concat([
    Buffer.from("MT5C-MAC"),
    Buffer.from([1]),
    clientPublicKey,
    serverPublicKey,
    Buffer.from(channel),
  ]);
  return Buffer.from(hkdfSync("sha256", secret, Buffer.alloc(0), info, 32));
}

describe("deriveMacKey", () => {
  it.each(["command", "sync"] as const)("agrees with node:crypto and on both sides, for %s", (channel) => {
    const expected = macKeyByNode(channel).toString("hex");
    expect(toHex(deriveMacKey({ ...client, channel }))).toBe(expected);
    expect(toHex(deriveMacKey({ ...server, channel }))).toBe(expected);
  });

  it("gives the fixed vectors", () => {
    expect(toHex(deriveMacKey({ ...client, channel: "command" }))).toBe(vectors.command);
    expect(toHex(deriveMacKey({ ...client, channel: "sync" }))).toBe(vectors.sync);
  });

  it("gives another key for another client", () => {
    const secretKey = new Uint8Array(32).fill(8);
    const other = { ...client, secretKey, clientPublicKey: x25519.getPublicKey(secretKey) };
    expect(toHex(deriveMacKey({ ...other, channel: "sync" }))).not.toBe(vectors.sync);
  });
});

describe("createSigner", () => {
  it("signs with HMAC-SHA256, as node:crypto does, and the other side verifies", () => {
    const mac = createSigner({ ...client, channel: "sync" }).sign(body);
    expect(toHex(mac)).toBe(createHmac("sha256", macKeyByNode("sync")).update(body).digest("hex"));
    expect(createSigner({ ...server, channel: "sync" }).verify(body, mac)).toBe(true);
  });

  it("refuses each changed bit, another length and another channel", () => {
    const signer = createSigner({ ...server, channel: "sync" });
    const mac = signer.sign(body);
    for (let bit = 0; bit < 256; bit++) {
      const changed = mac.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(signer.verify(body, changed)).toBe(false);
    }
    expect(signer.verify(body, mac.subarray(0, 31))).toBe(false);
    expect(signer.verify(body, new Uint8Array([...mac, 0]))).toBe(false);
    expect(createSigner({ ...server, channel: "command" }).verify(body, mac)).toBe(false);
    expect(signer.verify(new TextEncoder().encode('{"v":2}'), mac)).toBe(false);
  });

  it("uses the functions that it is given", () => {
    const hmac = (key: Uint8Array, message: Uint8Array): Uint8Array =>
      createHmac("sha256", key).update(message).digest();
    const signer = createSigner({ ...client, channel: "sync", hmac });
    expect(toHex(signer.sign(body))).toBe(toHex(createSigner({ ...server, channel: "sync" }).sign(body)));
  });
});

describe("digest, tag and magic", () => {
  const hash = createHash("sha256").update(clientPublicKey).update("order-1").digest();

  it("intentDigest is SHA-256 over the UTF-8 bytes", () => {
    expect(intentDigest('{"comment":"£"}')).toBe(
      createHash("sha256").update('{"comment":"£"}', "utf8").digest("hex"),
    );
  });

  it("commandTag is ~ and ten characters of base64url of the hash", () => {
    expect(commandTag(clientPublicKey, "order-1")).toBe(`~${hash.toString("base64url").slice(0, 10)}`);
    expect(commandTag(clientPublicKey, "order-1")).toBe(vectors.tag);
  });

  it("commandMagic is the first 62 bits of the hash", () => {
    expect(commandMagic(clientPublicKey, "order-1")).toBe((hash.readBigUInt64BE(0) >> 2n).toString());
    expect(commandMagic(clientPublicKey, "order-1")).toBe(vectors.magic);
    expect(BigInt(vectors.magic)).toBeLessThan(2n ** 62n);
  });

  it("differ by client and id", () => {
    expect(commandTag(serverPublicKey, "order-1")).not.toBe(vectors.tag);
    expect(commandTag(clientPublicKey, "order-2")).not.toBe(vectors.tag);
  });
});

/** For the secret keys 32 × 07 (client) and 32 × 09 (agent), and the id `order-1`. */
const vectors = {
  command: "4413c18a4cbf68ed8e64525b62e3c72299c4618b8f44ab3e48cd03d1f4b13650",
  sync: "d5d7f52033365489b64e979ede71ba7cde23a3c4a1b93ac300351dd627fce4c2",
  tag: "~cPAz7-WlMO",
  magic: "2034515408025373755",
};
