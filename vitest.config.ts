import { defineConfig, type ViteUserConfig } from "vitest/config";
import { SkipReporter } from "./test/kit/skip-reporter.ts";

/** Where `.ci/run` wants the counts of a run, as JSON. */
const jsonReport: string | undefined = process.env["VITEST_JSON_REPORT"];

/** What runs inside of one process, most of it in virtual time; the coverage of `src` is judged by it alone. */
const unit: readonly string[] = [
  "test/unit/**/*.test.ts",
  "test/property/*.prop.test.ts",
  "test/published/*.test.ts",
  "test/types/*.test.ts",
  "test/contract/agent/{cases,simulator}.test.ts",
  "test/faults/*.test.ts",
  "test/faults/{kit,matrix}/*.test.ts",
];
/** The rest needs compilers, other programs, other runtimes, many seconds or a heap that nobody else fills. */
const excluded: readonly string[] = ["**/node_modules/**", "**/fixtures/**", "test/runtime/**"];

/** What has to be covered, in percent: of all, and of each part, so that none lives on the others. */
const covered = { lines: 95, branches: 95 } as const;
const folders: readonly string[] = [
  "api",
  "connector",
  "domain",
  "gateway",
  "observability",
  "protocol",
  "security",
  "simulator",
  "transport",
  "zmtp",
];

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: [...unit], exclude: [...excluded] } },
      {
        extends: true,
        test: { name: "system", include: ["test/**/*.test.ts"], exclude: [...excluded, ...unit] },
      },
    ],
    reporters: [
      "default",
      new SkipReporter({ exact: jsonReport !== undefined && process.env["REQUIRE_PEERS"] === "1" }),
      ...(jsonReport === undefined ? [] : ["json"]),
    ],
    ...(jsonReport === undefined ? {} : { outputFile: { json: jsonReport } }),
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: {
      provider: "v8",
      include: ["src/**"],
      // The outside: `test/unit/adapters`, `test/interop` and `test/e2e` hold these to what they are for.
      exclude: ["src/adapters/**", "src/cli/**"],
      reporter: ["text-summary", "json-summary", "html"],
      thresholds: {
        ...covered,
        ...Object.fromEntries(folders.map((folder) => [`src/${folder}/**`, covered])),
      },
    },
  },
});

export default config;
