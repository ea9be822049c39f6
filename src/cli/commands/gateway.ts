import type { CAC } from "cac";
import { loadEnv } from "../gateway-env.ts";
import { readGatewaySettings, typedOption } from "../gateway-options.ts";
import { serveGateway } from "../gateway-serve.ts";
import { testGateway } from "../gateway-test.ts";
import { UsageError } from "../usage-error.ts";

/** Adds the command `gateway`, and `gateway test`. */
export function registerGateway(cli: CAC): void {
  cli
    .command(
      "gateway [action]",
      "Serve ZMQ protocol v4.3 to existing clients; `gateway test` tests any v4.3 server",
    )
    .option(
      "--host <HOST>",
      "Address to bind (default: 0.0.0.0); with test, to connect to (default: 127.0.0.1)",
    )
    .option("--port <PORT>", "Port (default: 5555); with serve, 0 for any free one")
    .option("--config <FILE>", "The MetaTrader accounts, in the form that simulate --config-out writes")
    .option("--simulate", "Serve a simulated account")
    .option("--mt5-login <LOGIN>", "Account login, to have the terminal started (Windows; overrides .env)")
    .option("--mt5-password <PASS>", "Account password (overrides .env)")
    .option("--mt5-server <SERVER>", "Broker's server (overrides .env)")
    .option("--mt5-path <PATH>", "Path of terminal64.exe, with / or \\ (overrides .env)")
    .option("--mt5-chart <SYMBOL>", "Open a chart with the agent at the terminal's start, for the first time")
    .option("--no-signature-validation", "Disable signature validation (TESTING ONLY!)")
    .option("--signature-ttl <SECONDS>", "Signature TTL in seconds (default: 5)")
    .option(
      "--signature-secret <TEXT>",
      "Demand signatures that are an HMAC with this secret (better in .env)",
    )
    .option("--debug", "Enable debug logging")
    .option("--env-file <FILE>", "Read this file instead of .env")
    .option("--data <FOLDER>", "Keep orders, keys, log and audit here (default: mt5-gateway)")
    .option("--log-file <FILE>", "Append the log here (default: mt5_zmq_server.log in the data folder)")
    .option(
      "--audit-file <FILE>",
      "Append every command and reply here (default: audit.jsonl in the data folder)",
    )
    .option("--audit-required", "Open no position while the audit file cannot be written")
    .option(
      "--route <SYMBOL=ACCOUNT>",
      "Send orders of a symbol (XAU* for all that begin so) to an account; repeatable",
    )
    .option("--allow-ip <LIST>", "Let in only these addresses and ranges, such as 127.0.0.1,10.0.0.0/8")
    .option("--curve", "Encrypt, and let in only the clients listed")
    .option("--curve-client <KEY>", "Public key of a client; repeatable")
    .option("--rate-limit <N>", "Requests a second per connection; 0: any number (default: 0)")
    .option("--address-rate-limit <N>", "Requests a second per address; 0: any number (default: 0)")
    .option("--address-connections <N>", "Connections at once per address (default: 512)")
    .option("--order-rate-limit <N>", "Positions opened a second in all; 0: any number (default: 0)")
    .option(
      "--order-timeout <SECONDS>",
      "Answer UNKNOWN when an outcome is not certain by then (default: 10)",
    )
    .option("--drain <SECONDS>", "At the end, time for orders in work (default: 10)")
    .option("--deviation <POINTS>", "Allowed slippage of every order (default: 20)")
    .option("--magic <NUMBER>", "Magic number of every order (default: 0)")
    .option("--exit-with-stdin", "Stop when standard input ends, for use as a child process")
    .option("--server-key <KEY>", "(test) The server's public key, if it encrypts")
    .option("--client-key-file <FILE>", "(test) File with the client's secret key")
    .option("--trade <SYMBOL>", "(test) Really open and close a position of this symbol")
    .option("--volume <LOTS>", "(test) Volume of that position (default: 0.01)")
    .option("--timeout <SECONDS>", "(test) Time for each reply (default: 5)")
    .example("mt5-connector gateway --simulate --host 127.0.0.1")
    .example("mt5-connector gateway --config mt5.json --port 6666 --debug")
    .example("mt5-connector gateway test --host 172.19.141.255")
    .action(async (action: string | undefined): Promise<number> => {
      const argv = cli.rawArgs.slice(2);
      const environment = await loadEnv(typedOption(argv, "--env-file"), process.env);
      if (action === undefined) return serveGateway(readGatewaySettings(argv, environment));
      if (action === "test") return testGateway(argv, environment);
      throw new UsageError(`Cannot do "gateway ${action}"`, "Use gateway to serve, or gateway test");
    });
}
