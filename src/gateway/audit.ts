import type { PyObject } from "./python-json.ts";

/** One request and its reply, or one event of the gateway's life. */
export interface AuditEntry {
  /** UTC, six digits. */
  readonly time: string;
  /** What the entry is about. */
  readonly kind: "command" | "reply" | "start" | "stop";
  /** The connection, for as long as it stands. */
  readonly peer?: string;
  /** Address and port of the far end. */
  readonly address?: string;
  /** The client's public key in Base64, if the connection is encrypted. */
  readonly client?: string;
  /** What came in, as text; cut off when it was malformed and long. */
  readonly request?: string;
  /** What was answered. */
  readonly reply?: PyObject;
}

/** Where every command and reply is written. */
export interface AuditSink {
  /** Takes an entry; never throws. One that is not `prompt` may wait a moment, so that many are written at once. */
  record(entry: AuditEntry, prompt: boolean): void;
  /** Why entries are being lost, if they are. */
  readonly failure: Error | undefined;
  /** Resolves when what was recorded is written. */
  close(): Promise<void>;
}
