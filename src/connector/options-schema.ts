import * as v from "valibot";
import { decodeKey } from "../security/keys.ts";
import { ConfigError, type ConfigIssue } from "./errors.ts";
import type { LogEntry } from "./log.ts";
import { nearest } from "./nearest.ts";
import type {
  AgentConfig,
  CircuitBreakerOptions,
  MT5ConnectorConfig,
  ReconnectOptions,
  ResolvedAgent,
  ResolvedConfig,
  RetryPolicy,
  TimeoutOptions,
} from "./options.ts";

/** Message and remedy travel through valibot in one string. */
const separator = "\u0000";

function say(message: string, remedy: string): string {
  return `${message}${separator}${remedy}`;
}

/** An object whose unknown keys are all reported, each with the known key that it may have meant. */
function keys(entries: v.ObjectEntries): v.GenericSchema<unknown, unknown> {
  const known = Object.keys(entries);
  return v.pipe(
    v.looseObject(entries, say("must be an object", "Give an object with its keys")),
    v.rawCheck(({ dataset, addIssue }) => {
      const value: unknown = dataset.value;
      if (typeof value !== "object" || value === null) return;
      for (const key of Object.keys(value)) {
        if (known.includes(key)) continue;
        const close = nearest(key, known);
        addIssue({
          message: say(
            "unknown key",
            close === undefined ? `Known here: ${known.join(", ")}` : `Did you mean "${close}"?`,
          ),
          path: [{ type: "object", origin: "key", input: value as never, key, value: undefined }],
        });
      }
    }),
  );
}

function whole(what: string, least: number, most: number): v.GenericSchema<unknown, number> {
  const message = say(
    `must be ${what}: a whole number from ${least} to ${most}`,
    `Give a number from ${least} to ${most}`,
  );
  return v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(most, message));
}

function positive(what: string): v.GenericSchema<unknown, number> {
  const message = say(`must be ${what}: a number above 0`, "Give a number above 0, or leave the key out");
  return v.pipe(v.number(message), v.finite(message), v.gtValue(0, message));
}

function oneOf<Value extends string>(...values: readonly Value[]): v.GenericSchema<unknown, Value> {
  return v.picklist(values, say(`must be one of ${values.join(", ")}`, `Use one of ${values.join(", ")}`));
}

function text(what: string): v.GenericSchema<unknown, string> {
  const message = say(`must be ${what}, and not empty`, `Give ${what}`);
  return v.pipe(v.string(message), v.minLength(1, message));
}

const flag = v.boolean(say("must be true or false", "Use true or false"));
const milliseconds = whole("milliseconds", 1, 2_147_483_647);
const waitMs = whole("milliseconds", 0, 2_147_483_647);

const keyText = v.pipe(
  v.string(say("must be a key as text", "Give a key in base64 or Z85")),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      decodeKey(dataset.value, "a key");
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const remedy = "Make keys with `mt5-connector keys generate`, and copy them whole";
      // The key may be a secret, so the issue does not carry it.
      addIssue({ message: say(`is no key: ${why}`, remedy), input: "(hidden)" });
    }
  }),
);

const attempts = v.union(
  [v.literal(Number.POSITIVE_INFINITY), whole("a number of attempts", 1, 1_000_000_000)],
  say("must be a number of attempts: a whole number above 0, or Infinity", "Give a number above 0"),
);

/** What is no host is seen here, not after a timeout: a URL, a port with it, a space. Addresses of IPv6 have colons. */
const host = v.pipe(
  text("a host name or address"),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const given = dataset.value.trim();
    const bare = given.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/[/?#].*$/, "");
    const named = /^\[(.+)\](?::\d+)?$/.exec(bare)?.[1] ?? bare.replace(/^([^:]*):\d*$/, "$1");
    if (dataset.value === named && !/\s/.test(named)) return;
    const advice = named === "" || /\s/.test(named) ? "" : `: "${named}"`;
    addIssue({
      message: say(
        `"${given}" is no host name or address`,
        `Give the host alone${advice}; the ports have keys of their own`,
      ),
    });
  }),
);

