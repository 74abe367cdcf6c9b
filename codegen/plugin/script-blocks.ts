/** A single-file component with everything but its scripts replaced by spaces, so that all offsets stay the same. */
export interface ScriptBlocks {
  readonly code: string;
  /** The language of the scripts. */
  readonly extension: ".js" | ".jsx" | ".ts" | ".tsx";
}

const scriptBlock = /(<script\b(?:[^>"']|"[^"]*"|'[^']*')*>)([^]*?)<\/script\s*>|<!--[^]*?-->/gi;
const language = /\blang\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i;

/** The script blocks of a Vue or Svelte component; null if it has none. */
export function scriptBlocks(component: string): ScriptBlocks | null {
  let code = "";
  let at = 0;
  let lang = "js";
  for (const block of component.matchAll(scriptBlock)) {
    const [, open, content] = block;
    if (open === undefined || content === undefined || content.trim() === "") continue;
    const start = block.index + open.length;
    code += blank(component.slice(at, start)) + content;
    at = start + content.length;
    const found = language.exec(open);
    lang = found?.[1] ?? found?.[2] ?? found?.[3] ?? lang;
  }
  if (at === 0) return null;
  const extension = lang === "ts" || lang === "tsx" || lang === "jsx" ? (`.${lang}` as const) : ".js";
  return { code: code + blank(component.slice(at)), extension };
}

const blank = (text: string): string => text.replace(/[^\r\n]/g, " ");
