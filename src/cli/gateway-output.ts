import { join, resolve } from "node:path";
import { openAppendFile } from "../adapters/gateway-files.ts";
import type { AuditSink } from "../gateway/audit.ts";
import { type GatewayLog, lineLog } from "../gateway/gateway-log.ts";
import { pythonJson } from "../gateway/python-json.ts";
import { secretHider } from "../gateway/redact.ts";
import type { GatewaySettings } from "./gateway-options.ts";

/** The Python gateway's name. */
const logName = "mt5_zmq_server.log";
const auditName = "audit.jsonl";
/** Longest time that a power cut can take from the audit. */
const auditSyncMs = 1_000;

/** Hides the secrets that this process knows, whoever put them into a line. */
function hideSecrets({ signatures, terminal }: GatewaySettings): (text: string) => string {
  const secret = signatures === "off" ? undefined : signatures.secret;
  return secretHider([
    ...(secret === undefined ? [] : [new TextDecoder().decode(secret)]),
    ...(terminal === undefined ? [] : [terminal.password]),
  ]);
}

/** The log: on the console, and appended to a file. */
export async function openLog(
  settings: GatewaySettings,
  folder: string,
  cleanups: (() => Promise<unknown>)[],
): Promise<GatewayLog> {
  const path = resolve(settings.logFile ?? join(folder, logName));
  const file = await openAppendFile(path, (lines, cause) =>
    console.error(`${lines} log lines could not be written to ${path}: ${cause.message}`),
  );
  cleanups.push(() => file.close());
  const stamp = (): string => new Date().toISOString().replace("T", " ").replace(".", ",").slice(0, -1);
  const hide = hideSecrets(settings);
  const write = (told: string, level: string): void => {
    const line = hide(told);
    file.write(line);
    if (level === "ERROR" || level === "WARNING") console.error(line);
    else console.log(line);
  };
  return lineLog(write, stamp, settings.debug ? "DEBUG" : "INFO");
}

/** The audit: a line of JSON for every command and every reply, appended to a file. */
export async function openAudit(
  settings: GatewaySettings,
  folder: string,
  log: GatewayLog,
): Promise<AuditSink> {
  const path = resolve(settings.auditFile ?? join(folder, auditName));
  const file = await openAppendFile(
    path,
    (entries, cause) => log.error("Audit entries are lost", { entries, file: path, error: cause }),
    { syncMs: auditSyncMs },
  );
  const hide = hideSecrets(settings);
  let told: Error | undefined;
  return {
    record(entry, prompt): void {
      file.write(hide(pythonJson({ ...entry })), prompt);
      if (file.failure !== undefined && file.failure !== told) {
        log.error("The audit file cannot be written", { file: path, error: file.failure });
      }
      told = file.failure;
    },
    get failure(): Error | undefined {
      return file.failure;
    },
    close: () => file.close(),
  };
}
