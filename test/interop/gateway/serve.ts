import { cac } from "cac";
import { registerGateway } from "../../../src/cli/commands/gateway.ts";

// The command alone, so that these tests need nothing of the rest of the command line.
const cli = cac("mt5-connector");
registerGateway(cli);
cli.help();
cli.parse(process.argv, { run: false });
process.exitCode = (await cli.runMatchedCommand()) as number;
