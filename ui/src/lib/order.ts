/**
 * Nothing moves under the cursor: while the pointer is over the queue, rows keep their places.
 * Pure: who holds, and when, is told from outside.
 */
import type { QueueRow } from '../generated/QueueRow';

/** A row as it stands on the screen. */
export interface HeldRow {
  row: QueueRow;
  /** The queue no longer has it; it stands only so that the rows below stay where they are. */
  gone: boolean;
}

/**
 * The rows to show. Not held: the queue's own order. Held: whoever is on the screen keeps their place, with
 * what is new of them; whoever left stays as gone; whoever came stands below.
 */
export function arrange(shown: readonly HeldRow[], fresh: readonly QueueRow[], held: boolean): HeldRow[] {
  if (!held) return fresh.map((row) => ({ row, gone: false }));
  const byId = new Map(fresh.map((row) => [row.id, row]));
  const kept = shown.map(({ row }) => {
    const now = byId.get(row.id);
    byId.delete(row.id);
    return now === undefined ? { row, gone: true } : { row: now, gone: false };
  });
  return [...kept, ...[...byId.values()].map((row) => ({ row, gone: false }))];
}
