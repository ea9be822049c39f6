import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { UsageError } from "./usage-error.ts";

/**
 * Reads the text of a `.env` file as `python-dotenv` does, so that one file serves both gateways: an unquoted value ends
 * at a space followed by `#` (a `#` inside a password stays), backslashes are plain letters, single quotes take
 * everything as it is, double quotes know escapes, `export` may stand in front.
 */
export function parseEnvFile(text: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$/.exec(line);
    const [, name, raw = ""] = match ?? [];
    if (name === undefined) continue;
    const double = /^"((?:[^"\\]|\\.)*)"/.exec(raw)?.[1];
    const single = /^'((?:\\'|[^'])*)'/.exec(raw)?.[1]?.replace(/\\([\\'])/g, "$1");
    if (double !== undefined)
      values[name] = double.replace(/\\(["\\abfnrtv'])/g, (_, letter: string) => escapes[letter] ?? letter);
    else values[name] = single ?? raw.replace(/\s+#.*$/, "");
  }
  return values;
}

const escapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The values of a `.env` file; those of the environment win over them. A file that was not asked for may be missing. */
export async function loadEnv(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, string | undefined>>> {
  const path = resolve(file ?? ".env");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (missing && file === undefined) return environment;
    throw new UsageError(
      `Cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Check the path after --env-file, and that you may read the file",
      { cause },
    );
  }
  return { ...parseEnvFile(text), ...environment };
}
