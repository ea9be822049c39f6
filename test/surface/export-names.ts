/** The names that a module exports, values and types apart, each sorted. */
export interface ExportNames {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

const lists = /export\s+(type\s+)?\{([^}]*)\}/g;
const declarations =
  /export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(class|const|function|interface|type|namespace)\s+([A-Za-z_$][\w$]*)/g;

/**
 * Reads the export statements of an entry file, which names its exports one by one. Types leave no trace at run time,
 * so the text is the only witness; a test compares the values with what the loaded module has.
 */
export function exportNames(source: string): ExportNames {
  const text = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
  const values = new Set<string>();
  const types = new Set<string>();
  for (const [, type, list = ""] of text.matchAll(lists)) {
    for (const item of list.split(",")) {
      const words = item.trim().split(/\s+/);
      const name = words.at(-1);
      if (name === undefined || name === "") continue;
      (type !== undefined || (words[0] === "type" && words.length > 1) ? types : values).add(name);
    }
  }
  for (const [, kind = "", name = ""] of text.matchAll(declarations)) {
    (["interface", "type", "namespace"].includes(kind) ? types : values).add(name);
  }
  return { values: [...values].sort(), types: [...types].filter((name) => !values.has(name)).sort() };
}
