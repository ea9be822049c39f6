import { ZmtpFault } from "./fault.ts";
import { maxSubscriptionBytes, maxSubscriptionBytesPerPeer, maxSubscriptionsPerPeer } from "./limits.ts";
import { concat, startsWith } from "./wire/bytes.ts";

/** A node of a radix tree: the octets that lead to it from its parent, and how often the prefix ending here is held. */
interface Node {
  label: Uint8Array;
  count: number;
  children: Map<number, Node> | undefined;
}

/**
 * One subscriber's prefixes, counted: subscribing twice needs two cancels (RFC 37). A radix tree, so that neither many
 * prefixes nor long ones cost more memory than their octets, and matching costs no more than the longest match.
 */
export class Subscriptions {
  readonly #root: Node = { label: new Uint8Array(0), count: 0, children: undefined };
  readonly #capped: boolean;
  #prefixes = 0;
  #bytes = 0;

  /** `capped` is for what a peer may ask for; this side's own subscriptions have no caps. */
  constructor(capped = true) {
    this.#capped = capped;
  }

  /** Different prefixes. */
  get size(): number {
    return this.#prefixes;
  }

  /** Adds one subscription. Returns whether the prefix is new. Throws at the caps. */
  add(prefix: Uint8Array): boolean {
    if (prefix.length > maxSubscriptionBytes) throw tooMany(`one has ${prefix.length} bytes`);
    const known = this.#find(prefix);
    if (known !== undefined && known.count > 0) {
      known.count++;
      return false;
    }
    if (this.#capped && this.#prefixes === maxSubscriptionsPerPeer)
      throw tooMany(`more than ${maxSubscriptionsPerPeer}`);
    if (this.#capped && this.#bytes + prefix.length > maxSubscriptionBytesPerPeer)
      throw tooMany("they take too many bytes");
    this.#prefixes++;
    this.#bytes += prefix.length;
    if (known === undefined) this.#insert(prefix);
    else known.count = 1;
    return true;
  }

  /** Takes one subscription back. Returns whether it was the prefix's last; one that is not held changes nothing. */
  remove(prefix: Uint8Array): boolean {
    let parent: Node | undefined;
    let node = this.#root;
    let grandparent: Node | undefined;
    for (let at = 0; at < prefix.length; ) {
      const child = node.children?.get(prefix[at] as number);
      if (child === undefined || !startsWith(prefix.subarray(at), child.label)) return false;
      grandparent = parent;
      parent = node;
      node = child;
      at += child.label.length;
    }
    if (node.count === 0 || --node.count > 0) return false;
    this.#prefixes--;
    this.#bytes -= prefix.length;
    if (parent === undefined) return true;
    if (node.children !== undefined) mergeOnly(node);
    else {
      parent.children?.delete(node.label[0] as number);
      if (parent.children?.size === 0) parent.children = undefined;
      if (grandparent !== undefined) mergeOnly(parent);
    }
    return true;
  }

  /** Whether any prefix is one of `topic`. */
  matches(topic: Uint8Array): boolean {
    let node = this.#root;
    for (let at = 0; ; ) {
      if (node.count > 0) return true;
      const child = at === topic.length ? undefined : node.children?.get(topic[at] as number);
      if (child === undefined) return false;
      const { label } = child;
      if (at + label.length > topic.length) return false;
      for (let i = 1; i < label.length; i++) if (label[i] !== topic[at + i]) return false;
      at += label.length;
      node = child;
    }
  }

  /** All different prefixes. */
  prefixes(): Uint8Array[] {
    const found: Uint8Array[] = [];
    const open: { readonly node: Node; readonly prefix: Uint8Array }[] = [
      { node: this.#root, prefix: this.#root.label },
    ];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.node.count > 0) found.push(next.prefix);
      for (const child of next.node.children?.values() ?? []) {
        open.push({ node: child, prefix: concat(next.prefix, child.label) });
      }
    }
    return found;
  }

  #find(prefix: Uint8Array): Node | undefined {
    let node = this.#root;
    for (let at = 0; at < prefix.length; ) {
      const child = node.children?.get(prefix[at] as number);
      if (child === undefined || !startsWith(prefix.subarray(at), child.label)) return undefined;
      at += child.label.length;
      node = child;
    }
    return node;
  }

  #insert(prefix: Uint8Array): void {
    let node = this.#root;
    for (let at = 0; ; ) {
      const child = node.children?.get(prefix[at] as number);
      const rest = prefix.subarray(at);
      if (child === undefined) {
        adopt(node, { label: new Uint8Array(rest), count: 1, children: undefined });
        return;
      }
      const common = commonLength(child.label, rest);
      if (common < child.label.length) {
        // The edge is split where the prefixes part.
        const middle: Node = { label: child.label.slice(0, common), count: 0, children: undefined };
        adopt(node, middle);
        child.label = child.label.slice(common);
        adopt(middle, child);
        if (common === rest.length) middle.count = 1;
        else adopt(middle, { label: new Uint8Array(rest.subarray(common)), count: 1, children: undefined });
        return;
      }
      at += common;
      node = child;
    }
  }
}

function adopt(parent: Node, child: Node): void {
  parent.children ??= new Map();
  parent.children.set(child.label[0] as number, child);
}

/** A node that stands for no prefix and has one child is merged with it. */
function mergeOnly(node: Node): void {
  if (node.count > 0 || node.children?.size !== 1) return;
  for (const child of node.children.values()) {
    node.label = concat(node.label, child.label);
    node.count = child.count;
    node.children = child.children;
  }
}

function commonLength(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a[at] === b[at]) at++;
  return at;
}

function tooMany(detail: string): ZmtpFault {
  return new ZmtpFault("too-many-subscriptions", `The peer's subscriptions exceed the caps: ${detail}`);
}
