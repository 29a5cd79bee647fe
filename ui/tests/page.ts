/** The whole page over a played seat, with the clock in the test's hand. */
import { cleanup, render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { tick } from 'svelte';
import { vi } from 'vitest';

import App from '../src/App.svelte';
import type { PlayedSeat } from '../src/mock';
import { mockSeat } from '../src/mock';
import { INERT_MS, View } from '../src/view.svelte';

export const get = (id: string) => screen.getByTestId(id);
export const find = (id: string) => screen.queryByTestId(id);
export const all = (id: string) => screen.queryAllByTestId(id);

export interface Page {
  view: View;
  seat: PlayedSeat;
  user: ReturnType<typeof userEvent.setup>;
  /** Lets time pass, with all that falls due in it. */
  pass(ms: number): Promise<void>;
}

/** Opens the page; without `live` its buttons are still inert. */
export async function openPage(scene: string, { live = true } = {}): Promise<Page> {
  vi.useFakeTimers({ now: new Date('2026-04-24T12:00:00Z') });
  const seat = mockSeat(scene);
  const view = new View(seat);
  render(App, { view });
  await view.start();
  await tick();
  const pass = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    await tick();
  };
  if (live) await pass(INERT_MS + 10);
  const user = userEvent.setup({ advanceTimers: (ms) => vi.advanceTimersByTime(ms), delay: 1 });
  return { view, seat, user, pass };
}

export function closePage(): void {
  cleanup();
  vi.useRealTimers();
}
