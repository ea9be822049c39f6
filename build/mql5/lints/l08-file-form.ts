import type { Lint } from "./lint.ts";

const rule = `//+${"-".repeat(66)}+`;

/** The form that MetaQuotes' own files have, in bytes that every build reads alike. */
export const fileForm: Lint = {
  rule: "L08",
  title: "ASCII, no tabs, LF, the header block, an include guard in each .mqh",
  check(context) {
    for (const file of context.program.files) {
      const strange = /[^\n\x20-\x7e]/.exec(file.text);
      if (strange !== null) {
        const code = strange[0].charCodeAt(0).toString(16);
        context.report(file, strange.index, `character 0x${code}: only printable ASCII and LF`);
      }
      const lines = file.text.split("\n");
      const name = file.path.slice(file.path.lastIndexOf("/") + 1);
      const named = `//|${name.padStart(65)} |`;
      if (lines[0] !== rule || lines[1] !== named || lines[4] !== rule)
        context.report(file, 0, `no header block with "${name}" right-aligned`);
      if (!file.text.endsWith("\n") || file.text.endsWith("\n\n"))
        context.report(file, file.text.length, "the file does not end with one line break");
      if (name.endsWith(".mqh") && file.guard === undefined) context.report(file, 0, "no include guard");
    }
  },
};
