/** Codes that do not mean a wrong request. Storage errors (SL7xxx) are 503: the same request may work later. */
const statuses: Readonly<Record<string, number>> = {
  SL6001: 503,
  SL6004: 504,
  SL6005: 504,
  SL6006: 504,
  SL6007: 404,
  SL6008: 409,
  SL6009: 503,
  SL6010: 409,
  SL6012: 404,
  SL6013: 503,
  SL6020: 503,
  SL7012: 400,
  SL7013: 400,
  SL7031: 400,
};
const tooLarge = ["SL5022", "SL5033"];

/** The HTTP status for an error code of Shapeline. */
export function statusOfCode(code: string): number {
  return statuses[code] ?? (tooLarge.includes(code) ? 413 : code.startsWith("SL7") ? 503 : 400);
}

/**
 * The HTTP status with which a service answers an error: 400 for a wrong request, 413 for one that is too large, 503
 * where the same request may work later, 504 if it took too long, and 500 for what is not an error of Shapeline.
 *
 * @param error what `infer` or another method threw
 * @example
 * live.infer(rows).catch((error) => response.writeHead(httpStatus(error)).end(String(error)));
 */
export function httpStatus(error: unknown): number {
  // Not by the class: where a loader compiles packages to CommonJS, as tsx does, a process may have it twice.
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^SL\d{4}$/.test(code) ? statusOfCode(code) : 500;
}
