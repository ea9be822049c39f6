import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Flavour, missingCompiler } from "../../../build/mql5/compile.ts";

const run = promisify(execFile);

/** True where a missing peer must fail instead of being skipped. */
export const peersRequired: boolean = process.env.REQUIRE_PEERS === "1";

const flavours: readonly Flavour[] = ["plain", "sanitized", "coverage", "windows"];

/** How the suites build their programs: `MQL5_FLAVOUR`, else plainly. */
export const defaultFlavour: Flavour = flavours.find((one) => one === process.env.MQL5_FLAVOUR) ?? "plain";

/** Where programs of the flavour `coverage` leave their counts. */
export const coverageFolder: string | undefined = process.env.MQL5_COVERAGE_DIR;

/**
 * Why tests of a flavour cannot run here, or undefined if they can. Where peers are required the reason is withheld,
 * so that the tests run and fail.
 */
export async function skipReason(flavour: Flavour = defaultFlavour): Promise<string | undefined> {
  if (peersRequired) return undefined;
  const compiler = await missingCompiler(flavour);
  if (compiler !== undefined) return compiler;
  if (flavour !== "windows" || process.platform === "win32") return undefined;
  try {
    await run("wine", ["--version"]);
    return undefined;
  } catch {
    return "wine is not installed";
  }
}

/** The title of a suite, with the reason in it when the suite is skipped. */
export function suiteTitle(title: string, reason: string | undefined): string {
  return reason === undefined ? title : `${title} (skipped: ${reason})`;
}
