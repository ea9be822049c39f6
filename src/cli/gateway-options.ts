import { type AddressFilter, addressFilter } from "../gateway/allow-list.ts";
import { maxConnections, maxConnectionsPerAddress } from "../gateway/limits.ts";
import type { RoutingRule } from "../gateway/routing.ts";
import { decodeKey } from "../security/keys.ts";
import { parseWhole } from "./arguments.ts";
import { UsageError } from "./usage-error.ts";

/** Credentials with which the gateway starts a terminal itself. */
export interface TerminalLogin {
  readonly login: string;
  readonly password: string;
  readonly server: string;
  readonly path: string;
}

/** The command line of `gateway`, read. */
export interface GatewaySettings {
  readonly host: string | undefined;
  readonly port: number;
  readonly signatures: { readonly ttlMs: number; readonly secret: Uint8Array | undefined } | "off";
  readonly debug: boolean;
  readonly config: string | undefined;
  readonly simulate: boolean;
  readonly data: string | undefined;
  readonly logFile: string | undefined;
  readonly auditFile: string | undefined;
  readonly auditRequired: boolean;
  readonly routes: readonly RoutingRule[];
  readonly allow: AddressFilter | undefined;
  readonly curve: boolean;
  readonly curveClients: readonly Uint8Array[];
  readonly requestsPerSecond: number;
  readonly requestsPerSecondOfAddress: number;
  readonly connectionsPerAddress: number;
  readonly ordersPerSecond: number;
  readonly answerMs: number;
  readonly drainMs: number;
  readonly deviation: number;
  readonly magic: number;
  readonly exitWithStdin: boolean;
  /** Undefined: none was given. */
  readonly terminal: TerminalLogin | undefined;
  /** Where the terminal's credentials come from. */
  readonly terminalFrom: "options" | "environment";
  readonly chart: string | undefined;
}

/** A fewest length for secrets, against ones that can be guessed from one signature. */
const minSecretLetters = 16;

/**
 * The text of an option as it was typed, the last one given. The option parser makes numbers of what looks like one,
 * which would turn the password `007` into `7`.
 */
export function typedOption(argv: readonly string[], name: string): string | undefined {
  return typedOptions(argv, name).at(-1);
}

/** All texts of an option that may be repeated. */
export function typedOptions(argv: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (const [index, word] of argv.entries()) {
    if (word === "--") break;
    if (word === name) {
      const value = argv[index + 1];
      if (value === undefined)
        throw new UsageError(`Cannot read ${name}: it has no value`, `Give ${name} a value`);
      values.push(value);
    } else if (word.startsWith(`${name}=`)) values.push(word.slice(name.length + 1));
  }
  return values;
}

/** Reads the command line and the environment. */
export function readGatewaySettings(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): GatewaySettings {
  const text = (name: string): string | undefined => typedOption(argv, name);
  const has = (name: string): boolean => argv.includes(name);
  const whole = (name: string, standard: number, most: number): number =>
    parseWhole(name, text(name) ?? String(standard), 0, most);
  const signaturesOff = has("--no-signature-validation");
  const secret = text("--signature-secret") ?? environment["GATEWAY_SIGNATURE_SECRET"];
  const options = ["--mt5-login", "--mt5-password", "--mt5-server", "--mt5-path"].some(
    (name) => text(name) !== undefined,
  );
  return {
    host: text("--host"),
    port: parseWhole("--port", text("--port") ?? "5555", 0, 65_535),
    signatures: signaturesOff
      ? "off"
      : { ttlMs: seconds("--signature-ttl", text("--signature-ttl") ?? "5"), secret: readSecret(secret) },
    debug: has("--debug"),
    config: text("--config"),
    simulate: has("--simulate"),
    data: text("--data"),
    logFile: text("--log-file"),
    auditFile: text("--audit-file"),
    auditRequired: has("--audit-required"),
    routes: typedOptions(argv, "--route").map(readRoute),
    allow: readAllowList(text("--allow-ip")),
    curve: has("--curve"),
    curveClients: typedOptions(argv, "--curve-client").map((key) => readKey(key)),
    requestsPerSecond: whole("--rate-limit", 0, 1_000_000),
    requestsPerSecondOfAddress: whole("--address-rate-limit", 0, 1_000_000),
    connectionsPerAddress: parseWhole(
      "--address-connections",
      text("--address-connections") ?? String(maxConnectionsPerAddress),
      1,
      maxConnections,
    ),
    ordersPerSecond: whole("--order-rate-limit", 0, 1_000_000),
    answerMs: seconds("--order-timeout", text("--order-timeout") ?? "10"),
    drainMs: seconds("--drain", text("--drain") ?? "10"),
    deviation: whole("--deviation", 20, 1_000_000),
    magic: whole("--magic", 0, Number.MAX_SAFE_INTEGER),
    exitWithStdin: has("--exit-with-stdin"),
    terminal: readTerminal(text, environment),
    terminalFrom: options ? "options" : "environment",
    chart: text("--mt5-chart") ?? environment["MT5_CHART"],
  };
}

function readTerminal(
  text: (name: string) => string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): TerminalLogin | undefined {
  const parts = {
    login: text("--mt5-login") ?? environment["MT5_LOGIN"],
    password: text("--mt5-password") ?? environment["MT5_PASSWORD"],
    server: text("--mt5-server") ?? environment["MT5_SERVER"],
    path: text("--mt5-path") ?? environment["MT5_PATH"],
  };
  const entries = Object.entries(parts);
  const missing = entries.filter(([, value]) => value === undefined || value === "").map(([name]) => name);
  if (missing.length === entries.length) return undefined;
  if (missing.length > 0) {
    throw new UsageError(
      `Cannot start MetaTrader: no ${missing.join(", no ")} is given`,
      `Give ${missing.map((name) => `--mt5-${name} or MT5_${name.toUpperCase()} in .env`).join(", ")}; without any of the four, no terminal is started`,
    );
  }
  return parts as TerminalLogin;
}

function readSecret(secret: string | undefined): Uint8Array | undefined {
  if (secret === undefined) return undefined;
  if (secret.length >= minSecretLetters) return new TextEncoder().encode(secret);
  throw new UsageError(
    `Cannot use the signature secret: it has fewer than ${minSecretLetters} letters`,
    "Use a long random text, the same on both sides, best as GATEWAY_SIGNATURE_SECRET in .env",
  );
}

function readRoute(rule: string): RoutingRule {
  const at = rule.lastIndexOf("=");
  if (at <= 0 || at === rule.length - 1) {
    throw new UsageError(
      `Cannot read --route "${rule}"`,
      'Write a symbol and an account, such as --route "XAU*=gold"',
    );
  }
  return { symbol: rule.slice(0, at), backend: rule.slice(at + 1) };
}

function readAllowList(list: string | undefined): AddressFilter | undefined {
  if (list === undefined) return undefined;
  try {
    return addressFilter(list.split(",").map((entry) => entry.trim()));
  } catch (cause) {
    throw new UsageError(
      `Cannot read --allow-ip: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Give addresses and ranges, such as --allow-ip 127.0.0.1,172.19.141.0/24",
      { cause },
    );
  }
}

function readKey(key: string): Uint8Array {
  try {
    return decodeKey(key, "--curve-client");
  } catch (cause) {
    throw new UsageError(
      cause instanceof Error ? cause.message : String(cause),
      "Give a client's public key",
      { cause },
    );
  }
}

function seconds(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0 || value > 86_400) {
    throw new UsageError(
      `Cannot read ${name} "${text}": not a number of seconds`,
      `Give ${name} seconds above 0, such as 5`,
    );
  }
  return value * 1000;
}
