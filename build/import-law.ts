/**
 * The import law as data: who may import whom. `npm run law` writes the Biome overrides that enforce it, and
 * `test/surface/import-law.test.ts` proves that Biome refuses each edge that is not listed here.
 */

/** The folders of `src/`, lowest layer first. */
export const folders = [
  "domain",
  "transport",
  "zmtp",
  "protocol",
  "security",
  "observability",
  "connector",
  "api",
  "simulator",
  "adapters",
  "gateway",
  "cli",
] as const;

/** A folder of `src/`. */
export type Folder = (typeof folders)[number];

/** What the files of one folder may import besides their own folder. */
export interface Permission {
  /** Folders whose values and types may be imported. */
  readonly values: readonly Folder[];
  /** Folders of which only types may be imported: a contract that another layer implements or fills in. */
  readonly types?: readonly Folder[];
  /** Packages from outside; what an exact name does not cover needs its own `name/**` entry. */
  readonly packages?: readonly string[];
}

const core: readonly Folder[] = ["domain", "protocol", "security", "observability"];
const noble: readonly string[] = ["@noble/ciphers/**", "@noble/curves/**", "@noble/hashes/**"];
const observe: readonly string[] = ["@logtape/logtape", "@opentelemetry/api"];

/** The matrix. What is not listed is forbidden. */
export const importLaw: Readonly<Record<Folder, Permission>> = {
  domain: { values: [] },
  transport: { values: [] },
  // sans-I/O: it is told about streams and clocks, and never reaches for one
  zmtp: { values: [], types: ["transport"], packages: noble },
  protocol: { values: ["domain"], packages: [...noble, "valibot"] },
  security: { values: ["domain", "protocol"], packages: [...noble, "valibot"] },
  observability: { values: ["domain", "protocol"], packages: observe },
  connector: { values: [...core, "transport", "api"], packages: [...noble, ...observe, "valibot"] },
  api: { values: [...core, "transport", "connector"], packages: [...noble, ...observe, "valibot"] },
  simulator: {
    values: ["domain", "protocol", "transport", "security"],
    packages: [...noble, "@logtape/logtape", "valibot"],
  },
  // adapters implement what the layers above declare, so they see those layers' types and never their code
  adapters: {
    values: ["domain", "transport", "zmtp", "protocol", "security"],
    types: ["observability", "connector", "simulator", "gateway"],
    packages: [...noble, "zeromq", "node:*", "node:*/**"],
  },
  gateway: {
    values: [...core, "transport", "zmtp", "connector", "api"],
    packages: [...noble, ...observe, "valibot"],
  },
  cli: {
    values: [...core, "transport", "zmtp", "connector", "api", "simulator", "adapters", "gateway"],
    packages: [...noble, ...observe, "valibot", "cac", "@clack/prompts", "node:*", "node:*/**"],
  },
};

/** What `mod.ts` may import: it binds the connector to an adapter, and knows neither engine nor simulator. */
export const rootImports: readonly Folder[] = [...core, "transport", "connector", "api", "adapters"];

/** The files that an entry of `exports` names; examples import nothing else of the package. */
export const entryFiles: readonly string[] = [
  "mod.ts",
  "src/connector/mod.ts",
  "src/adapters/zmtp.ts",
  "src/zmtp/mod.ts",
  "src/adapters/zeromq.ts",
  "src/simulator/mod.ts",
  "src/gateway/mod.ts",
];

/** Single files with a permission of their own, each with its reason. */
export const exceptions: readonly {
  file: string;
  folder: Folder;
  packages: readonly string[];
  reason: string;
}[] = [
  {
    file: "src/connector/emitter.ts",
    folder: "connector",
    packages: ["node:events"],
    reason: "the typed emitter wraps the one EventEmitter that Node, Bun and Deno share, and it does no I/O",
  },
];

/** How deep a file may stand under its folder: 1 is `src/zmtp/x.ts`. Biome sees text, so each depth has its override. */
export const maxDepth = 3;
