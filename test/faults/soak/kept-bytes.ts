import { getHeapSnapshot } from "node:v8";

/**
 * What a program's own objects are. Not among them: compiled code and what the engine hangs on it, which goes on growing
 * for hours while the program keeps nothing.
 */
const ownTypes: ReadonlySet<string> = new Set([
  "object",
  "object shape",
  "array",
  "closure",
  "string",
  "concatenated string",
  "sliced string",
  "number",
  "bigint",
  "symbol",
  "regexp",
  // The memory of byte arrays, which stands outside of the heap.
  "native",
]);

interface Meta {
  readonly node_fields: readonly string[];
  readonly node_types: readonly [readonly string[], ...unknown[]];
}

const nodesMark = '"nodes":[';
const [zero, nine, comma, end] = ["0", "9", ",", "]"].map((letter) => letter.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
];

/** Collects, and weighs what is kept: the same objects weigh the same, however warm the engine is. */
export async function keptBytes(): Promise<number> {
  const nodes = new Nodes();
  for await (const chunk of getHeapSnapshot()) if (nodes.take(String(chunk))) return nodes.bytes;
  throw new Error("Cannot weigh the heap: its snapshot has no end of nodes");
}

/** Reads the nodes of a snapshot as it comes; edges and texts, which are most of it, are not needed. */
class Nodes {
  bytes = 0;
  #head = "";
  #own: readonly boolean[] | undefined;
  #width = 0;
  #typeAt = 0;
  #sizeAt = 0;
  #field = 0;
  #value = 0;
  #type = 0;
  #size = 0;

  /** True when all nodes have been read. */
  take(chunk: string): boolean {
    if (this.#own !== undefined) return this.#numbers(chunk, 0);
    this.#head += chunk;
    const at = this.#head.indexOf(nodesMark);
    if (at < 0) return false;
    const { snapshot } = JSON.parse(`${this.#head.slice(0, at).trimEnd().replace(/,$/, "")}}`) as {
      readonly snapshot: { readonly meta: Meta };
    };
    const { node_fields: fields, node_types: types } = snapshot.meta;
    this.#own = types[0].map((type) => ownTypes.has(type));
    this.#width = fields.length;
    this.#typeAt = fields.indexOf("type");
    this.#sizeAt = fields.indexOf("self_size");
    const rest = this.#head;
    this.#head = "";
    return this.#numbers(rest, at + nodesMark.length);
  }

  #numbers(text: string, from: number): boolean {
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= zero && code <= nine) this.#value = this.#value * 10 + code - zero;
      else if (code === comma || code === end) {
        this.#next();
        if (code === end) return true;
      }
    }
    return false;
  }

  #next(): void {
    if (this.#field === this.#typeAt) this.#type = this.#value;
    else if (this.#field === this.#sizeAt) this.#size = this.#value;
    this.#value = 0;
    if (++this.#field < this.#width) return;
    this.#field = 0;
    if (this.#own?.[this.#type] === true) this.bytes += this.#size;
  }
}
