/** A queue with cheap ends: what is taken at the front is let go at once, and nothing is moved per item. */
export class Deque<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  /** Items in the queue. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Appends an item. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the first item, if there is one. */
  shift(): T | undefined {
    const items = this.#items;
    if (this.#head === items.length) return undefined;
    const item = items[this.#head];
    items[this.#head++] = undefined;
    if (this.#head === items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 >= items.length) {
      items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** The first item, left in place. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** Removes the first item for which `matches` holds. */
  remove(matches: (item: T) => boolean): boolean {
    for (let at = this.#head; at < this.#items.length; at++) {
      if (!matches(this.#items[at] as T)) continue;
      this.#items.splice(at, 1);
      return true;
    }
    return false;
  }

  /** Forgets everything. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
