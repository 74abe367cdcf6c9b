import type { NumericElements } from "../tensors/dtypes.js";

/** A typed array that grows. Its elements are outside the heap, whose limit ends the process. */
export class GrowingArray<T extends NumericElements> {
  readonly #ArrayType: new (length: number) => T;
  #array: T;
  #length = 0;

  constructor(ArrayType: new (length: number) => T) {
    this.#ArrayType = ArrayType;
    this.#array = new ArrayType(1024);
  }

  get length(): number {
    return this.#length;
  }

  get byteLength(): number {
    return this.#length * this.#array.BYTES_PER_ELEMENT;
  }

  push(value: T[number]): void {
    this.reserve(1);
    this.#array[this.#length++] = value;
  }

  /** Makes place for more elements, and returns the array that has it. */
  reserve(count: number): T {
    const needed = this.#length + count;
    if (needed > this.#array.length) {
      const larger = new this.#ArrayType(Math.max(needed, this.#array.length * 2));
      larger.set(this.#array as never);
      this.#array = larger;
    }
    return this.#array;
  }

  /** Counts elements that were written to a reserved place. */
  advance(count: number): void {
    this.#length += count;
  }

  /** The elements so far; valid until the array grows. */
  elements(): T {
    return this.#array.subarray(0, this.#length) as T;
  }
}