const agentSchema = keys({
  id: text("a name"),
  displayName: v.optional(text("a name")),
  connection: keys({
    host,
    ports: keys({
      command: whole("a port", 1, 65_535),
      events: whole("a port", 1, 65_535),
      sync: whole("a port", 1, 65_535),
    }),
    timeout: v.optional(milliseconds),
  }),
  credentials: keys({ serverKey: keyText, clientKey: keyText }),
  metadata: v.optional(
    keys({
      accountNumber: v.optional(whole("a login", 0, Number.MAX_SAFE_INTEGER)),
      broker: v.optional(v.string(say("must be text", "Give a name"))),
      environment: v.optional(oneOf("live", "demo", "test")),
      description: v.optional(v.string(say("must be text", "Give a text"))),
    }),
  ),
  limits: v.optional(
    keys({
      maxOrdersPerSecond: v.optional(positive("orders per second")),
      maxPositions: v.optional(whole("a number of positions", 1, 1_000_000)),
      maxVolume: v.optional(positive("a volume in lots")),
    }),
  ),
});

const optionsSchema = keys({
  reconnect: v.optional(
    keys({
      enabled: v.optional(flag),
      maxAttempts: v.optional(attempts),
      backoffMs: v.optional(milliseconds),
      maxBackoffMs: v.optional(milliseconds),
    }),
  ),
  logging: v.optional(
    keys({
      level: oneOf("debug", "info", "warn", "error", "silent"),
      destination: oneOf("console", "file", "custom"),
      filePath: v.optional(text("a path")),
      customHandler: v.optional(v.function(say("must be a function", "Give (log) => void"))),
    }),
  ),
  monitoring: v.optional(
    keys({
      healthCheck: v.optional(keys({ enabled: flag, intervalMs: v.optional(milliseconds) })),
      metrics: v.optional(keys({ enabled: flag, endpoint: v.optional(text("a URL")) })),
    }),
  ),
  security: v.optional(
    keys({
      encryptionLevel: v.optional(oneOf("standard", "high")),
      keyRotation: v.optional(
        keys({
          enabled: flag,
          intervalHours: v.optional(positive("hours")),
          gracePeriodMinutes: v.optional(positive("minutes")),
        }),
      ),
      certificateValidation: v.optional(v.unknown()),
    }),
  ),
  errorHandling: v.optional(
    keys({
      retryPolicy: v.optional(
        keys({
          maxAttempts: v.optional(whole("a number of attempts", 1, 1_000)),
          baseDelayMs: v.optional(waitMs),
          maxDelayMs: v.optional(waitMs),
          backoffMultiplier: v.optional(positive("a factor")),
          jitterMs: v.optional(waitMs),
        }),
      ),
      circuitBreaker: v.optional(
        keys({
          failureThreshold: v.optional(whole("a number of failures", 1, 1_000_000)),
          recoveryTimeoutMs: v.optional(milliseconds),
          monitoringPeriodMs: v.optional(milliseconds),
        }),
      ),
      timeouts: v.optional(
        keys({
          connectionTimeoutMs: v.optional(milliseconds),
          requestTimeoutMs: v.optional(milliseconds),
          tradeTimeoutMs: v.optional(whole("milliseconds", 1, 60_000)),
          healthCheckTimeoutMs: v.optional(milliseconds),
        }),
      ),
    }),
  ),
});

const configSchema = keys({
  agents: v.pipe(
    v.array(agentSchema, say("must be a list of agents", "Give an array with one entry per account")),
    v.minLength(1, say("is empty", "Give at least one agent")),
  ),
  options: v.optional(optionsSchema),
});

const defaultReconnect: Required<ReconnectOptions> = {
  enabled: true,
  maxAttempts: Number.POSITIVE_INFINITY,
  backoffMs: 250,
  maxBackoffMs: 10_000,
};
const defaultRetry: RetryPolicy = {
  maxAttempts: 3,
  baseDelayMs: 100,
  maxDelayMs: 2_000,
  backoffMultiplier: 2,
  jitterMs: 50,
};
const defaultBreaker: CircuitBreakerOptions = {
  failureThreshold: 5,
  recoveryTimeoutMs: 10_000,
  monitoringPeriodMs: 60_000,
};
const defaultTimeouts: TimeoutOptions = {
  connectionTimeoutMs: 5_000,
  requestTimeoutMs: 5_000,
  tradeTimeoutMs: 10_000,
  healthCheckTimeoutMs: 3_000,
};

