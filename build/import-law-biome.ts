import {
  entryFiles,
  exceptions,
  type Folder,
  folders,
  importLaw,
  maxDepth,
  type Permission,
  rootImports,
} from "./import-law.ts";

/** One entry of `overrides` in a Biome configuration, as far as this script writes it. */
export interface Override {
  readonly includes: readonly string[];
  readonly linter?: { readonly rules: Readonly<Record<string, unknown>> };
  readonly plugins?: readonly string[];
}

const see = "See build/import-law.ts.";
const allow = (specifier: string): string => `!${specifier}`;

/** Refuses every import, then takes `patterns` one by one: the last that matches a specifier decides. */
function only(includes: readonly string[], patterns: readonly string[], message: string): Override {
  const options = { patterns: [{ group: ["**", ...patterns], message: `Import law: ${message} ${see}` }] };
  return { includes, linter: { rules: { style: { noRestrictedImports: { level: "error", options } } } } };
}

function describe(folder: Folder, { values, types = [] }: Permission): string {
  const parts: string[] = [];
  if (values.length > 0) parts.push(values.join(", "));
  if (types.length > 0) parts.push(`the types of ${types.join(", ")}`);
  return `src/${folder} imports ${parts.length === 0 ? "no other folder" : `only ${parts.join(" and ")}`} and its listed packages.`;
}

function folderOverride(
  folder: Folder,
  depth: number,
  includes: readonly string[],
  extra: readonly string[] = [],
): Override {
  const law = importLaw[folder];
  const inside = Array.from({ length: depth - 1 }, (_, index) => `${"../".repeat(index + 1)}**`);
  const outside = "../".repeat(depth);
  const others = [...law.values, ...(law.types ?? [])].map((other) => `${outside}${other}/**`);
  const patterns = [
    ...["./**", ...inside].map(allow),
    `${outside}**`,
    ...[...others, ...(law.packages ?? []), ...extra].map(allow),
  ];
  return only(includes, patterns, describe(folder, law));
}

/** The Biome overrides that enforce the import law. A later one replaces an earlier one that covers the same file. */
export function importLawOverrides(): readonly Override[] {
  const overrides: Override[] = [
    only(
      ["src/**"],
      [allow("./**")],
      `files stand at most ${maxDepth} levels deep in a folder that the law lists.`,
    ),
  ];
  for (const folder of folders) {
    for (let depth = 1; depth <= maxDepth; depth += 1) {
      overrides.push(folderOverride(folder, depth, [`src/${folder}/${"*/".repeat(depth - 1)}*.ts`]));
    }
  }
  for (const { file, folder, packages } of exceptions) {
    const depth = file.split("/").length - 2;
    overrides.push(folderOverride(folder, depth, [file], packages));
  }
  // the command line may start the bound connector, as a user of the package does
  overrides.push(
    folderOverride("cli", 1, ["src/cli/*.ts"], ["../../mod.ts"]),
    folderOverride("cli", 2, ["src/cli/*/*.ts"], ["../../../mod.ts"]),
  );
  overrides.push(
    only(
      ["mod.ts"],
      rootImports.map((folder) => allow(`./src/${folder}/**`)),
      `mod.ts imports only ${rootImports.join(", ")}.`,
    ),
    only(
      ["examples/*.ts"],
      ["./**", "node:*", "node:*/**", ...entryFiles.map((file) => `../${file}`)].map(allow),
      "examples import only the public entries.",
    ),
  );
  return [...overrides, ...pluginOverrides()];
}

/** What Biome has no rule for, as GritQL plugins. */
function pluginOverrides(): readonly Override[] {
  const typesOnly = folders.filter((folder) => (importLaw[folder].types ?? []).length > 0);
  return [
    { includes: ["**/*.ts"], plugins: ["./build/lint/plain-specifiers.grit"] },
    {
      includes: ["src/**/*.ts", "mod.ts", "!src/cli/main.ts"],
      plugins: ["./build/lint/no-module-state.grit"],
    },
    {
      includes: ["src/**/*.ts", "mod.ts", "!src/adapters/**", "!src/cli/**"],
      plugins: ["./build/lint/static-imports.grit"],
    },
    {
      includes: ["src/**/*.ts", "mod.ts", "!src/adapters/**", "!src/cli/**", "!src/transport/clock.ts"],
      plugins: ["./build/lint/injected-world.grit"],
    },
    { includes: ["mod.ts"], plugins: ["./build/lint/no-adapter-export.grit"] },
    ...typesOnly.map((folder) => ({
      includes: [`src/${folder}/**/*.ts`],
      plugins: [`./build/lint/types-only-${folder}.grit`],
    })),
  ];
}

/** The GritQL plugin that lets a folder import only types of the folders that the law lists under `types`. */
export function typesOnlyPlugin(folder: Folder): string {
  const from = (importLaw[folder].types ?? []).join("|");
  const message = `Import law: src/${folder} may import only types from here: write \`import type\`. ${see}`;
  return `engine biome(1.0)
language js(typescript)

or {
  JsImport(),
  JsExport()
} as $statement where {
  $statement <: contains JsModuleSource() as $source,
  $source <: r".(?:\\.\\./)+(?:${from})/[\\s\\S]*",
  not $statement <: r"(?:import|export) type [\\s\\S]*",
  register_diagnostic(span=$source, message="${message}")
}
`;
}

/** Every file that the law generates: path from the repository's root, and content. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  files.set(
    "build/lint/import-law.json",
    `${JSON.stringify({ overrides: importLawOverrides() }, null, 2)}\n`,
  );
  for (const folder of folders) {
    if ((importLaw[folder].types ?? []).length > 0) {
      files.set(`build/lint/types-only-${folder}.grit`, typesOnlyPlugin(folder));
    }
  }
  return files;
}
