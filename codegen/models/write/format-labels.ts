/** Limits of one label and of a list, in characters. Labels after the limit are only counted. */
const maxLabelLength = 60;
const maxListLength = 200;

/** Labels on one line: `legit, fraud`. A long list ends with the number of omitted labels. */
export function formatLabels(labels: readonly string[]): string {
  const shown: string[] = [];
  let length = 0;
  for (const label of labels) {
    const text = quoteIfNeeded(truncate(label.replace(/\s+/g, " ").trim()));
    if (shown.length > 0 && length + text.length > maxListLength) break;
    shown.push(text);
    length += text.length + 2;
  }
  const more = labels.length - shown.length;
  return `${shown.join(", ")}${more === 0 ? "" : ` and ${more} more, ${labels.length} in all`}`;
}

function truncate(label: string): string {
  const letters = [...label.slice(0, 2 * maxLabelLength)];
  return letters.length > maxLabelLength ? `${letters.slice(0, maxLabelLength).join("")}…` : label;
}

/** Quotes a label that is empty or contains a separator. */
function quoteIfNeeded(label: string): string {
  return label === "" || /[,;"]/.test(label) ? JSON.stringify(label) : label;
}
