import { defineConfig, type ViteUserConfig } from "vitest/config";
import { SkipReporter } from "./test/kit/skip-reporter.ts";

/** Where `.ci/run` wants the counts of its whole run, as JSON. */
const jsonReport: string | undefined = process.env["VITEST_JSON_REPORT"];

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/fixtures/**", "test/runtime/**"],
    reporters: [
      "default",
      new SkipReporter({ exact: jsonReport !== undefined && process.env["REQUIRE_PEERS"] === "1" }),
      ...(jsonReport === undefined ? [] : ["json"]),
    ],
    ...(jsonReport === undefined ? {} : { outputFile: { json: jsonReport } }),
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});

export default config;
