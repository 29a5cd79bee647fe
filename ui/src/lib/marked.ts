/**
 * Text that an agent wrote, cut into pieces that cannot mislead the eye.
 *
 * What cannot be seen was already written out between `⟦` and `⟧` by `core::visible`; here such a note becomes
 * a piece of its own, drawn as a chip. Runs of right-to-left letters become pieces too: each is isolated, so
 * that it never turns round what stands beside it.
 *
 * Invariant: the pieces' texts in order, with the brackets, are the text. Deliberately absent: markup.
 */

/** A piece of text. */
export interface Part {
  kind: 'text' | 'chip' | 'rtl';
  /** What is shown: for a chip without its brackets. */
  text: string;
  /** Where it starts in the whole, in UTF-16 code units. */
  start: number;
  /** Where it ends. */
  end: number;
}

const SPECIAL =
  /⟦[^⟦⟧\n]{1,80}⟧|[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]+/gu;

/** The pieces of `text`. */
export function parts(text: string): Part[] {
  const found: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(SPECIAL)) {
    const start = match.index;
    const end = start + match[0].length;
    if (start > at) found.push({ kind: 'text', text: text.slice(at, start), start: at, end: start });
    found.push(
      match[0].startsWith('⟦')
        ? { kind: 'chip', text: match[0].slice(1, -1), start, end }
        : { kind: 'rtl', text: match[0], start, end },
    );
    at = end;
  }
  if (at < text.length) found.push({ kind: 'text', text: text.slice(at), start: at, end: text.length });
  return found;
}
