import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

function texts(...folders: readonly string[]): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      if (/\.(ts|hpp|cpp|mqh)$/.test(name))
        out.set(join(folder, name), readFileSync(join(root, folder, name), "utf8"));
    }
  }
  return out;
}

describe("the MQL5 host", () => {
  it("knows nothing of the protocol between connector and agent, nor of ZeroMQ", () => {
    const names =
      /zmtp|zeromq|zmq|curve|ledger|journal|tombstone|session|pulse|barrier|mt5.?connector(?!-mql5)/i;
    // The terminal's trading sessions and its own journal are other things.
    const own = /quoteSessions|tradeSessions|SymbolInfoSession\w*|\bSession\(|session_index/g;
    for (const [path, text] of texts("test/mql5/host")) {
      expect(names.exec(text.replace(own, ""))?.[0], path).toBeUndefined();
    }
  });

  it("is fed by the one broker: it decides no order itself", () => {
    for (const [path, text] of texts("test/mql5/host")) {
      expect(/retcode\s*=\s*\d|10009|stop.?out level|slippage/i.exec(text)?.[0], path).toBeUndefined();
    }
  });
});

describe("the expert's spine", () => {
  it("holds no trade function: that is the agent's part", () => {
    for (const folder of ["Crypto", "Json", "Net", "Zmtp"]) {
      for (const [path, text] of texts(join("mql5", "Include", "MT5Connector", folder))) {
        expect(
          /\b(Order(Send|Check)|Position(s|Get)|HistorySelect|CopyTicks)/.exec(text)?.[0],
          path,
        ).toBeUndefined();
      }
    }
  });
});
