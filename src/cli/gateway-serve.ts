import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { nodeCrypto } from "../adapters/node-crypto.ts";
import { fileJournal } from "../adapters/node-files.ts";
import { nodeNetwork } from "../adapters/node-network.ts";
import { nodeContext } from "../adapters/zmtp.ts";
import { zmtpTransport } from "../adapters/zmtp-transport.ts";
import { ConfigError } from "../connector/errors.ts";
import { MT5Connector } from "../connector/mt5-connector.ts";
import type { MT5ConnectorConfig } from "../connector/options.ts";
import { agentBackend } from "../gateway/agent-backend.ts";
import type { GatewayBackend } from "../gateway/backend.ts";
import { type Gateway, startGateway } from "../gateway/gateway.ts";
import type { GatewayLog } from "../gateway/gateway-log.ts";
import { type Keeper, keepConnected } from "../gateway/keep-connected.ts";
import { OrderStoreDamagedError } from "../gateway/order-store.ts";
import type { TerminalKeeper } from "../gateway/terminal-keeper.ts";
import { encodeKey, KeyEncoding } from "../security/keys.ts";
import { systemClock } from "../transport/clock.ts";
import { loadGatewayKey } from "./gateway-keys.ts";
import type { GatewaySettings } from "./gateway-options.ts";
import { openAudit, openLog } from "./gateway-output.ts";
import { type GatewaySimulation, startGatewaySimulation } from "./gateway-simulation.ts";
import { keepTerminal } from "./gateway-terminal.ts";
import { stopRequest } from "./stop-request.ts";
import { UsageError } from "./usage-error.ts";

const standardFolder = "mt5-gateway";