/** What the outside provides, as far as a configuration can depend on it. */
export interface ConfigSupport {
  /** Whether logs can go to a file. */
  readonly logFiles: boolean;
}

/** Validates a configuration. Throws a ConfigError that names every fault. */
export function resolveConfig(config: MT5ConnectorConfig, support: ConfigSupport): ResolvedConfig {
  const parsed = v.safeParse(configSchema, config);
  const issues: ConfigIssue[] = (parsed.issues ?? []).map((issue) => toConfigIssue(issue, config));
  if (typeof config === "object" && config !== null) issues.push(...crossChecks(config, support));
  if (issues.length > 0) throw new ConfigError(issues);
  const given = config.options ?? {};
  const reconnect = { ...defaultReconnect, ...defined(given.reconnect) };
  if (given.reconnect?.maxBackoffMs === undefined) {
    reconnect.maxBackoffMs = Math.max(reconnect.maxBackoffMs, reconnect.backoffMs);
  }
  const timeouts = { ...defaultTimeouts, ...defined(given.errorHandling?.timeouts) };
  const health = given.monitoring?.healthCheck;
  return {
    agents: config.agents.map((agent) => resolveAgent(agent, timeouts.connectionTimeoutMs)),
    options: {
      reconnect,
      retryPolicy: { ...defaultRetry, ...defined(given.errorHandling?.retryPolicy) },
      circuitBreaker: { ...defaultBreaker, ...defined(given.errorHandling?.circuitBreaker) },
      timeouts,
      logging: given.logging,
      healthCheckIntervalMs:
        health?.enabled === true ? (health.intervalMs ?? 5_000) : Number.POSITIVE_INFINITY,
      metricsEnabled: given.monitoring?.metrics?.enabled ?? true,
    },
  };
}

function resolveAgent(agent: AgentConfig, connectionTimeoutMs: number): ResolvedAgent {
  return {
    id: agent.id,
    displayName: agent.displayName ?? agent.id,
    host: agent.connection.host,
    ports: { ...agent.connection.ports },
    connectTimeoutMs: agent.connection.timeout ?? connectionTimeoutMs,
    serverPublicKey: decodeKey(agent.credentials.serverKey ?? ""),
    clientSecretKey: decodeKey(agent.credentials.clientKey ?? ""),
    metadata: { ...agent.metadata },
    limits: { ...agent.limits },
  };
}

/** Without the members that are present but undefined, so that they do not hide a default. */
function defined<T extends object>(
  given: T | undefined,
): Partial<{ [K in keyof T]-?: Exclude<T[K], undefined> }> {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as never;
}

function toConfigIssue(issue: v.BaseIssue<unknown>, config: unknown): ConfigIssue {
  const steps = issue.path ?? [];
  const path = formatPath(steps.map((step) => step.key as string | number));
  const [message = "", remedy = "Correct the value"] = issue.message.split(separator);
  if (issue.received !== "undefined" || issue.kind !== "schema") return { path, message, remedy };
  if (path === "") return { path: "config", message: "missing", remedy: "Give a configuration" };
  const last = steps.at(-1);
  const parent = last === undefined ? config : last.input;
  const present = typeof parent === "object" && parent !== null && String(last?.key) in parent;
  return present
    ? {
        path,
        message: "is undefined",
        remedy: "If it is read from an environment variable, set that variable before the start",
      }
    : { path, message: "missing", remedy: `Add "${String(last?.key)}"` };
}

function formatPath(steps: readonly (string | number)[]): string {
  let path = "";
  for (const step of steps) {
    if (typeof step === "number") path += `[${step}]`;
    else path += path === "" ? step : `.${step}`;
  }
  return path;
}

