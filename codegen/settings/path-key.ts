/** Whether a key of `overrides` is a path or URL, not a name: names have no dot and no slash. */
export function isPathKey(key: string): boolean {
  return /[./\\]/.test(key);
}
