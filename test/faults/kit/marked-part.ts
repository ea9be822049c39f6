const begin = (name: string): string => `<!-- ${name}: begin, written by npm run reliability -->`;
const end = (name: string): string => `<!-- ${name}: end -->`;

/** The part of a document between the marks of this name. */
export function markedPart(text: string, name: string): string {
  const from = text.indexOf(begin(name));
  const to = text.indexOf(end(name));
  if (from < 0 || to < from) throw new Error(`Cannot find the part "${name}"`);
  return text.slice(from + begin(name).length, to).trim();
}

/** The document with that part put in place. */
export function withMarkedPart(text: string, name: string, part: string): string {
  const old = markedPart(text, name);
  const from = text.indexOf(begin(name)) + begin(name).length;
  const to = text.indexOf(end(name));
  return old === part ? text : `${text.slice(0, from)}\n\n${part}\n\n${text.slice(to)}`;
}
