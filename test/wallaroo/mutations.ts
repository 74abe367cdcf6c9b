/** A seeded random number generator, the same on every platform. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A copy of a definition with one error, in its own JSON or in the JSON text of a check. */
export function mutate(definition: unknown, random: () => number): unknown {
  const copy = structuredClone(definition) as Json;
  const positions: { readonly owner: Json[] | { [key: string]: Json }; readonly key: string }[] = [];
  const collect = (value: Json): void => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      positions.push({ owner: value, key });
      collect((value as { [key: string]: Json })[key] as Json);
    }
  };
  collect(copy);
  const place = positions[Math.floor(random() * positions.length)];
  if (place === undefined) return null;
  const owner = place.owner as { [key: string]: Json };
  const value = owner[place.key] as Json;
  const isText = typeof value === "string" && value.startsWith("{");
  if (isText && random() < 0.85) {
    owner[place.key] = random() < 0.4 || !isJson(value) ? breakText(value, random) : mutateNode(value, random);
    return copy;
  }
  const choice = random();
  if (choice < 0.2) {
    if (Array.isArray(place.owner)) place.owner.splice(Number(place.key), 1);
    else delete owner[place.key];
  } else if (choice < 0.3) {
    if (Array.isArray(place.owner)) place.owner.push(structuredClone(value));
    else owner[`${place.key}_`] = structuredClone(value);
  } else if (choice < 0.4 && !Array.isArray(place.owner)) {
    delete owner[place.key];
    owner[oneOf(["Average", "MultiOut", "Nth", "__proto__x", "constructor", "toString", ""], random)] = value;
  } else owner[place.key] = wrongValue(random);
  return copy;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const oneOf = <T>(values: readonly T[], random: () => number): T => values[Math.floor(random() * values.length)] as T;

function wrongValue(random: () => number): Json {
  const deep = (levels: number): Json => JSON.parse(`${'{"Alias":['.repeat(levels)}1${"]}".repeat(levels)}`) as Json;
  return oneOf<() => Json>(
    [
      () => null,
      () => -1,
      () => 1e308,
      () => Number.NaN,
      () => 0.5,
      () => "",
      () => "x",
      () => [],
      () => ({}),
      () => true,
      () => deep(300),
      () => [[[]]],
      () => 2 ** 53,
      () => "\ud800",
      () => "[Circular]",
      () => "__proto__",
      () => "constructor",
      () => Array.from({ length: 3 }, () => null),
    ],
    random,
  )();
}

/** A text that is cut, has characters removed or inserted, or is replaced. */
function breakText(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  const choice = random();
  if (choice < 0.4) return text.slice(0, at);
  if (choice < 0.6) return text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 5));
  if (choice < 0.8)
    return (
      text.slice(0, at) +
      oneOf(
        ['"', "{", "}", "[", "]", ",", ":", "\\", "9", "-", "e", "\u0000", "99999999999999999999999", "\ud800"],
        random,
      ) +
      text.slice(at)
    );
  return oneOf(
    [
      text + text,
      "[".repeat(100_000),
      '{"Alias":['.repeat(5000),
      `${'{"BinaryExpr":{"left":'.repeat(200)}1`,
      "null",
      "1",
      '"x"',
      " ",
      "NaN",
    ],
    random,
  );
}

const nodes = [
  '{"Column":"out.nothing"}',
  '{"Wildcard":null}',
  '{"Literal":{"Float64":null}}',
  '{"Literal":{"Float64":1e999}}',
  '{"Literal":{"Int64":99999999999999999999999999}}',
  '{"Literal":"Null"}',
  '{"Literal":{"Utf8":"x"}}',
  '{"Agg":{"Max":{"input":{"Column":"out.d"},"propagate_nans":false}}}',
  '{"Window":{}}',
  "Count",
  '{"Literal":{"Boolean":true}}',
  '{"Column":"^out.*$"}',
  '{"Column":7}',
  "{}",
  '{"Function":{}}',
  '{"Ternary":{}}',
];

/** The JSON text with one part replaced by another node. */
function mutateNode(text: string, random: () => number): string {
  if (random() < 0.5) {
    const inner = mutate(JSON.parse(text), random);
    return JSON.stringify(inner);
  }
  const starts = [...text.matchAll(/\{"(?:Column|Literal|BinaryExpr|Function|node)"/g)].map(({ index }) => index);
  const at = starts[Math.floor(random() * starts.length)] ?? 0;
  let depth = 0;
  let end = at;
  do {
    if (text[end] === "{") depth++;
    if (text[end] === "}") depth--;
    end++;
  } while (depth > 0 && end < text.length);
  return text.slice(0, at) + oneOf(nodes, random) + text.slice(end);
}
