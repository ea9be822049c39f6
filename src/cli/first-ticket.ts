import { access, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "./usage-error.ts";

/** So many tickets belong to one run: more than it can ever hand out, and few enough for millions of runs below 2^53. */
const ticketsOfARun = 1_000_000_000;
const firstOfAll = 1_000_001;

/**
 * The first ticket of this run of a data folder. The simulated broker forgets its positions when it stops, but clients
 * and the journal remember tickets: a number that came again would name another position. The run is counted durably
 * before it begins, so a run that is killed has its numbers to itself, too.
 */
export async function nextFirstTicket(folder: string): Promise<string> {
  const file = join(folder, "runs.json");
  const run = (await runsSoFar(folder, file)) + 1;
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ runs: run })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  return String(firstOfAll + (run - 1) * ticketsOfARun);
}

async function runsSoFar(folder: string, file: string): Promise<number> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    try {
      // A journal without a count is of a version that did not count.
      await access(join(folder, "agent.journal"));
      return 1;
    } catch (error) {
      if (!isMissing(error)) throw error;
      return 0;
    }
  }
  try {
    const { runs } = JSON.parse(text) as { runs: unknown };
    if (typeof runs === "number" && Number.isSafeInteger(runs) && runs >= 0) return runs;
    throw new RangeError("it holds no count");
  } catch (cause) {
    throw new UsageError(
      `Cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      `Write {"runs":N} there, with N above the number of times that this folder was used, or name another folder with --data`,
      { cause },
    );
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
