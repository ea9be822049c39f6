import { expect, test } from "vitest";
import { parseEnvFile } from "../../../src/cli/gateway-env.ts";
import { readGatewaySettings, typedOption } from "../../../src/cli/gateway-options.ts";

test("parseEnvFile reads the spec's file, backslashes as they are", () => {
  expect(
    parseEnvFile(
      "# MT5 Configuration\r\nMT5_PATH=C:\\Program Files\\MetaTrader 5\\terminal64.exe\r\nMT5_LOGIN=123456\r\nMT5_PASSWORD=your_password\r\nMT5_SERVER=YourBroker-Server\r\n",
    ),
  ).toEqual({
    MT5_PATH: "C:\\Program Files\\MetaTrader 5\\terminal64.exe",
    MT5_LOGIN: "123456",
    MT5_PASSWORD: "your_password",
    MT5_SERVER: "YourBroker-Server",
  });
});

// each right side is what python-dotenv gives
test.each([
  ["P=a#b", "a#b"],
  ["P=a #b", "a"],
  ["P=", ""],
  ["P= # x", "# x"],
  ["P='it\\'s'", "it's"],
  ['P="a #b" # c', "a #b"],
  ["P='a\\n#b'", "a\\n#b"],
  ['P="a\\nb"', "a\nb"],
  ["  export P = x ", "x"],
  ["P=a=b", "a=b"],
  ["P=007", "007"],
])("parseEnvFile reads %j as python-dotenv does", (line, value) => {
  expect(parseEnvFile(line)["P"]).toBe(value);
});

test("parseEnvFile ignores lines that set nothing, and a byte order mark", () => {
  expect(parseEnvFile("\ufeffA=1\n\nnonsense\n=x\n#B=2\n")).toEqual({ A: "1" });
});

test("typedOption keeps what was typed: no number is made of a password", () => {
  expect(typedOption(["--mt5-password", "007"], "--mt5-password")).toBe("007");
  expect(typedOption(["--mt5-password=1e5"], "--mt5-password")).toBe("1e5");
  expect(typedOption(["--port", "1", "--port", "2"], "--port")).toBe("2");
  expect(typedOption(["--", "--port", "2"], "--port")).toBeUndefined();
  expect(() => typedOption(["--port"], "--port")).toThrow("no value");
});

test("readGatewaySettings has the defaults of v4.3", () => {
  expect(readGatewaySettings([], {})).toMatchObject({
    host: undefined,
    port: 5555,
    signatures: { ttlMs: 5_000, secret: undefined },
    debug: false,
    terminal: undefined,
    requestsPerSecond: 0,
  });
});

test("readGatewaySettings reads every option of v4.3, and lets them win over .env", () => {
  const environment = { MT5_LOGIN: "1", MT5_PASSWORD: "env", MT5_SERVER: "S", MT5_PATH: "C:/t" };
  const argv = [
    "--host",
    "127.0.0.1",
    "--port",
    "6666",
    "--mt5-login",
    "123456",
    "--mt5-password",
    "00x",
    "--debug",
    "--signature-ttl",
    "10",
  ];
  expect(readGatewaySettings(argv, environment)).toMatchObject({
    host: "127.0.0.1",
    port: 6666,
    debug: true,
    signatures: { ttlMs: 10_000 },
    terminal: { login: "123456", password: "00x", server: "S", path: "C:/t" },
    terminalFrom: "options",
  });
  expect(readGatewaySettings(["--no-signature-validation"], environment)).toMatchObject({
    signatures: "off",
    terminalFrom: "environment",
  });
});

test("readGatewaySettings reads routes, addresses and keys", () => {
  const settings = readGatewaySettings(
    ["--route", "XAU*=gold", "--route=EURUSD=main", "--allow-ip", "127.0.0.1, 10.0.0.0/8"],
    {},
  );
  expect(settings.routes).toEqual([
    { symbol: "XAU*", backend: "gold" },
    { symbol: "EURUSD", backend: "main" },
  ]);
  expect(settings.allow?.("10.1.2.3:5")).toBe(true);
  expect(settings.allow?.("11.1.2.3:5")).toBe(false);
});

test.each([
  [["--port", "70000"], /--port/],
  [["--port", "x"], /--port/],
  [["--signature-ttl", "0"], /--signature-ttl/],
  [["--signature-ttl", "x"], /--signature-ttl/],
  [["--signature-secret", "short"], /fewer than 16/],
  [["--route", "EURUSD"], /--route/],
  [["--allow-ip", "localhost"], /--allow-ip/],
  [["--curve-client", "abc"], /--curve-client/],
  [["--mt5-login", "1"], /no password, no server, no path/],
])("readGatewaySettings refuses %j", (argv, reason) => {
  expect(() => readGatewaySettings(argv, {})).toThrow(reason);
});
