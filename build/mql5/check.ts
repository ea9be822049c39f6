import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mqlRoot } from "./compile.ts";
import { describeFault, type Fault } from "./fault.ts";
import { translate } from "./translate.ts";

/** Every program (.mq5) below a folder. */
export async function programsBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((entry) => entry.endsWith(".mq5"))
    .sort()
    .map((entry) => join(folder, entry));
}

/** The faults of all programs below a folder, each once. */
export async function checkAll(folder: string = mqlRoot): Promise<readonly Fault[]> {
  const faults = new Map<string, Fault>();
  for (const entry of await programsBelow(folder)) {
    const translation = await translate(entry, mqlRoot);
    if (!translation.ok) for (const fault of translation.faults) faults.set(describeFault(fault), fault);
  }
  return [...faults.values()];
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const faults = await checkAll();
  for (const fault of faults) console.error(describeFault(fault));
  console.log(`${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
