const poolBytes = 64 * 1024;
const maxBytes = 1024;
let pool = new ArrayBuffer(poolBytes);
let used = 0;

/**
 * Allocates elements of a small request in a shared buffer, because creating a buffer costs more than filling it. The
 * bytes are zero and are never reused.
 *
 * @param bytesPerElement a power of two
 * @returns null if the elements are large enough for their own buffer
 */
export function allocatePooled(
  length: number,
  bytesPerElement: number,
): { readonly buffer: ArrayBuffer; readonly offset: number } | null {
  const bytes = length * bytesPerElement;
  if (bytes > maxBytes) return null;
  if (used + bytes > poolBytes) {
    pool = new ArrayBuffer(poolBytes);
    used = 0;
  }
  const offset = used;
  used = (used + bytes + 7) & ~7;
  return { buffer: pool, offset };
}
