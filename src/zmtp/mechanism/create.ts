import { CurveClient } from "./curve-client.ts";
import { CurveServer } from "./curve-server.ts";
import type { Mechanism, MechanismHost, Security } from "./mechanism.ts";
import { NullMechanism } from "./null.ts";
import { PlainClient } from "./plain-client.ts";
import { PlainServer } from "./plain-server.ts";

/** The mechanism for one connection of a socket with this security. */
export function createMechanism(host: MechanismHost, security: Security): Mechanism {
  switch (security.mechanism) {
    case "NULL":
      return new NullMechanism(host, security.authenticate);
    case "PLAIN":
      if (security.role === "server") return new PlainServer(host, security.authenticate);
      return new PlainClient(host, security.username, security.password);
    case "CURVE":
      if (security.role === "server") {
        return new CurveServer(host, security.crypto, security.keys, security.authenticate);
      }
      return new CurveClient(host, security.crypto, security);
  }
}
