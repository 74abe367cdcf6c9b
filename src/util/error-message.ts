/** The first line of what somebody else's error says, for a sentence of ours. */
export function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split("\n", 1)[0] ?? "").trim().replace(/\.$/, "") || "no reason given";
}
