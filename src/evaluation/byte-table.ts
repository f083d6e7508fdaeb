/**
 * Ids as bytes, numbered in the order in which they come. It finds an id in the bytes of a file without making a string of
 * it, which is what makes reading runs fast.
 */
export class ByteTable {
  #bytes: Uint8Array;
  #ends: Int32Array;
  #hashes: Int32Array;
  /** Number + 1 of the id in each slot, 0 where there is none; at most half full. */
  #slots: Int32Array;
  #size = 0;

  /** @param expected About how many ids there will be; it grows beyond. */
  constructor(expected = 16) {
    let slots = 32;
    while (slots < expected * 2) slots *= 2;
    this.#slots = new Int32Array(slots);
    this.#ends = new Int32Array(slots / 2 + 1);
    this.#hashes = new Int32Array(slots / 2);
    this.#bytes = new Uint8Array(slots * 8);
  }

  /** How many ids there are. */
  get size(): number {
    return this.#size;
  }

  /** FNV-1a, for `find` and `add`: two tables can share it. */
  static hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5 | 0;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    return hash ^ (hash >>> 15);
  }

  /** The number of an id; -1 when it is not there. */
  find(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (slots[slot] as number) - 1;
      if (number < 0) return -1;
      if (this.#hashes[number] === hash && this.#equals(number, bytes, start, end)) return number;
    }
  }

  /** Adds an id. False when it was there already. */
  add(hash: number, bytes: Uint8Array, start: number, end: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (; ; slot = (slot + 1) & mask) {
      const number = (slots[slot] as number) - 1;
      if (number < 0) break;
      if (this.#hashes[number] === hash && this.#equals(number, bytes, start, end)) return false;
    }
    const from = this.#ends[this.#size] as number;
    const length = end - start;
    if (from + length > this.#bytes.length) this.#growBytes(from + length);
    const own = this.#bytes;
    for (let at = 0; at < length; at++) own[from + at] = bytes[start + at] as number;
    this.#hashes[this.#size] = hash;
    this.#size += 1;
    this.#ends[this.#size] = from + length;
    slots[slot] = this.#size;
    if (this.#size * 2 >= slots.length) this.#growSlots();
    return true;
  }

  /** Adds a text; returns its number, also when it was there. */
  addText(text: string): number {
    const bytes = Buffer.from(text);
    const hash = ByteTable.hash(bytes, 0, bytes.length);
    this.add(hash, bytes, 0, bytes.length);
    return this.find(hash, bytes, 0, bytes.length);
  }

  text(number: number): string {
    return Buffer.from(this.#bytes.subarray(this.#ends[number], this.#ends[number + 1])).toString('utf8');
  }

  /** Order of two ids by their bytes, as C's `strcmp` has it. */
  compare(a: number, b: number): number {
    const bytes = this.#bytes;
    let [atA, atB] = [this.#ends[a] as number, this.#ends[b] as number];
    const [endA, endB] = [this.#ends[a + 1] as number, this.#ends[b + 1] as number];
    for (; atA < endA && atB < endB; atA++, atB++) {
      const difference = (bytes[atA] as number) - (bytes[atB] as number);
      if (difference !== 0) return difference;
    }
    return endA - atA - (endB - atB);
  }

  /** Forgets all ids and keeps the memory. */
  clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
  }

  #equals(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#ends[number] as number;
    const length = end - start;
    if ((this.#ends[number + 1] as number) - from !== length) return false;
    const own = this.#bytes;
    for (let at = 0; at < length; at++) if (own[from + at] !== bytes[start + at]) return false;
    return true;
  }

  #growBytes(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot = (this.#hashes[number] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
    const ends = new Int32Array(slots.length / 2 + 1);
    ends.set(this.#ends);
    this.#ends = ends;
    const hashes = new Int32Array(slots.length / 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
  }
}
