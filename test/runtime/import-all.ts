// Run without any permission: importing must not touch the file system, the network or the environment.
import * as root from "../../mod.ts";
import * as native from "../../src/adapters/zeromq.ts";
import * as zmtp from "../../src/adapters/zmtp.ts";
import * as core from "../../src/connector/mod.ts";
import * as gateway from "../../src/gateway/mod.ts";
import * as simulator from "../../src/simulator/mod.ts";
import * as neutral from "../../src/zmtp/mod.ts";

const names = [root, zmtp, native, core, gateway, simulator, neutral].map(
  (entry) => Object.keys(entry).length,
);
if (names.some((count) => count === 0)) throw new Error(`An entry exports nothing: ${names.join(", ")}`);
console.log("imported without permission");
