#!/usr/bin/env node
import { cac } from "cac";
import { version } from "../domain/version.ts";
import { registerGateway } from "./commands/gateway.ts";
import { registerSimulate } from "./commands/simulate.ts";
import { UsageError } from "./usage-error.ts";

const exitUsage = 2;
const exitFailure = 1;

async function main(argv: readonly string[]): Promise<number> {
  const cli = cac("mt5-connector");
  registerSimulate(cli);
  registerGateway(cli);
  cli.help();
  cli.version(version);
  cli.parse([...argv], { run: false });
  if (cli.options["help"] === true || cli.options["version"] === true) return 0;
  if (cli.matchedCommand === undefined) {
    const [name] = cli.args;
    if (name === undefined) {
      cli.outputHelp();
      return exitUsage;
    }
    throw new UsageError(
      `Cannot run "${name}": no such command`,
      "See mt5-connector --help for the commands",
    );
  }
  const code: unknown = await cli.runMatchedCommand();
  return typeof code === "number" ? code : 0;
}

function report(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`Error: ${error.message}\nRemedy: ${error.remedy}`);
    return exitUsage;
  }
  if (error instanceof Error && error.name === "CACError") {
    console.error(`Error: ${error.message}\nRemedy: see mt5-connector --help`);
    return exitUsage;
  }
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return exitFailure;
}

try {
  process.exitCode = await main(process.argv);
} catch (error) {
  process.exitCode = report(error);
}
