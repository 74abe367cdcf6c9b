// Repeatable random numbers and mutations of bytes and JSON.

/** Random numbers from a seed (mulberry32): the same seed gives the same mutant on every machine. */
export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 up to 1. */
  unit() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * An integer from 0 to `end - 1`.
   *
   * @param {number} end
   */
  below(end) {
    return Math.floor(this.unit() * end);
  }

  /**
   * @template T
   * @param {readonly T[]} values
   * @returns {T}
   */
  pick(values) {
    return /** @type {T} */ (values[this.below(values.length)]);
  }
}

/** Integers at which readers of lengths and offsets tend to fail. */
const edges = [0, 1, -1, 2, 7, 8, 127, 128, 255, 256, 65_535, 65_536, 2 ** 24, 2 ** 31 - 1, -(2 ** 31), -8];

/**
 * A changed copy of a file: flipped bits, overwritten integers, cut, repeated or exchanged parts; one to four changes.
 *
 * @param {Random} random
 * @param {Uint8Array} bytes
 */
export function mutateBytes(random, bytes) {
  let changed = Buffer.from(bytes);
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(Math.max(1, changed.length));
    const length = Math.min(changed.length - at, 1 + random.below(random.pick([2, 16, 256])));
    const part = changed.subarray(at, at + length);
    switch (random.below(7)) {
      case 0:
        if (changed.length > 0) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1: {
        const aligned = at & ~3;
        if (aligned + 4 <= changed.length) changed.writeInt32LE(random.pick(edges), aligned);
        break;
      }
      case 2: {
        const aligned = at & ~7;
        if (aligned + 8 <= changed.length)
          changed.writeBigInt64LE(random.pick([0n, 1n, -1n, 2n ** 31n, 2n ** 53n, 2n ** 62n, 8n]), aligned);
        break;
      }
      case 3:
        changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + length)]);
        break;
      case 4:
        changed = Buffer.concat([changed.subarray(0, at), part, changed.subarray(at)]);
        break;
      case 5:
        changed = changed.subarray(0, at);
        break;
      default:
        for (let i = 0; i < part.length; i++) part[i] = random.below(256);
    }
    if (changed.length === 0) break;
    changed = Buffer.from(changed);
  }
  return changed;
}

/** Values that readers of JSON tend to trip over. */
const hostileValues = [
  null,
  true,
  "",
  "valueOf",
  "__proto__",
  "constructor",
  "\u0000",
  "\u001b[2J",
  "a\nerror SL0000: forged",
  "\u202e",
  "x".repeat(5000),
  0,
  -0,
  -1,
  1.5,
  1e9,
  2 ** 31,
  2 ** 53 - 1,
  1e308,
  [],
  {},
  [[]],
  [[[[[[[[]]]]]]]],
];

/**
 * A changed copy of a JSON value: values replaced by hostile ones or by values from elsewhere in it, keys removed,
 * added or renamed, elements repeated; one to three changes. Cyclic and shared objects are not supported.
 *
 * @param {Random} random
 * @param {unknown} value
 */
export function mutateJson(random, value) {
  const root = { value: structuredClone(value) };
  for (let left = 1 + random.below(3); left > 0; left--) {
    /** @type {{ holder: any, key: string | number }[]} */
    const places = [];
    const visit = (/** @type {any} */ holder, /** @type {string | number} */ key) => {
      places.push({ holder, key });
      const below = holder[key];
      if (typeof below === "object" && below !== null) for (const each of Object.keys(below)) visit(below, each);
    };
    visit(root, "value");
    const { holder, key } = random.pick(places);
    const elsewhere = random.pick(places);
    switch (random.below(6)) {
      case 0:
        holder[key] = structuredClone(random.pick(hostileValues));
        break;
      case 1:
        holder[key] = structuredClone(elsewhere.holder[elsewhere.key]);
        break;
      case 2:
        if (Array.isArray(holder)) holder.splice(Number(key), 1);
        else if (holder !== root) delete holder[key];
        break;
      case 3:
        if (Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(holder[key]));
        else if (holder !== root) holder[`${key}${random.below(10)}`] = structuredClone(holder[key]);
        break;
      case 4:
        if (typeof holder[key] === "number")
          holder[key] = random.pick([-1, 0, 1, 2, 1e9, 2 ** 53 - 1, holder[key] + 1]);
        else if (typeof holder[key] === "string") {
          const text = holder[key];
          const at = random.below(text.length + 1);
          const inserted = random.pick(["'", '"', ";", "\\", "\u0000", "\n", "${", "/*", ")", "(", "\ud800", "9"]);
          holder[key] = text.slice(0, at) + inserted + text.slice(at + random.below(2));
        }
        break;
      default: {
        let deep = holder[key];
        for (let levels = random.pick([2, 40, 2000]); levels > 0; levels--)
          deep = random.below(2) === 0 ? [deep] : { a: deep };
        holder[key] = deep;
        // A deep value ends the visits: they recurse.
        left = 0;
      }
    }
  }
  return root.value;
}
