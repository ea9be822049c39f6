import type { Crypto, KeyPair } from "../crypto/types.ts";
import { type Key, readKey } from "../keys.ts";
import { checkChoice, checkKnownKeys, type KeysOf, kindOf } from "../known-keys.ts";
import { maxPlainFieldBytes } from "../limits.ts";
import type { Authenticator, Security } from "../mechanism/mechanism.ts";

/** No security: anyone may connect, everything is in clear. An authenticator may refuse addresses. */
export interface NullSecurity {
  readonly mechanism: "NULL";
  readonly authenticate?: Authenticator;
}

/** User name and password, in clear (RFC 24). */
export type PlainSecurity =
  | {
      readonly mechanism: "PLAIN";
      readonly role: "client";
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: "PLAIN"; readonly role: "server"; readonly authenticate: Authenticator };

/** Encryption and authentication by Curve25519 keys (RFC 26). The role has nothing to do with who binds. */
export type CurveSecurity =
  | {
      readonly mechanism: "CURVE";
      readonly role: "client";
      /** The server's public key. */
      readonly serverKey: Key;
      /** Our secret key. Left out: a fresh key pair, for servers that let anyone in. */
      readonly secretKey?: Key;
      /** Of the same pair, so that one can be spread here; checked if given. */
      readonly publicKey?: Key;
    }
  | {
      readonly mechanism: "CURVE";
      readonly role: "server";
      /** Our secret key. */
      readonly secretKey: Key;
      /** Of the same pair, so that one can be spread here; checked if given. */
      readonly publicKey?: Key;
      /** Says which clients may connect. Left out: every client that knows our public key. */
      readonly authenticate?: Authenticator;
    };

/** How a socket secures its connections. All peers of a socket use the same mechanism. */
export type SecurityOptions = NullSecurity | PlainSecurity | CurveSecurity;

type Role<T, R> = Extract<T, { readonly role: R }>;

/** What each kind of security may hold. */
interface Shapes {
  readonly null: KeysOf<NullSecurity>;
  readonly plainClient: KeysOf<Role<PlainSecurity, "client">>;
  readonly plainServer: KeysOf<Role<PlainSecurity, "server">>;
  readonly curveClient: KeysOf<Role<CurveSecurity, "client">>;
  readonly curveServer: KeysOf<Role<CurveSecurity, "server">>;
}

const shapes: Shapes = {
  null: { mechanism: true, authenticate: true },
  plainClient: { mechanism: true, role: true, username: true, password: true },
  plainServer: { mechanism: true, role: true, authenticate: true },
  curveClient: { mechanism: true, role: true, serverKey: true, secretKey: true, publicKey: true },
  curveServer: { mechanism: true, role: true, secretKey: true, publicKey: true, authenticate: true },
};

/** Of any kind: a misspelt `mechanism` or `role` is then told as such. */
const anyShape: Readonly<Record<string, true>> = {
  ...shapes.plainClient,
  ...shapes.curveClient,
  ...shapes.curveServer,
};

const roles: readonly string[] = ["client", "server"];

/** Checks a socket's security. Whatever is not understood is refused: the wrong guess would let strangers in. */
export function settleSecurity(crypto: Crypto, security: SecurityOptions): Security {
  checkKnownKeys("security", security, anyShape);
  checkChoice("security.mechanism", security.mechanism, ["NULL", "PLAIN", "CURVE"]);
  if (security.mechanism === "NULL") {
    checkKnownKeys("security of NULL", security, shapes.null);
    checkAuthenticator(security.authenticate);
    return security;
  }
  checkChoice("security.role", security.role, roles);
  if (security.mechanism === "PLAIN") return settlePlain(security);
  return settleCurve(crypto, security);
}

function settlePlain(security: PlainSecurity): Security {
  if (security.role === "server") {
    checkKnownKeys("security of a PLAIN server", security, shapes.plainServer);
    if (security.authenticate === undefined) {
      throw new TypeError(
        "Cannot use security.authenticate: a PLAIN server needs it, to say who may connect",
      );
    }
    checkAuthenticator(security.authenticate);
    return security;
  }
  checkKnownKeys("security of a PLAIN client", security, shapes.plainClient);
  for (const field of ["username", "password"] as const) {
    if (typeof security[field] !== "string") {
      throw new TypeError(`Cannot use the ${field}: expected a text, and this is ${kindOf(security[field])}`);
    }
    if (new TextEncoder().encode(security[field]).length > maxPlainFieldBytes) {
      throw new RangeError(`Cannot use the ${field}: it has more than ${maxPlainFieldBytes} bytes`);
    }
  }
  return security;
}

function settleCurve(crypto: Crypto, security: CurveSecurity): Security {
  if (security.role === "server") {
    checkKnownKeys("security of a CURVE server", security, shapes.curveServer);
    checkAuthenticator(security.authenticate);
    const keys = keyPair(crypto, security.secretKey, security.publicKey);
    return { mechanism: "CURVE", role: "server", keys, authenticate: security.authenticate, crypto };
  }
  checkKnownKeys("security of a CURVE client", security, shapes.curveClient);
  const serverKey = readKey(security.serverKey, "serverKey");
  const keys =
    security.secretKey === undefined && security.publicKey === undefined
      ? crypto.keyAgreement.generateKeyPair()
      : keyPair(crypto, security.secretKey, security.publicKey);
  return { mechanism: "CURVE", role: "client", serverKey, keys, crypto };
}

function keyPair(crypto: Crypto, secret: Key | undefined, known: Key | undefined): KeyPair {
  const secretKey = readKey(secret, "secretKey");
  const publicKey = crypto.keyAgreement.publicKey(secretKey);
  if (known !== undefined) {
    const given = readKey(known, "publicKey");
    if (!publicKey.every((byte, index) => byte === given[index])) {
      throw new RangeError(
        "Cannot use security.publicKey: it does not belong to the secretKey. Leave it out",
      );
    }
  }
  return { secretKey, publicKey };
}

function checkAuthenticator(authenticate: Authenticator | undefined): void {
  if (authenticate === undefined || typeof authenticate === "function") return;
  throw new TypeError(
    `Cannot use security.authenticate: expected a function, and this is ${kindOf(authenticate)}`,
  );
}
