import { generateKeyPairSync } from "node:crypto";
import { z85Encode } from "../../../src/zmtp/crypto/encoding.ts";
import type { Security } from "./driver.ts";

/** A permanent key pair, Z85. */
export interface KeyTexts {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** A new key pair, made by OpenSSL and not by the code under test. */
export function newKeys(): KeyTexts {
  const { d, x } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  const text = (value: string | undefined): string => z85Encode(Buffer.from(value ?? "", "base64url"));
  return { publicKey: text(x), secretKey: text(d) };
}

/** The three mechanisms. */
export const mechanisms = ["NULL", "PLAIN", "CURVE"] as const;
/** The three mechanisms. */
export type Mechanism = (typeof mechanisms)[number];

/** Both sides of a mechanism, and what the server side admits. */
export interface Credentials {
  readonly server: Security;
  readonly client: Security;
}

/** A server and a client that it knows. */
export class Realm {
  readonly serverKeys: KeyTexts = newKeys();
  readonly clientKeys: KeyTexts = newKeys();
  readonly plain: Readonly<Record<string, string>> = { admin: "password" };

  credentials(mechanism: Mechanism): Credentials {
    if (mechanism === "NULL") return { server: { mechanism }, client: { mechanism } };
    if (mechanism === "PLAIN") {
      return {
        server: { mechanism, role: "server", domain: "test" },
        client: { mechanism, role: "client", username: "admin", password: "password" },
      };
    }
    return {
      server: { mechanism, role: "server", domain: "test", ...this.serverKeys },
      client: { mechanism, role: "client", ...this.clientKeys, serverKey: this.serverKeys.publicKey },
    };
  }
}
