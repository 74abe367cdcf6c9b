/** Letters of one label, and of a list before the rest of it is only counted. */
const LABEL = 60;
const LIST = 200;

/** A list of labels on one line: `legit, fraud`; of a long one, how many more there are. */
export function labelText(labels: readonly string[]): string {
  const shown: string[] = [];
  let length = 0;
  for (const label of labels) {
    const text = quoted(shortened(label.replace(/\s+/g, " ").trim()));
    if (shown.length > 0 && length + text.length > LIST) break;
    shown.push(text);
    length += text.length + 2;
  }
  const more = labels.length - shown.length;
  return `${shown.join(", ")}${more === 0 ? "" : ` and ${more} more, ${labels.length} in all`}`;
}

function shortened(label: string): string {
  const letters = [...label.slice(0, 2 * LABEL)];
  return letters.length > LABEL ? `${letters.slice(0, LABEL).join("")}…` : label;
}

/** A label that would read as none or as several stands in quotes. */
function quoted(label: string): string {
  return label === "" || /[,;"]/.test(label) ? JSON.stringify(label) : label;
}
