import { baseName } from "../../src/util/file-name.js";

const maxLength = 63;

/**
 * Derives a model's name from its file: the base name as a DNS label of at most 63 characters.
 *
 * @example
 * modelName("models/house_price_keras.onnx"); // "house-price-keras"
 */
export function modelName(file: string): string {
  return dnsLabel(baseName(file));
}

/** Converts a name to a DNS label of at most 63 characters. */
export function dnsLabel(name: string): string {
  const base = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const label = trimDashes(base.replace(/[^a-z0-9]+/g, "-"));
  if (label !== "") return trimDashes(label.slice(0, maxLength));
  // The name has no ASCII letter or digit: use its code points.
  const points = [...base].map((char) => (char.codePointAt(0) ?? 0).toString(16));
  return trimDashes(`model-${points.join("-")}`.slice(0, maxLength));
}

function trimDashes(text: string): string {
  return text.replace(/^-+|-+$/g, "");
}
