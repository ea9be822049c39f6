import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { CAC } from "cac";
import { nodeCrypto } from "../../adapters/node-crypto.ts";
import { fileJournal } from "../../adapters/node-files.ts";
import { nodeNetwork } from "../../adapters/node-network.ts";
import { zmtpTransport } from "../../adapters/zmtp-transport.ts";
import { encodeKey } from "../../security/keys.ts";
import { JournalLockedError } from "../../simulator/agent/journal-store.ts";
import { generatedMarket, QuoteFormatError, type TickSource } from "../../simulator/market/mod.ts";
import { type Simulator, startSimulator } from "../../simulator/simulator.ts";
import { systemClock } from "../../transport/clock.ts";
import { parseAmount, parsePorts, parseSpeed, parseWhole } from "../arguments.ts";
import { refuseForeign, simulatorConfigText, writeConfigFile } from "../config-file.ts";
import { nextFirstTicket } from "../first-ticket.ts";
import { typedOption } from "../gateway-options.ts";
import { openQuotesFile } from "../quotes-file.ts";
import { loadOrMakeKeys } from "../simulator-keys.ts";
import { stopRequest } from "../stop-request.ts";
import { UsageError } from "../usage-error.ts";

/** Options of `simulate` as the command line gives them. */
interface SimulateOptions {
  readonly host: string;
  readonly ports: string;
  readonly configOut: string;
  readonly data: string | undefined;
  readonly quotes: string | undefined;
  readonly symbol: string | undefined;
  readonly speed: string;
  readonly seed: string;
  readonly balance: string;
  readonly latency: string;
  readonly maxGap?: string;
  readonly loop?: boolean;
  readonly exitWithStdin?: boolean;
}

/** Adds the command `simulate`. */
export function registerSimulate(cli: CAC): void {
  cli
    .command("simulate", "Serve a simulated MetaTrader 5 account over CURVE until stopped")
    .option("--host <address>", "Address to bind", { default: "127.0.0.1" })
    .option("--ports <A,B,C>", "Ports for command, events and sync; 0 for any free one", { default: "0,0,0" })
    .option("--config-out <file>", "Where to write the connector configuration, with its secret key", {
      default: "mt5-simulator.json",
    })
    .option("--data <folder>", "Keep keys and journal here; positions, balance and time start afresh")
    .option(
      "--quotes <file>",
      "Play recorded quotes: MT5 tick export, HistData ASCII ticks, or timestamp,bid,ask",
    )
    .option("--symbol <name>", "Symbol of the recording (default: what its file name starts with)")
    .option("--speed <N|max>", "1 is real time, 60 a minute in a second, max as fast as possible", {
      default: "1",
    })
    .option("--seed <number>", "Seed of the synthetic market and of the broker's chance", { default: "1" })
    .option("--balance <amount>", "First deposit, in US dollars", { default: "100000" })
    .option("--latency <ms>", "Milliseconds from order to execution", { default: "0" })
    .option("--max-gap <ms>", "Skip silences of a recording longer than this")
    .option("--loop", "Play the recording again after its end")
    .option("--exit-with-stdin", "Stop when standard input ends, for use as a child process")
    .example("mt5-connector simulate --ports 7001,7002,7003 --config-out simulator.json")
    .example("mt5-connector simulate --quotes EURUSD-ticks.csv --speed 60")
    .action((options: SimulateOptions) => {
      // The parser makes numbers of what looks like one: a symbol 007 would become 7.
      const text = (name: string): string | undefined => typedOption(cli.rawArgs.slice(2), name);
      const typed = {
        host: text("--host") ?? options.host,
        configOut: text("--config-out") ?? options.configOut,
        data: text("--data"),
        quotes: text("--quotes"),
        symbol: text("--symbol"),
      };
      return simulate({ ...options, ...typed });
    });
}

