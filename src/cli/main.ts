#!/usr/bin/env node
import { cac } from "cac";
import { version } from "../domain/version.ts";
import { joinNegativeNumbers } from "./arguments.ts";
import { registerGateway } from "./commands/gateway.ts";
import { registerKeys } from "./commands/keys.ts";
import { registerSimulate } from "./commands/simulate.ts";
import { UsageError } from "./usage-error.ts";

const exitUsage = 2;
const exitFailure = 1;

async function main(argv: readonly string[]): Promise<number> {
  const cli = cac("mt5-connector");
  registerSimulate(cli);
  registerKeys(cli);
  registerGateway(cli);
  cli.help();
  cli.version(version);
  try {
    cli.parse(joinNegativeNumbers(argv), { run: false });
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
  } catch (error) {
    if (!(error instanceof Error && error.name === "CACError")) throw error;
    const command = cli.matchedCommand === undefined ? "" : ` ${cli.matchedCommand.name}`;
    throw new UsageError(
      `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}`,
      `See mt5-connector${command} --help`,
      { cause: error },
    );
  }
}

function report(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`Error: ${error.message}\nRemedy: ${error.remedy}`);
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
