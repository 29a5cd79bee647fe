import './app.css';

import { mount } from 'svelte';

import App from './App.svelte';
import { tauriSeat } from './seat';
import type { Seat } from './seat';
import { View } from './view.svelte';

/** The real seat in the window; without Tauri, and in development alone, one that plays the other side. */
async function chooseSeat(): Promise<Seat> {
  if ((import.meta.env.DEV || import.meta.env.MODE === 'mock') && !('__TAURI_INTERNALS__' in window)) {
    const { mockSeat } = await import('./mock');
    return mockSeat(new URLSearchParams(location.search).get('scene') ?? 'picture');
  }
  return tauriSeat;
}

const target = document.getElementById('app');
if (target !== null) {
  const view = new View(await chooseSeat());
  mount(App, { target, props: { view } });
  await view.start();
  if (import.meta.env.MODE === 'mock' && location.search.includes('still')) view.freeze();
}
