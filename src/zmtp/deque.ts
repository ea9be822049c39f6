/** Most queues of most sockets never hold anything, so that a queue is only made room for when it does. */
const firstCapacity = 4;
/** Capacity above which an emptied queue gives its memory back. */
const keptCapacity = 4_096;

/** A first-in-first-out queue in a ring, which allocates nothing per item. */
export class Deque<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  #length = 0;

  /** Items in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Appends an item. */
  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length++) & (this.#items.length - 1)] = item;
  }

  /** Takes the first item, if there is one. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    if (--this.#length === 0 && this.#items.length > keptCapacity) this.clear();
    return item;
  }

  /** Removes the first item for which `matches` holds, and says whether there was one. */
  remove(matches: (item: T) => boolean): boolean {
    let found = false;
    for (let left = this.#length; left > 0; left--) {
      const item = this.shift() as T;
      if (!found && matches(item)) found = true;
      else this.push(item);
    }
    return found;
  }

  /** Forgets everything. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#length = 0;
  }

  #grow(): void {
    const { length } = this.#items;
    const larger = new Array<T | undefined>(Math.max(firstCapacity, length * 2));
    for (let i = 0; i < length; i++) larger[i] = this.#items[(this.#head + i) & (length - 1)];
    this.#items = larger;
    this.#head = 0;
  }
}
