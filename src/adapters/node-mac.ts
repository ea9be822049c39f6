import { Buffer } from "node:buffer";
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { MAC_BYTES, type Mac, requireMacKey } from "../security/mac.ts";

/** HMAC-SHA256 on `node:crypto`, for Node, Bun and Deno. Same limits as `createMac`. */
export function nodeMac(key: Uint8Array): Mac {
  requireMacKey(key);
  const secret = createSecretKey(Buffer.from(key));
  const digest = (body: Uint8Array): Buffer => createHmac("sha256", secret).update(body).digest();
  return {
    // A plain array of its own, not a Buffer.
    sign: (body) => new Uint8Array(digest(body)),
    verify: (body, mac) => mac.length === MAC_BYTES && timingSafeEqual(digest(body), mac),
  };
}