async function simulate(options: SimulateOptions): Promise<number> {
  const ports = parsePorts(String(options.ports));
  const speed = parseSpeed(String(options.speed));
  const seed = parseWhole("--seed", String(options.seed), 0, Number.MAX_SAFE_INTEGER);
  const balance = parseAmount("--balance", String(options.balance));
  const latencyMs = parseWhole("--latency", String(options.latency), 0, 60_000);
  const maxGapMs =
    options.maxGap === undefined ? undefined : parseWhole("--max-gap", String(options.maxGap), 1, 1e9);
  const { configOut } = options;
  refuseWithoutQuotes(options);
  const loop = options.loop === true;

  const stop = stopRequest({ withStdin: options.exitWithStdin === true });
  let temporary: string | undefined;
  try {
    await refuseForeign(configOut);
    const starting = open();
    const first = await Promise.race([starting, stop.requested]);
    if (typeof first === "string") {
      console.log(`stopping: ${first}`);
      await closeUnwanted(starting);
      return 0;
    }
    const { simulator, keys, quotes } = first;
    let failure: unknown;
    let stopping = false;
    const ended = simulator.market.ended.then(
      () => {
        if (!stopping && simulator.market.state.state === "ended")
          console.log("the quotes have ended; the last prices stay");
      },
      (error: unknown) => {
        failure = error;
        stop.now("the market failed");
      },
    );
    try {
      const agentPorts = simulator.ports;
      const account = simulator.terminal.account();
      const written = await writeConfigFile(
        configOut,
        simulatorConfigText({
          host: options.host,
          ports: agentPorts,
          serverKey: encodeKey(keys.server.publicKey),
          clientKey: encodeKey(keys.client.secretKey),
          accountNumber: Number(account.login),
          broker: account.company,
        }),
      );
      console.log(
        `ready on ${options.host}:${agentPorts.command},${agentPorts.events},${agentPorts.sync}, ` +
          `${quotes === undefined ? `synthetic market with seed ${seed}` : basename(options.quotes ?? "")}, ` +
          `speed ${speed}, symbols ${simulator.market.symbols.join(" ")}`,
      );
      console.log(`configuration for the connector (keep it secret): ${written}`);
      const reason = await stop.requested;
      stopping = true;
      console.log(`stopping: ${reason}`);
      await simulator.close();
      for (const [what, count] of Object.entries(simulator.agent.stats().refusals)) {
        console.log(`refused: ${what}, ${count} times`);
      }
      await ended;
    } catch (error) {
      stopping = true;
      await simulator.close();
      throw error;
    }
    if (failure !== undefined) throw explain(failure);
    return 0;

    async function open(): Promise<Started> {
      const quotes =
        options.quotes === undefined
          ? undefined
          : await openQuotesFile(options.quotes, { symbol: options.symbol, loop });
      if (options.data === undefined) temporary = await mkdtemp(join(tmpdir(), "mt5-simulator-"));
      const folder = resolve(temporary ?? options.data ?? "");
      const keys = await loadOrMakeKeys(folder, nodeCrypto.keyAgreement);
      const firstTicket = await nextFirstTicket(folder);
      try {
        const simulator = await startSimulator({
          simulation: {
            market: {
              source: quotes === undefined ? generatedMarket({ seed }) : (): TickSource => quotes.open(),
              clock: systemClock,
              speed,
              loop,
              ...(maxGapMs === undefined ? {} : { maxGapMs }),
            },
            ...(quotes === undefined ? {} : { symbols: [quotes.spec] }),
            account: { balance },
            firstTicket,
            latencyMs,
            seed,
          },
          agent: {
            transport: zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto }),
            clock: systemClock,
            randomBytes: nodeCrypto.randomBytes,
            journal: fileJournal(join(folder, "agent.journal")),
            serverSecretKey: keys.server.secretKey,
            clients: [{ publicKey: keys.client.publicKey, name: "simulator.json" }],
            host: options.host,
            ports,
            brokerZone: "eet-us",
            // The journal of --data outlives this broker, whose history begins anew.
            historyWaitMs: 0,
            onFault: (fault, where): void => console.error(`fault in ${where}: ${String(fault)}`),
          },
        });
        return { simulator, keys, quotes };
      } catch (error) {
        throw explain(error);
      }
    }
  } finally {
    stop.release();
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

/** What has been opened for a run. */
interface Started {
  readonly simulator: Simulator;
  readonly keys: Awaited<ReturnType<typeof loadOrMakeKeys>>;
  readonly quotes: Awaited<ReturnType<typeof openQuotesFile>> | undefined;
}

/** A start cannot be broken off half-way: what comes up is closed in order. A second signal ends all at once. */
async function closeUnwanted(starting: Promise<Started>): Promise<void> {
  await starting.then(async ({ simulator }) => {
    const ended = simulator.market.ended.catch(tellUnwanted);
    await simulator.close();
    await ended;
  }, tellUnwanted);
}

function tellUnwanted(error: unknown): void {
  console.error(`It would not have started: ${error instanceof Error ? error.message : String(error)}`);
}

/** What only a recording has is not ignored where there is none. */
function refuseWithoutQuotes(options: SimulateOptions): void {
  if (options.quotes !== undefined) return;
  const { symbol, loop, maxGap } = options;
  const given = Object.entries({ "--symbol": symbol, "--loop": loop, "--max-gap": maxGap });
  const unused = given.filter(([, value]) => value !== undefined).map(([name]) => name);
  if (unused.length === 0) return;
  throw new UsageError(
    `Cannot use ${unused.join(" and ")}: there is no recording, and the synthetic market has symbols of its own`,
    `Name a recording with --quotes FILE, or leave out ${unused.join(" and ")}`,
  );
}

/** What keeps an address from being bound, by the system's name for it. */
const bindRemedies: Readonly<Record<string, string>> = {
  EADDRINUSE: "Stop what uses the port, or choose others with --ports A,B,C (0,0,0: any free ones)",
  EADDRNOTAVAIL: "Give an address of this machine with --host ADDRESS: 127.0.0.1, or 0.0.0.0 for all",
  ENOTFOUND: "Give an address of this machine with --host ADDRESS: 127.0.0.1, or 0.0.0.0 for all",
  EINVAL: "Give an address of this machine with --host ADDRESS: 127.0.0.1, or 0.0.0.0 for all",
  EACCES: "Choose ports from 1024 up with --ports A,B,C",
};

/** Turns what a user can mend into a usage error. */
function explain(error: unknown): unknown {
  if (error instanceof QuoteFormatError) {
    const remedy =
      error.line === 0
        ? "Name a file that holds ticks with --quotes FILE"
        : "Mend or remove that line, or name another file with --quotes";
    return new UsageError(error.message, remedy, { cause: error });
  }
  if (error instanceof JournalLockedError)
    return new UsageError(error.message, error.remedy, { cause: error });
  if (!(error instanceof Error)) return error;
  const said = `${error.message} ${String(error.cause)}`;
  const remedy = Object.entries(bindRemedies).find(([code]) => said.includes(code))?.[1];
  if (remedy === undefined || /journal/i.test(said)) return error;
  return new UsageError(`Cannot bind: ${error.message}`, remedy, { cause: error });
}
