import { pythonJson } from "./python-json.ts";

const hidden = "***";
/** Shorter ones would hide half of every line, and are no secrets. */
const fewestLetters = 4;

/** Hides the values of members that are named like secrets: v4.3 has none, but a client that sends one is not to find it in a file. */
export function hideNamedSecrets(request: string): string {
  if (!/passw|secret|token|credential/i.test(request)) return request;
  return request.replace(
    /("[^"\\]*(?:passw|secret|token|credential)[^"\\]*"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}\]]+)/gi,
    `$1"${hidden}"`,
  );
}

/** Makes what hides the given secrets in any text, as they are and as JSON writes them. */
export function secretHider(secrets: readonly string[]): (text: string) => string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < fewestLetters) continue;
    forms.add(secret);
    for (const json of [JSON.stringify(secret), pythonJson(secret)]) {
      const inner = json.slice(1, -1);
      forms.add(inner);
      // a request stands in the audit as text within JSON
      forms.add(pythonJson(inner).slice(1, -1));
    }
  }
  if (forms.size === 0) return (text) => text;
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(
    longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"),
    "g",
  );
  return (text) => text.replace(pattern, hidden);
}
