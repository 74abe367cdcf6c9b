/** Letters of one label, and of a list before the rest of it is only counted. */
const MAX_LABEL = 60;
const MAX_LIST = 200;

/** A list of labels on one line: `legit, fraud`; of a long one, how many more there are. */
export function formatLabels(labels: readonly string[]): string {
  const shown: string[] = [];
  let length = 0;
  for (const label of labels) {
    const text = quoteIfNeeded(truncate(label.replace(/\s+/g, " ").trim()));
    if (shown.length > 0 && length + text.length > MAX_LIST) break;
    shown.push(text);
    length += text.length + 2;
  }
  const more = labels.length - shown.length;
  return `${shown.join(", ")}${more === 0 ? "" : ` and ${more} more, ${labels.length} in all`}`;
}

function truncate(label: string): string {
  const letters = [...label.slice(0, 2 * MAX_LABEL)];
  return letters.length > MAX_LABEL ? `${letters.slice(0, MAX_LABEL).join("")}…` : label;
}

/** A label that would read as none or as several stands in quotes. */
function quoteIfNeeded(label: string): string {
  return label === "" || /[,;"]/.test(label) ? JSON.stringify(label) : label;
}
