/** The exact request's text, cut where a mark begins or ends. Pure. */
import type { Mark } from '../generated/Mark';

/** A run of text under the same marks. */
export interface Run {
  text: string;
  start: number;
  /** The numbers of the marks over it, counted from 1 as they are listed; empty where there are none. */
  marks: number[];
}

/**
 * Cuts `text` at the marks' edges. An edge inside a `⟦…⟧` note moves out to the note's own edge, so that no
 * note is ever cut in two; an edge outside the text is drawn in.
 */
export function runs(text: string, marks: readonly Mark[]): Run[] {
  const spans = marks
    .map((mark, index) => ({
      number: index + 1,
      start: outOfNote(text, clamp(mark.span.start, text.length), 'start'),
      end: outOfNote(text, clamp(mark.span.end, text.length), 'end'),
    }))
    .filter((span) => span.start < span.end);
  const edges = [...new Set([0, text.length, ...spans.flatMap((span) => [span.start, span.end])])].sort(
    (a, b) => a - b,
  );
  const cut: Run[] = [];
  for (let i = 0; i + 1 < edges.length; i += 1) {
    const [start, end] = [edges[i] as number, edges[i + 1] as number];
    const over = spans.filter((span) => span.start <= start && span.end >= end).map((span) => span.number);
    cut.push({ text: text.slice(start, end), start, marks: over });
  }
  return cut;
}

function clamp(at: number, length: number): number {
  return Math.min(Math.max(0, Math.trunc(at)), length);
}

function outOfNote(text: string, at: number, edge: 'start' | 'end'): number {
  if (at <= 0 || at >= text.length) return at;
  const open = text.lastIndexOf('⟦', at - 1);
  if (open < 0 || text.slice(open, at).includes('⟧')) return at;
  const close = text.indexOf('⟧', at);
  if (close < 0 || close - open > 82) return at;
  return edge === 'start' ? open : close + 1;
}
