/** The three manifests as parsed JSON, of which only what they share is read. */
export interface Manifests {
  readonly package: PackageManifest;
  readonly deno: SourceManifest;
  readonly jsr: SourceManifest;
}

/** The parts of `package.json` that the other two repeat. */
export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** `deno.json` or `jsr.json`. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** What npm's `exports` must say of a source file: its types and its code, as `tsc -p tsconfig.build.json` emits them. */
function npmTarget(source: string): Readonly<Record<string, string>> {
  const stem = source.replace(/^\.\//, "./dist/").replace(/\.ts$/, "");
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}

/** The source of a file in `dist/`. */
function sourceOf(output: string): string {
  return output.replace(/^\.\/dist\//, "").replace(/\.js$/, ".ts");
}

function compareRecords(
  what: string,
  name: string,
  actual: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): string[] {
  const faults: string[] = [];
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const [is, want] = [JSON.stringify(actual[key]), JSON.stringify(expected[key])];
    if (want === undefined) faults.push(`${name}: ${what} "${key}" stands here only`);
    else if (is === undefined) faults.push(`${name}: ${what} "${key}" is missing: ${want}`);
    else if (is !== want) faults.push(`${name}: ${what} "${key}" is ${is} instead of ${want}`);
  }
  return faults;
}

/**
 * Every way in which the manifests contradict each other, or name a source file that does not exist.
 * The exports are compared in both directions, so none of the three can have an entry alone.
 */
export function manifestFaults(manifests: Manifests, exists: (source: string) => boolean): readonly string[] {
  const { package: npm, deno, jsr } = manifests;
  const faults: string[] = [];
  const dependencies = Object.fromEntries(
    Object.entries(npm.dependencies).map(([name, range]) => [name, `npm:${name}@${range}`]),
  );
  for (const [file, manifest] of Object.entries({ "deno.json": deno, "jsr.json": jsr })) {
    for (const field of ["name", "version", "license"] as const) {
      if (manifest[field] !== npm[field]) {
        faults.push(`${file}: ${field} is "${manifest[field]}" instead of package.json's "${npm[field]}"`);
      }
    }
    faults.push(...compareRecords("import", file, manifest.imports, dependencies));
  }
  faults.push(...compareRecords("export", "jsr.json", jsr.exports, deno.exports));

  const targets = Object.entries(deno.exports).map(([entry, source]) => [entry, npmTarget(source)] as const);
  const expected = { ...Object.fromEntries(targets), "./package.json": "./package.json" };
  faults.push(...compareRecords("export", "package.json", npm.exports, expected));

  const sources = [...Object.values(deno.exports), ...Object.values(npm.bin).map(sourceOf)];
  for (const source of sources) {
    if (!exists(source)) faults.push(`Cannot find ${source}, which the manifests name`);
  }
  return faults;
}