/** Serves until it is asked to stop. */
export async function serveGateway(settings: GatewaySettings): Promise<number> {
  if (!settings.simulate && settings.config === undefined) {
    throw new UsageError(
      "Cannot start the gateway: no MetaTrader account is named",
      "Give --config FILE with the agents' addresses and keys, or try it with --simulate",
    );
  }
  const temporary =
    settings.simulate && settings.data === undefined
      ? await mkdtemp(join(tmpdir(), "mt5-gateway-"))
      : undefined;
  const folder = resolve(temporary ?? settings.data ?? standardFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const cleanups: (() => Promise<unknown>)[] = [];
  if (temporary !== undefined) cleanups.push(() => rm(temporary, { recursive: true, force: true }));
  try {
    return await serve(settings, folder, cleanups);
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

async function serve(
  settings: GatewaySettings,
  folder: string,
  cleanups: (() => Promise<unknown>)[],
): Promise<number> {
  const log = await openLog(settings, folder, cleanups);
  if (settings.terminal !== undefined && settings.terminalFrom === "environment" && settings.simulate) {
    log.warning("The MT5_ settings of the environment are not used with --simulate");
  }
  const simulation = settings.simulate
    ? await startGatewaySimulation(join(folder, "simulator"), (message) => log.error(message))
    : undefined;
  if (simulation !== undefined) cleanups.push(() => simulation.simulator.close());
  const terminal = startTerminal(settings, folder, log);
  if (terminal !== undefined) cleanups.push(() => terminal.stop());

  const mt5 = await makeConnector(settings, simulation, log);
  let stopping = false;
  cleanups.push(() => {
    stopping = true;
    return mt5.disconnect();
  });
  mt5.on("agentDisconnected", (account, reason) => {
    if (!stopping) log.warning("MetaTrader account disconnected", { account, reason });
  });
  if (simulation !== undefined) await mt5.connect();
  const backends = makeBackends(settings, mt5, log);
  const gateway = await listen(settings, folder, backends, log);
  let keepers: readonly Keeper[] = [];
  const stop = stopRequest({ withStdin: settings.exitWithStdin });
  try {
    keepers = mt5.getAllAgents().map((agent, index) =>
      keepConnected(agent, {
        clock: systemClock,
        log,
        connected: () => {
          // The backend learns the account's login by this, and clients may name the account by it.
          backends[index]?.account().then(
            ({ login, currency }) => {
              log.info("Account", { account: agent.id, login, currency });
              if (login === settings.terminal?.login) terminal?.started();
            },
            (error: unknown) =>
              log.warning("The account's figures cannot be read yet", { account: agent.id, error }),
          );
        },
      }),
    );
    console.log(`ready on ${gateway.endpoint}`);
    const reason = await stop.requested;
    stopping = true;
    log.info("Stopping", { reason });
    await gateway.stop(settings.drainMs);
    log.info("Stopped");
    return 0;
  } finally {
    stopping = true;
    stop.release();
    await gateway.stop(0);
    await Promise.all(keepers.map((keeper) => keeper.stop()));
  }
}

async function listen(
  settings: GatewaySettings,
  folder: string,
  backends: readonly GatewayBackend[],
  log: GatewayLog,
): Promise<Gateway> {
  const audit = await openAudit(settings, folder, log);
  const { signatures } = settings;
  const host = settings.host ?? "0.0.0.0";
  const key = settings.curve ? await loadGatewayKey(folder, settings.curveClients) : undefined;
  warn(settings, host, log);
  const orders = await fileJournal(join(folder, "orders.jsonl")).open();
  if (orders.state === "held") {
    throw new UsageError(
      `Cannot start the gateway: ${orders.holder} serves from ${folder} already`,
      "Stop that gateway, or give this one a folder of its own with --data FOLDER",
    );
  }
  try {
    const gateway = await startGateway({
      context: nodeContext,
      host,
      port: settings.port,
      backends,
      routes: settings.routes,
      orderFile: orders.file,
      signatures:
        signatures === "off"
          ? "off"
          : {
              ttlMs: signatures.ttlMs,
              ...(signatures.secret === undefined ? {} : { secret: signatures.secret }),
            },
      audit,
      auditRequired: settings.auditRequired,
      requestsPerSecond: settings.requestsPerSecond,
      requestsPerSecondOfAddress: settings.requestsPerSecondOfAddress,
      connectionsPerAddress: settings.connectionsPerAddress,
      ordersPerSecond: settings.ordersPerSecond,
      answerMs: settings.answerMs,
      log,
      ...(settings.allow === undefined ? {} : { allow: settings.allow }),
      ...(key === undefined ? {} : { curve: { secretKey: key.secretKey, clients: settings.curveClients } }),
    });
    log.info("MT5 ZMQ gateway (protocol v4.3) listening", { endpoint: gateway.endpoint, data: folder });
    if (key !== undefined) {
      log.info("Public key of the gateway, for its clients", {
        base64: encodeKey(key.publicKey),
        z85: encodeKey(key.publicKey, KeyEncoding.Z85),
      });
    }
    return gateway;
  } catch (error) {
    await orders.file.close();
    await audit.close();
    throw explain(error, settings, folder);
  }
}

function makeBackends(
  settings: GatewaySettings,
  mt5: MT5Connector,
  log: GatewayLog,
): readonly GatewayBackend[] {
  const { deviation, magic, answerMs } = settings;
  return mt5.getAllAgents().map((agent) =>
    agentBackend(agent, {
      deviation,
      magic,
      // what is left of the answer's time belongs to the resolver
      timeoutMs: Math.max(1, Math.round(Math.min(answerMs, 60_000) * 0.7)),
      onFault: (error) => log.error("Fault of the connector", { account: agent.id, error }),
      ...(agent.metadata.accountNumber === undefined ? {} : { login: String(agent.metadata.accountNumber) }),
    }),
  );
}

function warn(settings: GatewaySettings, host: string, log: GatewayLog): void {
  if (settings.signatures === "off") {
    log.warning("SIGNATURE VALIDATION IS OFF: every client may open positions unchecked. For tests only");
  }
  if (settings.curve || host === "127.0.0.1" || host === "::1" || host === "localhost") return;
  log.warning(
    `Listening on ${host} without encryption: whoever reaches the port can trade. Use --host 127.0.0.1, or --curve with --curve-client KEY for each client`,
  );
}

function startTerminal(
  settings: GatewaySettings,
  folder: string,
  log: GatewayLog,
): TerminalKeeper | undefined {
  if (settings.terminal === undefined || (settings.simulate && settings.terminalFrom === "environment")) {
    return undefined;
  }
  return keepTerminal(settings.terminal, { folder, log, chart: settings.chart });
}

async function makeConnector(
  settings: GatewaySettings,
  simulation: GatewaySimulation | undefined,
  log: GatewayLog,
): Promise<MT5Connector> {
  const config = simulation?.config ?? (await readConfig(settings.config ?? ""));
  try {
    const mt5 = new MT5Connector(config, {
      transport: zmtpTransport({ network: nodeNetwork, clock: systemClock, crypto: nodeCrypto }),
      sharedSecret: (secretKey, publicKey) => nodeCrypto.keyAgreement.sharedSecret(secretKey, publicKey),
    });
    mt5.on("error", (error, agentId) =>
      log.error("Fault of the connector", { account: agentId ?? "", error }),
    );
    return mt5;
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new UsageError(cause.message, cause.remedy, { cause });
  }
}

async function readConfig(file: string): Promise<MT5ConnectorConfig> {
  const path = resolve(file);
  try {
    // The connector checks all of it, and names every fault.
    return JSON.parse(await readFile(path, "utf8")) as MT5ConnectorConfig;
  } catch (cause) {
    throw new UsageError(
      `Cannot read the configuration ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Name a file of accounts with --config FILE: what simulate writes with --config-out, or one of your own in that form",
      { cause },
    );
  }
}

function explain(error: unknown, settings: GatewaySettings, folder: string): unknown {
  if (error instanceof OrderStoreDamagedError) {
    return new UsageError(`${error.message} (${join(folder, "orders.jsonl")})`, error.remedy, {
      cause: error,
    });
  }
  if (error instanceof RangeError)
    return new UsageError(error.message, "Check --route and --config", { cause: error });
  const cause = error instanceof Error ? error.cause : undefined;
  if (/EADDRINUSE|EACCES|EADDRNOTAVAIL/.test(`${String(error)} ${String(cause)}`)) {
    return new UsageError(
      `Cannot listen on ${settings.host ?? "0.0.0.0"}:${settings.port}: ${String(cause ?? error)}`,
      "Stop what uses the port, or choose another with --port, or another address with --host",
      { cause: error },
    );
  }
  return error;
}
