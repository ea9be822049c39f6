import type { TestContext } from "vitest";
import { requirePeer } from "../../kit/peers.ts";
import type { Cell } from "./cells.ts";
import type { Driver } from "./driver.ts";
import { type Amount, exchange, settingsFor, type Verdict } from "./exchange.ts";
import { Realm } from "./keys.ts";
import { PeerProcess } from "./peer-process.ts";

/** The peers of one test file: each started once, when a test first needs it. */
export class Stage implements AsyncDisposable {
  readonly realm: Realm = new Realm();
  readonly #peers = new Map<string, Promise<PeerProcess>>();

  /** The peer, whose servers admit the realm's client; skips the test if it is not installed. */
  async peer(context: Pick<TestContext, "skip">, name: Cell["peer"]): Promise<PeerProcess> {
    const { command } = requirePeer(context, name === "pyzmq" ? "python3-zmq" : "zeromq");
    const started = this.#peers.get(name) ?? this.#start(name, command);
    this.#peers.set(name, started);
    return await started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#peers.values()].map(async (peer) => (await peer)[Symbol.asyncDispose]()));
  }

  async #start(name: Cell["peer"], command: string): Promise<PeerProcess> {
    const peer = await PeerProcess.start({ name, command });
    await peer.admit({ curve: [this.realm.clientKeys.publicKey], plain: this.realm.plain });
    return peer;
  }
}

/** Runs one cell between two implementations: the first in the place of ours. */
export async function runCell(
  ours: Driver,
  theirs: Driver,
  cell: Cell,
  realm: Realm,
  amount: Amount,
): Promise<Verdict[]> {
  const credentials = realm.credentials(cell.mechanism);
  const weBind = cell.we === "bind";
  const our = { type: cell.ours, options: settingsFor(cell.ours, cell.theirs, "a") };
  const their = { type: cell.theirs, options: settingsFor(cell.theirs, cell.ours, "b") };
  const bind = "tcp://127.0.0.1:*";
  const [binder, binding] = weBind ? [ours, our] : [theirs, their];
  const [dialler, dialling] = weBind ? [theirs, their] : [ours, our];
  const bound = await binder.open({ ...binding, bind, security: credentials.server });
  try {
    const dialled = await dialler.open({
      ...dialling,
      connect: bound.endpoint,
      security: credentials.client,
    });
    try {
      return await exchange(weBind ? bound : dialled, weBind ? dialled : bound, amount);
    } finally {
      await dialled.close();
    }
  } finally {
    await bound.close();
  }
}

/** The end of every title. */
export function describeCell({ ours, theirs, we, mechanism, peer }: Cell): string {
  return `${ours} ${we}s to ${theirs} of ${peer} over ${mechanism}`.replace("binds to", "binds for");
}