/** What concerns more than one key, and what is understood but not offered. Runs on whatever shape was given. */
function crossChecks(config: MT5ConnectorConfig, support: ConfigSupport): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const agents: readonly unknown[] = Array.isArray(config.agents) ? config.agents : [];
  const ids = new Map<unknown, number>();
  const places = new Map<string, string>();
  agents.forEach((entry, index) => {
    const agent = entry as Partial<AgentConfig> | null | undefined;
    const id = agent?.id;
    if (typeof id === "string" && id !== "") {
      const first = ids.get(id);
      if (first === undefined) ids.set(id, index);
      else {
        issues.push({
          path: `agents[${index}].id`,
          message: `"${id}" is also the id of agents[${first}]`,
          remedy: "Give each agent an id of its own",
        });
      }
    }
    const connection = agent?.connection as Partial<AgentConfig["connection"]> | undefined;
    for (const [name, port] of Object.entries(connection?.ports ?? {})) {
      if (typeof port !== "number" || typeof connection?.host !== "string") continue;
      const path = `agents[${index}].connection.ports.${name}`;
      const place = `${connection.host.toLowerCase()}:${port}`;
      const other = places.get(place);
      if (other === undefined) places.set(place, path);
      else {
        issues.push({
          path,
          message: `port ${port} is also ${other}`,
          remedy: "Give each channel of each agent on one host a port of its own",
        });
      }
    }
  });
  const options = config.options;
  if (typeof options !== "object" || options === null) return issues;
  issues.push(...loggingChecks(options.logging, support), ...refusals(options));
  const { backoffMs, maxBackoffMs } = options.reconnect ?? {};
  if (typeof backoffMs === "number" && typeof maxBackoffMs === "number" && backoffMs > maxBackoffMs) {
    issues.push({
      path: "options.reconnect.maxBackoffMs",
      message: `${maxBackoffMs} is below backoffMs (${backoffMs})`,
      remedy: "Give a longest wait that is not shorter than the first",
    });
  }
  return issues;
}

interface LooseLogging {
  readonly destination?: unknown;
  readonly filePath?: unknown;
  readonly customHandler?: ((log: LogEntry) => void) | undefined;
}

function loggingChecks(logging: LooseLogging | undefined, support: ConfigSupport): ConfigIssue[] {
  if (logging?.destination === "custom" && logging.customHandler === undefined) {
    return [
      {
        path: "options.logging.customHandler",
        message: 'missing, though the destination is "custom"',
        remedy: "Give (log) => void",
      },
    ];
  }
  if (logging?.destination !== "file") return [];
  if (logging.filePath === undefined) {
    return [
      {
        path: "options.logging.filePath",
        message: 'missing, though the destination is "file"',
        remedy: "Give the path of the log file",
      },
    ];
  }
  if (support.logFiles) return [];
  return [
    {
      path: "options.logging.destination",
      message:
        '"file" is not offered by this build: the core does no file I/O, and no log file adapter was handed in',
      remedy: 'Use "console", or "custom" with a handler that writes the file',
    },
  ];
}

/** Keys that the blueprint names and that cannot do yet what they say. */
function refusals(options: NonNullable<MT5ConnectorConfig["options"]>): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const security = options.security as Record<string, { readonly enabled?: unknown } | undefined> | undefined;
  if (security?.keyRotation?.enabled === true) {
    issues.push({
      path: "options.security.keyRotation.enabled",
      message: "automatic key rotation does not exist yet",
      remedy: "Set it to false, and change keys on both sides by hand",
    });
  }
  if (security?.certificateValidation !== undefined) {
    issues.push({
      path: "options.security.certificateValidation",
      message: "CURVE has no certificates: the agent is known by its public key (credentials.serverKey)",
      remedy: "Remove it",
    });
  }
  if (options.monitoring?.metrics?.endpoint !== undefined) {
    issues.push({
      path: "options.monitoring.metrics.endpoint",
      message: "metrics are not sent anywhere yet",
      remedy: "Remove it, and read getMetrics()",
    });
  }
  return issues;
}
