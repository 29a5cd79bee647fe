/** Times as people read them. Pure: the clocks are handed in. */

/** `4:41`, `28:50`, `1:02:03`; rounded up, so that 0:00 means that the time is up. */
export function countdown(ms: number): string {
  const all = Math.max(0, Math.ceil(ms / 1000));
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor((all % 3600) / 60);
  const seconds = String(all % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}

/** The same for a screen reader: "4 minutes 41 seconds". */
export function countdownInWords(ms: number): string {
  const all = Math.max(0, Math.ceil(ms / 1000));
  const parts = [
    unit(Math.floor(all / 3600), 'hour'),
    unit(Math.floor((all % 3600) / 60), 'minute'),
    unit(all % 60, 'second'),
  ].filter((part) => part !== '');
  return parts.length === 0 ? '0 seconds' : parts.join(' ');
}

/** "just now", "19 seconds ago", "3 minutes ago". */
export function agoInWords(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  if (seconds < 2) return 'just now';
  if (seconds < 60) return `${unit(seconds, 'second')} ago`;
  if (seconds < 3600) return `${unit(Math.floor(seconds / 60), 'minute')} ago`;
  if (seconds < 86_400) return `${unit(Math.floor(seconds / 3600), 'hour')} ago`;
  return `${unit(Math.floor(seconds / 86_400), 'day')} ago`;
}

/** How old a fact is, short: "0.4 s ago", "12 s ago", "3 min ago". */
export function age(ms: number): string {
  const past = Math.max(0, ms);
  if (past < 1000) return `${(Math.floor(past / 100) / 10).toFixed(1)} s ago`;
  if (past < 60_000) return `${Math.floor(past / 1000)} s ago`;
  if (past < 3_600_000) return `${Math.floor(past / 60_000)} min ago`;
  if (past < 86_400_000) return `${Math.floor(past / 3_600_000)} h ago`;
  return `${unit(Math.floor(past / 86_400_000), 'day')} ago`;
}

/** `24 Apr 2026, 14:03:09`, by the person's own clock and zone. */
export function dateAndTime(unixMs: number): string {
  const at = new Date(unixMs);
  const two = (n: number) => String(n).padStart(2, '0');
  const month = MONTHS[at.getMonth()] ?? '';
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${at.getDate()} ${month} ${at.getFullYear()}, ${clock}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function unit(count: number, name: string): string {
  if (count === 0) return '';
  return count === 1 ? `1 ${name}` : `${count} ${name}s`;
}
